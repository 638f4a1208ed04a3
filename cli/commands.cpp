#include "cli/commands.hpp"

#include "cli/follow.hpp"
#include "cli/hand_verbs.hpp"
#include "cli/list_words.hpp"
#include "cli/print_model.hpp"
#include "cli/printing.hpp"
#include "cli/tell.hpp"
#include "cli/terminal.hpp"

#include <iostream>
#include <memory>

namespace layerline::cli {

namespace {

using nlohmann::json;
using transport::task;

std::string virtual_path(const std::string& path)
{
    return path.starts_with("gcode/") || path.starts_with("card/") ? path : "gcode/" + path;
}

verdict done()
{
    return {};
}

verdict ended_badly(const job_view& view)
{
    verdict said;
    said.code = exit_code::job_failed;
    said.text = "The job ended: " + view.phase() + (view.reason().empty() ? "." : ". " + view.reason());
    return said;
}

progress_report report_to(std::shared_ptr<progress_line> line, std::string what)
{
    if (!line) return {};
    return [line, what](std::uint64_t bytes, std::optional<std::uint64_t> all) {
        const auto share = all && *all > 0 ? static_cast<double>(bytes) / static_cast<double>(*all) : 0.0;
        const auto tenth = static_cast<int>(share * 10);
        line->show(what + " " + bar(share, 30) + " " + size_text(bytes) +
                       (all ? " of " + size_text(*all) : ""),
                   what + std::to_string(tenth));
    };
}

std::shared_ptr<progress_line> progress_for(const command_line& asked)
{
    return asked.quiet || asked.json ? nullptr : std::make_shared<progress_line>();
}

// What each verb leads to: done, a verdict that it failed, or nothing yet.
std::optional<verdict> reached(const std::string& verb, const std::string& job, const job_view& view)
{
    const auto now = view.phase();
    const bool same_job = job.empty() || view.job_id() == job;
    if (verb == "pause") {
        if (now == "paused") return done();
        if (view.ended() && same_job) return ended_badly(view);
    } else if (verb == "resume" || verb == "start") {
        if (now == "printing" && same_job) return done();
        if (now == "finished" && same_job) return done();
        if ((now == "error" || now == "cancelled") && same_job) return ended_badly(view);
    } else if (verb == "cancel") {
        if (now == "cancelled" || now == "idle") return done();
        if (now == "error" || now == "finished") return ended_badly(view);
    }
    return std::nullopt;
}

task<exit_code> change_job(api& far, const command_line& asked, json arguments)
{
    auto said = co_await far.call("POST", asked.verb, std::move(arguments), asked.terms);
    if (said.code != exit_code::done || !asked.wait)
        co_return tell(asked, said, job_words(asked.verb, said.result));
    std::string job;
    if (said.result.is_object() && said.result.contains("JobId") && said.result["JobId"].is_string())
        job = said.result["JobId"].get<std::string>();
    follow_options options;
    options.at_most = asked.wait;
    const std::function<std::optional<verdict>(const job_view&)> seen =
        [verb = asked.verb, job](const job_view& view) { return reached(verb, job, view); };
    auto waited = co_await follow(far, options, seen);
    if (waited.code != exit_code::done) co_return tell_fault(asked, waited);
    co_return tell(asked, said, job_words(asked.verb, said.result) + " Done.");
}

task<exit_code> watch(api& far, const command_line& asked)
{
    auto line = progress_for(asked);
    bool seen_job = false;
    const std::function<std::optional<verdict>(const job_view&)> seen =
        [line, &seen_job, &asked](const job_view& view) -> std::optional<verdict> {
        if (asked.json)
            std::cout << view.state().dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
        if (line) line->show(view.line(line->columns()), watch_key(view));
        if (!view.ended()) seen_job = seen_job || view.phase() != "offline";
        if (asked.forever || !view.ended()) return std::nullopt;
        if (view.phase() == "finished" || (view.phase() == "idle" && !seen_job)) return done();
        return ended_badly(view);
    };
    follow_options options;
    options.at_most = asked.wait;
    auto said = co_await follow(far, options, seen);
    line.reset();
    if (said.code != exit_code::done) co_return tell_fault(asked, said);
    co_return exit_code::done;
}

task<exit_code> upload(api& far, const command_line& asked)
{
    auto path = asked.path;
    if (path.empty() || path.ends_with('/')) path += std::filesystem::path(asked.local).filename().string();
    path = virtual_path(path);
    auto said = co_await far.upload(asked.local, path, report_to(progress_for(asked), "upload"));
    if (said.code != exit_code::done || !asked.print)
        co_return tell(asked, said, "Uploaded " + for_terminal(path) + ".");
    auto start = asked;
    start.verb = "start";
    json arguments = json::object();
    arguments["Path"] = path;
    if (asked.bed_clear) arguments["BedClear"] = true;
    co_return co_await change_job(far, start, std::move(arguments));
}

task<exit_code> heat(api& far, const command_line& asked)
{
    json arguments = json::object();
    if (asked.tool_c) arguments["ToolC"] = *asked.tool_c;
    if (asked.tool) arguments["ToolNumber"] = *asked.tool;
    if (asked.bed_c) arguments["BedC"] = *asked.bed_c;
    if (asked.chamber_c) arguments["ChamberC"] = *asked.chamber_c;
    if (!arguments.empty()) {
        auto said = co_await far.call("POST", "set-temp", std::move(arguments), asked.terms);
        co_return tell(asked, said, heat_words(said.result));
    }
    auto said = co_await far.call("GET", "status", json::object(), asked.terms);
    co_return tell(asked, said, temperature_words(said.result));
}

task<exit_code> show(api& far, const command_line& asked, std::string command, json arguments,
                     std::string (*words)(const json&))
{
    auto said = co_await far.call("GET", std::move(command), std::move(arguments), asked.terms);
    // A printer that is away still has its last known values to show.
    if (said.code == exit_code::printer_away && said.result.is_object() && !asked.json)
        std::cout << words(said.result) << "\n";
    co_return tell(asked, said, words(said.result));
}

task<exit_code> act(api& far, const command_line& asked, std::string command, json arguments,
                    std::string words)
{
    auto said = co_await far.call("POST", std::move(command), std::move(arguments), asked.terms);
    co_return tell(asked, said, with_note(std::move(words), said.result));
}

task<exit_code> download(api& far, const command_line& asked)
{
    const auto path = virtual_path(asked.path);
    auto into = asked.local.empty() ? std::filesystem::path(path).filename().string() : asked.local;
    auto line = into == "-" ? nullptr : progress_for(asked);
    auto said = co_await far.download(path, into, report_to(line, "download"));
    line.reset();
    if (said.code != exit_code::done) co_return tell_fault(asked, said);
    if (into != "-") std::cerr << "Saved as " << for_terminal(into) << ".\n";
    co_return exit_code::done;
}

json with(const char* name, json value)
{
    json arguments = json::object();
    arguments[name] = std::move(value);
    return arguments;
}

task<exit_code> queue(api& far, const command_line& asked)
{
    const auto& action = asked.action;
    if (action.empty() || action == "list") {
        const auto nothing = json::object();
        co_return co_await show(far, asked, "queue/list", nothing, queue_words);
    }
    auto arguments = json::object();
    if (action == "add") arguments["Path"] = virtual_path(asked.name);
    if (action == "remove" || action == "move") arguments["QueueId"] = asked.name;
    if (asked.position && (action == "add" || action == "move")) arguments["Position"] = *asked.position;
    if (action == "start-next" && asked.bed_clear) arguments["BedClear"] = true;
    auto said = co_await far.call("POST", "queue/" + action, std::move(arguments), asked.terms);
    auto words = queue_words(said.result);
    if (action == "start-next" && said.code == exit_code::done) words = job_words("start", said.result);
    co_return tell(asked, said, words);
}

} // namespace

task<exit_code> run_command(api& far, command_line asked)
{
    const auto& verb = asked.verb;
    const auto nothing = json::object();
    if (is_hand_verb(verb)) co_return co_await run_hand_verb(far, std::move(asked));
    if (verb == "print") co_return co_await print_model(far, std::move(asked));
    if (verb == "ping") co_return co_await show(far, asked, "ping", nothing, ping_words);
    if (verb == "status") co_return co_await show(far, asked, "status", nothing, status_words);
    if (verb == "capabilities") co_return co_await show(far, asked, "capabilities", nothing, raw_words);
    if (verb == "watch") co_return co_await watch(far, asked);
    if (verb == "upload") co_return co_await upload(far, asked);
    if (verb == "download") co_return co_await download(far, asked);
    if (verb == "temps") co_return co_await heat(far, asked);
    if (verb == "resume" || verb == "cancel") co_return co_await change_job(far, asked, nothing);
    if (verb == "pause") {
        auto arguments = asked.no_park ? with("Park", false) : nothing;
        co_return co_await change_job(far, asked, std::move(arguments));
    }
    if (verb == "start") {
        auto arguments = with("Path", virtual_path(asked.path));
        if (asked.bed_clear) arguments["BedClear"] = true;
        co_return co_await change_job(far, asked, std::move(arguments));
    }
    if (verb == "files") {
        auto arguments = asked.path.empty() ? nothing : with("path", virtual_path(asked.path));
        co_return co_await show(far, asked, "files/list", std::move(arguments), files_words);
    }
    if (verb == "card") {
        auto arguments = asked.offset ? with("Offset", *asked.offset) : nothing;
        co_return co_await show(far, asked, "card/list", std::move(arguments), card_words);
    }
    if (verb == "queue") co_return co_await queue(far, asked);
    if (verb == "history") {
        auto arguments = with("limit", asked.limit);
        co_return co_await show(far, asked, "history", std::move(arguments), history_words);
    }
    if (verb == "mkdir") {
        auto arguments = with("Path", virtual_path(asked.path));
        co_return co_await act(far, asked, "files/folder/create", std::move(arguments), "Made.");
    }
    if (verb == "move") {
        auto arguments = with("Path", virtual_path(asked.path));
        arguments["To"] = virtual_path(asked.into);
        co_return co_await act(far, asked, "files/move", std::move(arguments), "Moved.");
    }
    if (verb == "delete") {
        auto arguments = with("Path", virtual_path(asked.path));
        if (asked.whole) arguments["Recursive"] = true;
        co_return co_await act(far, asked, "files/delete", std::move(arguments), "Deleted.");
    }
    if (verb == "home") {
        auto arguments = asked.axes.empty() ? nothing : with("Axes", asked.axes);
        co_return co_await act(far, asked, "home", std::move(arguments), "Homing.");
    }
    co_return co_await act(far, asked, "bed-clear", nothing, "The bed is confirmed clear.");
}

} // namespace layerline::cli
