// queue/…: the jobs that wait for the printer.
#include "commands/command_groups.hpp"
#include "commands/queue_desk.hpp"
#include "commands/virtual_path.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <utility>

namespace layerline::commands {

using nlohmann::json;

namespace {

failure no_queue()
{
    return fail(788, "This agent keeps no queue.");
}

json told(const queue_entry& one)
{
    return {{"QueueId", one.id},
            {"VirtualPath", one.path},
            {"AddedBy", one.added_by},
            {"AddedTimeSec", one.added_unix}};
}

json told(const print_queue& queue)
{
    json all{{"Paused", queue.paused()}, {"Limit", max_queue}};
    all["Held"] = queue.held().empty() ? json(nullptr) : json(queue.held());
    all["Jobs"] = json::array();
    for (const auto& one : queue.waiting())
        all["Jobs"].push_back(told(one));
    all["Current"] = nullptr;
    if (const auto& now = queue.current()) {
        all["Current"] = told(now->what);
        all["Current"]["JobId"] = now->job.empty() ? json(nullptr) : json(now->job);
    }
    return all;
}

// The queue as it is after a change, and the entry that was changed.
command_answer after(const queue_desk& desk, const outcome<queue_entry>& changed, const char* name)
{
    if (!changed) return command_answer(changed.error());
    auto result = told(desk.now());
    if (name != nullptr) result[name] = told(*changed);
    return command_answer(std::move(result));
}

std::optional<std::size_t> position_in(const arguments& given)
{
    const auto position = given.integer("Position");
    if (!position) return std::nullopt;
    return static_cast<std::size_t>(*position);
}

} // namespace

transport::task<command_answer> run_queue_list(command_context& at, const arguments&)
{
    if (at.queue == nullptr) co_return command_answer(no_queue());
    co_return command_answer(told(at.queue->now()));
}

transport::task<command_answer> run_queue_add(command_context& at, const arguments& given)
{
    if (at.queue == nullptr) co_return command_answer(no_queue());
    const auto path = good_path(given, "Path");
    if (!path) co_return command_answer(path.error());
    if (!has_gcode_name(*path))
        co_return command_answer(fail(400, "Path must name a .gcode, .gco or .g file."));
    const auto file = co_await at.files.stat(*path);
    if (!file) co_return command_answer(fail(file.error()));
    if (file->folder) co_return command_answer(fail(400, "Path names a folder, not a file."));
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    auto change = [path = *path, by = at.who.name.empty() ? at.who.principal : at.who.name, now,
                   where = position_in(given)](print_queue& queue) {
        return queue.add(path, by, now, where);
    };
    std::function<outcome<queue_entry>(print_queue&)> how = std::move(change);
    const auto added = co_await at.queue->change(std::move(how));
    co_return after(*at.queue, added, "Added");
}

transport::task<command_answer> run_queue_remove(command_context& at, const arguments& given)
{
    if (at.queue == nullptr) co_return command_answer(no_queue());
    auto change = [id = given.text("QueueId").value_or("")](print_queue& queue) { return queue.remove(id); };
    std::function<outcome<queue_entry>(print_queue&)> how = std::move(change);
    const auto removed = co_await at.queue->change(std::move(how));
    co_return after(*at.queue, removed, "Removed");
}

transport::task<command_answer> run_queue_move(command_context& at, const arguments& given)
{
    if (at.queue == nullptr) co_return command_answer(no_queue());
    auto change = [id = given.text("QueueId").value_or(""),
                   to = position_in(given).value_or(0)](print_queue& queue) { return queue.move(id, to); };
    std::function<outcome<queue_entry>(print_queue&)> how = std::move(change);
    const auto moved = co_await at.queue->change(std::move(how));
    co_return after(*at.queue, moved, "Moved");
}

transport::task<command_answer> run_queue_pause(command_context& at, const arguments&)
{
    if (at.queue == nullptr) co_return command_answer(no_queue());
    std::function<outcome<queue_entry>(print_queue&)> how = [](print_queue& queue) -> outcome<queue_entry> {
        queue.pause();
        return queue_entry{};
    };
    const auto done = co_await at.queue->change(std::move(how));
    co_return after(*at.queue, done, nullptr);
}

transport::task<command_answer> run_queue_resume(command_context& at, const arguments&)
{
    if (at.queue == nullptr) co_return command_answer(no_queue());
    std::function<outcome<queue_entry>(print_queue&)> how = [](print_queue& queue) -> outcome<queue_entry> {
        queue.resume();
        return queue_entry{};
    };
    const auto done = co_await at.queue->change(std::move(how));
    co_return after(*at.queue, done, nullptr);
}

transport::task<command_answer> run_queue_start_next(command_context& at, const arguments& given)
{
    if (at.queue == nullptr) co_return command_answer(no_queue());
    const bool bed_clear = given.boolean("BedClear").value_or(false);
    const auto begun = co_await at.queue->start_next(bed_clear, at.terms);
    if (begun.why) co_return command_answer(*begun.why);
    auto result = told(at.queue->now());
    result["Started"] = told(*begun.what);
    result["JobId"] = begun.done.job_id ? json(*begun.done.job_id) : json(nullptr);
    result["Phase"] = printer::name_of(at.printer.state().now);
    result["Note"] = begun.done.note.empty() ? json(nullptr) : json(begun.done.note);
    result["Repeated"] = begun.done.repeated;
    co_return command_answer(std::move(result));
}

} // namespace layerline::commands
