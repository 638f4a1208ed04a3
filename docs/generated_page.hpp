// The command line of the programs that make a page of docs/ from the code's tables.
#pragma once

#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <string>

namespace layerline::docs {

// `NAME --write FILE` writes the page, `NAME --check FILE` says whether FILE is that page. Exit codes: 0
// done, 1 not written or not the same, 2 wrong usage.
inline int write_or_check(int argc, char** argv, const std::string& name,
                          const std::function<std::string()>& page)
{
    const std::string verb = argc == 3 ? argv[1] : "";
    if (verb == "--write") {
        std::ofstream out(argv[2], std::ios::binary);
        out << page();
        return out.flush() ? 0 : 1;
    }
    if (verb == "--check") {
        std::ifstream in(argv[2], std::ios::binary);
        const std::string there{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
        if (there == page()) return 0;
        std::cerr << argv[2] << " differs from what the code says; run: " << name << " --write " << argv[2]
                  << "\n";
        return 1;
    }
    std::cerr << "usage: " << name << " --write FILE | --check FILE\n";
    return 2;
}

} // namespace layerline::docs
