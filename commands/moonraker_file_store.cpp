// The store of a Klipper printer's files: lists, opens, keeps and deletes by Moonraker's API.
#include "commands/moonraker_file_store.hpp"

#include "commands/checked_path.hpp"
#include "commands/moonraker_files.hpp"
#include "commands/moonraker_upload.hpp"

#include <algorithm>
#include <utility>

namespace layerline::commands {

using printer::printer_errc;
using printer::printer_failure;
using printer::printer_result;
using transport::body_source;
using transport::task;
namespace net = transport::net;

namespace {

constexpr std::size_t longest_metadata = 1UL * 1024 * 1024;

std::size_t depth_of(const std::string& path)
{
    return static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
}

printer_failure taken()
{
    return {printer_errc::file_in_use, "There is something of that name already."};
}

class moonraker_file_store final : public file_store {
public:
    moonraker_file_store(net::io_context& home, moonraker_store_options options)
        : far_(home, std::move(options))
    {
    }
    void stop() override { far_.let_go(); }

    std::uint64_t max_file_bytes() const override { return far_.options().max_file_bytes; }

    task<printer_result<file_node>> list(std::string path) override
    {
        const auto good = checked_path(path, false);
        if (!good) co_return good.error();
        auto root = node_of_folder(*good);
        std::size_t left = far_.options().max_nodes, folders = far_.options().max_folders;
        std::vector<file_node*> open{&root};
        while (!open.empty()) {
            auto& folder = *open.back();
            open.pop_back();
            const auto at = checked_path(folder.virtual_path, false);
            if (!at || folders == 0) {
                root.truncated = true;
                continue;
            }
            --folders;
            auto found = co_await far_.folder_at(*at, left);
            if (!found) {
                if (&folder == &root) co_return found.error();
                // Removed, or renamed, since it was listed.
                if (found.error().code == printer_errc::no_such_file) continue;
                co_return found.error();
            }
            root.truncated = root.truncated || found->truncated;
            left -= found->entries.size();
            folder.children.reserve(found->entries.size());
            for (const auto& entry : found->entries)
                folder.children.push_back(node_of(entry, folder.virtual_path));
            for (auto& child : folder.children)
                if (child.folder && depth_of(child.virtual_path) < max_path_depth) open.push_back(&child);
        }
        co_return root;
    }

    task<printer_result<file_node>> stat(std::string path) override
    {
        const auto good = checked_path(path, false);
        if (!good) co_return good.error();
        if (good->segments.empty()) co_return node_of_folder(*good);
        co_return co_await far_.look_up(*good);
    }

    task<printer_result<opened_file>> read(std::string path, std::uint64_t offset) override
    {
        const auto good = checked_path(path, true);
        if (!good) co_return good.error();
        co_return co_await far_.open_at(moonraker_file_target(*good), good->segments.back(), offset, *good);
    }

    task<printer_result<file_node>> write(std::string path, std::shared_ptr<body_source> content) override
    {
        auto good = checked_path(path, true);
        if (!good) co_return good.error();
        co_return co_await upload_to_moonraker(far_, std::move(*good), std::move(content));
    }

    task<printer_result<void>> remove(std::string path) override
    {
        const auto good = checked_path(path, true);
        if (!good) co_return good.error();
        auto done = co_await far_.ask_text("DELETE", moonraker_file_target(*good), longest_moonraker_refusal);
        if (done) co_return printer_result<void>();
        co_return co_await far_.explained(*good, done.error());
    }

    task<printer_result<file_node>> make_folder(std::string path) override
    {
        const auto good = checked_path(path, true);
        if (!good) co_return good.error();
        const auto place = co_await is_free(*good);
        if (!place) co_return place.error();
        auto done =
            co_await far_.ask_text("POST", moonraker_new_folder_target(*good), longest_moonraker_refusal);
        if (!done) co_return done.error();
        co_return node_of_folder(*good);
    }

    // Moonraker would put what is moved into a folder of that name, or in a file's place: a look goes first.
    task<printer_result<file_node>> move(std::string from, std::string to) override
    {
        const auto source = checked_path(from, true), target = checked_path(to, true);
        if (!source) co_return source.error();
        if (!target) co_return target.error();
        auto node = co_await far_.look_up(*source);
        if (!node) co_return node.error();
        if (to.starts_with(from + "/"))
            co_return printer_failure{printer_errc::out_of_range, "A folder cannot be moved into itself."};
        const auto place = co_await is_free(*target);
        if (!place) co_return place.error();
        auto done = co_await far_.ask_text("POST", moonraker_move_target(*source, *target),
                                           longest_moonraker_refusal);
        if (!done) co_return done.error();
        node->virtual_path = target->text();
        node->name = target->segments.back();
        co_return std::move(*node);
    }

    task<printer_result<void>> remove_folder(std::string path, bool whole) override
    {
        const auto good = checked_path(path, true);
        if (!good) co_return good.error();
        if (!whole) {
            const auto inside = co_await far_.folder_at(*good, 1);
            if (!inside) co_return inside.error();
            if (!inside->entries.empty() || inside->truncated)
                co_return printer_failure{printer_errc::file_in_use,
                                          "The folder is not empty; say that all in it goes too."};
        }
        auto done = co_await far_.ask_text("DELETE", moonraker_old_folder_target(*good, whole),
                                           longest_moonraker_refusal);
        if (done) co_return printer_result<void>();
        co_return done.error();
    }

    task<printer_result<std::optional<gcode_metadata>>> metadata(std::string path) override
    {
        auto read = co_await read_metadata(std::move(path));
        if (!read) co_return read.error();
        if (!*read) co_return std::optional<gcode_metadata>();
        co_return std::optional<gcode_metadata>((*read)->print);
    }

    task<printer_result<std::vector<file_thumbnail>>> thumbnails(std::string path) override
    {
        auto read = co_await read_metadata(std::move(path));
        if (!read) co_return read.error();
        std::vector<file_thumbnail> all;
        if (*read)
            for (auto& one : (*read)->thumbnails)
                all.push_back({one.width_px, one.height_px, one.size_bytes, std::move(one.relative)});
        co_return all;
    }

    task<printer_result<opened_file>> thumbnail(std::string path, std::string name) override
    {
        const auto good = checked_path(path, true);
        if (!good) co_return good.error();
        // Only what Moonraker itself names.
        auto read = co_await read_metadata(path);
        if (!read) co_return read.error();
        if (*read)
            for (const auto& one : (*read)->thumbnails)
                if (one.relative == name)
                    co_return co_await far_.open_at(moonraker_thumbnail_target(*good, name),
                                                    name.substr(name.rfind('/') + 1), 0, std::nullopt);
        co_return printer_failure{printer_errc::no_such_file, "There is no such picture."};
    }

private:
    // Whether the folder that is to hold it is there, and holds nothing of that name.
    task<printer_result<void>> is_free(virtual_path path)
    {
        virtual_path holder = path;
        holder.segments.pop_back();
        const auto inside = co_await far_.folder_at(holder, far_.options().max_nodes * 10);
        if (!inside) co_return inside.error();
        for (const auto& entry : inside->entries)
            if (entry.name == path.segments.back()) co_return taken();
        co_return printer_result<void>();
    }

    task<printer_result<std::optional<far_metadata>>> read_metadata(std::string path)
    {
        const auto good = checked_path(path, true);
        if (!good) co_return good.error();
        auto text = co_await far_.ask_text("GET", moonraker_metadata_target(*good), longest_metadata);
        // A file that it has not looked into, or could not.
        if (!text && text.error().code == printer_errc::no_such_file) co_return std::optional<far_metadata>();
        if (!text) co_return text.error();
        co_return parse_moonraker_metadata(*text);
    }

    moonraker_far far_;
};

} // namespace

std::unique_ptr<file_store> make_moonraker_file_store(net::io_context& home, moonraker_store_options options)
{
    return std::make_unique<moonraker_file_store>(home, std::move(options));
}

} // namespace layerline::commands
