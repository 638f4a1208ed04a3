#include "tests/workshop/admesh.hpp"

#include "workshop/models/model_file.hpp"
#include "workshop/models/stl.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace layerline::workshop {

admesh_finding asked_admesh(const mesh& model)
{
    if (std::system("command -v admesh >/dev/null 2>&1") != 0) return {};
    std::string name = "/tmp/models_test.XXXXXX";
    const int file = ::mkstemp(name.data());
    REQUIRE(file >= 0);
    REQUIRE(write_model_file(name, binary_stl(model)).has_value());
    const std::unique_ptr<FILE, int (*)(FILE*)> out(
        ::popen(("admesh --exact --normal-directions " + name + " 2>&1").c_str(), "r"), &::pclose);
    REQUIRE(out);
    std::string said;
    std::array<char, 4096> part{};
    for (std::size_t got = 0; (got = std::fread(part.data(), 1, part.size(), out.get())) > 0;)
        said.append(part.data(), got);
    std::filesystem::remove(name);
    INFO(said);
    const auto number = [&](const char* label) {
        const auto at = said.find(label);
        REQUIRE(at != std::string::npos);
        const auto sign = said.find(':', at);
        REQUIRE(sign != std::string::npos);
        return std::strtod(said.c_str() + sign + 1, nullptr);
    };
    return {static_cast<long>(number("Total disconnected facets")),
            static_cast<long>(number("Number of parts")), number("Volume"),
            static_cast<long>(number("Facets reversed"))};
}

} // namespace layerline::workshop
