// Files in memory, for tests of whoever uses a file store.
#pragma once

#include "commands/file_store.hpp"
#include "commands/virtual_path.hpp"
#include "transport/error.hpp"

#include <map>
#include <string>

namespace layerline::fakes {

class memory_file_store final : public commands::file_store {
public:
    std::map<std::string, std::string> files; // virtual path to content
    std::uint64_t limit = std::uint64_t{1} << 30U;
    std::optional<printer::printer_failure> fails; // every call gives this, if set

    std::uint64_t max_file_bytes() const override { return limit; }

    // Flat: every file below `path`, without folders between.
    transport::task<printer::printer_result<commands::file_node>> list(std::string path) override
    {
        if (fails) co_return *fails;
        commands::file_node root;
        root.folder = true;
        root.virtual_path = path;
        root.name = path.substr(path.rfind('/') + 1);
        for (const auto& [name, content] : files)
            if (name.rfind(path + "/", 0) == 0) root.children.push_back(node(name, content));
        co_return root;
    }
    transport::task<printer::printer_result<commands::file_node>> stat(std::string path) override
    {
        if (fails) co_return *fails;
        const auto at = files.find(path);
        if (at == files.end()) co_return missing();
        co_return node(at->first, at->second);
    }
    transport::task<printer::printer_result<commands::opened_file>> read(std::string path,
                                                                         std::uint64_t offset) override
    {
        if (fails) co_return *fails;
        const auto at = files.find(path);
        if (at == files.end()) co_return missing();
        commands::opened_file opened;
        opened.name = path.substr(path.rfind('/') + 1);
        opened.size_bytes = at->second.size();
        opened.content =
            transport::make_body(at->second.substr(std::min<std::size_t>(offset, at->second.size())));
        co_return opened;
    }
    transport::task<printer::printer_result<commands::file_node>>
    write(std::string path, std::shared_ptr<transport::body_source> content) override
    {
        if (fails) co_return *fails;
        const auto all = co_await transport::read_all(*content, limit + 1);
        if (!all)
            co_return printer::printer_failure{printer::printer_errc::host_failure, all.error().message()};
        files[path] = *all;
        co_return node(path, *all);
    }
    transport::task<printer::printer_result<void>> remove(std::string path) override
    {
        if (fails) co_return *fails;
        if (files.erase(path) == 0) co_return missing();
        co_return printer::printer_result<void>();
    }

private:
    static printer::printer_failure missing() { return {printer::printer_errc::no_such_file, ""}; }
    static commands::file_node node(const std::string& path, const std::string& content)
    {
        commands::file_node one;
        one.virtual_path = path;
        one.name = path.substr(path.rfind('/') + 1);
        one.size_bytes = content.size();
        one.modified_unix = 1700000000;
        return one;
    }
};

} // namespace layerline::fakes
