// Files in memory, for tests of whoever uses a file store.
#pragma once

#include "commands/file_store.hpp"
#include "commands/file_use.hpp"
#include "commands/virtual_path.hpp"
#include "transport/error.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace layerline::fakes {

class memory_file_store final : public commands::file_store {
public:
    std::map<std::string, std::string> files; // virtual path to content
    std::set<std::string> folders;            // that were made, by virtual path
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
        if (is_folder(path)) co_return folder_node(path);
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

    transport::task<printer::printer_result<commands::file_node>> make_folder(std::string path) override
    {
        if (fails) co_return *fails;
        if (is_folder(path) || files.contains(path)) co_return taken();
        folders.insert(path);
        co_return folder_node(path);
    }
    transport::task<printer::printer_result<commands::file_node>> move(std::string from,
                                                                       std::string to) override
    {
        if (fails) co_return *fails;
        if (is_folder(to) || files.contains(to)) co_return taken();
        const bool folder = is_folder(from);
        if (!folder && !files.contains(from)) co_return missing();
        std::map<std::string, std::string> moved;
        for (const auto& [name, content] : files)
            moved[commands::is_at_or_below(name, from) ? to + name.substr(from.size()) : name] = content;
        files = std::move(moved);
        if (folders.erase(from) > 0) folders.insert(to);
        if (folder) co_return folder_node(to);
        co_return node(to, files.at(to));
    }
    transport::task<printer::printer_result<void>> remove_folder(std::string path, bool whole) override
    {
        if (fails) co_return *fails;
        if (!is_folder(path)) co_return missing();
        const auto inside = [&](const auto& file) { return commands::is_at_or_below(file.first, path); };
        if (!whole && std::any_of(files.begin(), files.end(), inside)) co_return taken();
        std::erase_if(files, inside);
        folders.erase(path);
        co_return printer::printer_result<void>();
    }

private:
    bool is_folder(const std::string& path) const
    {
        const auto next = files.lower_bound(path + "/");
        return folders.contains(path) || (next != files.end() && next->first.starts_with(path + "/"));
    }
    static printer::printer_failure taken() { return {printer::printer_errc::file_in_use, "It is taken."}; }
    static commands::file_node folder_node(const std::string& path)
    {
        commands::file_node one;
        one.folder = true;
        one.virtual_path = path;
        one.name = path.substr(path.rfind('/') + 1);
        return one;
    }
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
