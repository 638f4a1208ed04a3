// files/folder/create, files/move, files/delete: what changes the tree of files.
#include "commands/command_groups.hpp"
#include "commands/queue_desk.hpp"
#include "commands/virtual_path.hpp"

#include <nlohmann/json.hpp>

namespace layerline::commands {

using nlohmann::json;

namespace {

json told(const std::string& path)
{
    return {{"VirtualPath", path}, {"PlatformPath", path.substr(path.find('/') + 1)}};
}

// Why nothing at that path, nor below it, may be moved or deleted now.
std::optional<failure> refuse_in_use(const command_context& at, const std::string& path)
{
    const auto state = at.printer.state();
    if (is_in_use(state, path))
        return fail(409, state.job->path == path
                             ? std::string("This file is being printed; it is kept until the job is over.")
                             : "A file of this folder is being printed; it is kept until the job is over.");
    if (at.queue != nullptr && at.queue->now().holds(path))
        return fail(409, "The print queue holds it; take it out of the queue first.");
    return std::nullopt;
}

// A path below the root, or 400 that names the argument.
outcome<std::string> below_root(const arguments& given, std::string_view name)
{
    auto path = good_path(given, name);
    if (path && path->find('/') == std::string::npos)
        return fail(400, std::string(name) + " names the root, not something in it.");
    return path;
}

} // namespace

transport::task<command_answer> run_create_folder(command_context& at, const arguments& given)
{
    const auto path = below_root(given, "Path");
    if (!path) co_return command_answer(path.error());
    const auto made = co_await at.files.make_folder(*path);
    if (!made) co_return command_answer(fail(made.error()));
    co_return command_answer(told(*path));
}

transport::task<command_answer> run_move(command_context& at, const arguments& given)
{
    const auto from = below_root(given, "Path"), to = below_root(given, "To");
    if (!from) co_return command_answer(from.error());
    if (!to) co_return command_answer(to.error());
    if (*from == *to) co_return command_answer(fail(400, "To is where it is already."));
    const auto node = co_await at.files.stat(*from);
    if (!node) co_return command_answer(fail(node.error()));
    if (!node->folder && !has_gcode_name(*to))
        co_return command_answer(fail(400, "To must name a .gcode, .gco or .g file."));
    if (auto why = refuse_in_use(at, *from)) co_return command_answer(std::move(*why));
    const auto moved = co_await at.files.move(*from, *to);
    if (!moved) co_return command_answer(fail(moved.error()));
    auto result = told(*to);
    result["From"] = *from;
    result["Type"] = node->folder ? "folder" : "file";
    co_return command_answer(std::move(result));
}

transport::task<command_answer> run_delete(command_context& at, const arguments& given)
{
    const auto path = below_root(given, "Path");
    if (!path) co_return command_answer(path.error());
    const auto node = co_await at.files.stat(*path);
    if (!node) co_return command_answer(fail(node.error()));
    if (auto why = refuse_in_use(at, *path)) co_return command_answer(std::move(*why));
    const bool whole = given.boolean("Recursive").value_or(false);
    auto removing = node->folder ? at.files.remove_folder(*path, whole) : at.files.remove(*path);
    const auto removed = co_await std::move(removing);
    if (!removed) co_return command_answer(fail(removed.error()));
    co_return command_answer(told(*path));
}

} // namespace layerline::commands
