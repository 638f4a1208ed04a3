#include "cli/hand_verbs.hpp"

#include "cli/follow.hpp"
#include "cli/hand_words.hpp"
#include "cli/printing.hpp"
#include "cli/tell.hpp"

#include <algorithm>
#include <array>
#include <iostream>

namespace layerline::cli {

namespace {

using nlohmann::json;
using transport::task;

task<exit_code> macro(api& far, const command_line& asked)
{
    auto arguments = json::object();
    if (asked.name.empty()) {
        auto said = co_await far.call("GET", "macro/list", std::move(arguments), asked.terms);
        co_return tell(asked, said, macros_words(said.result));
    }
    arguments["Name"] = asked.name;
    std::string parameters;
    for (const auto& one : asked.words)
        parameters += (parameters.empty() ? "" : " ") + one;
    if (!parameters.empty()) arguments["Parameters"] = parameters;
    auto said = co_await far.call("POST", "macro", std::move(arguments), asked.terms);
    co_return tell(asked, said, with_note("Asked for " + for_terminal(asked.name) + ".", said.result));
}

task<exit_code> console(api& far, const command_line& asked)
{
    auto arguments = json::object();
    if (asked.words.empty()) {
        auto said = co_await far.call("GET", "console/lines", std::move(arguments), asked.terms);
        co_return tell(asked, said, lines_words(said.result));
    }
    // "console G1 X5" as well as "console 'G1 X5'".
    std::string line;
    for (const auto& word : asked.words)
        line += (line.empty() ? "" : " ") + word;
    arguments["Gcode"] = line;
    auto said = co_await far.call("POST", "console", std::move(arguments), asked.terms);
    co_return tell(asked, said, reply_words(said.result));
}

task<exit_code> camera(api& far, const command_line& asked)
{
    if (asked.verb == "camera list") {
        auto said = co_await far.call("GET", "webcam/list", json::object(), asked.terms);
        co_return tell(asked, said, cameras_words(said.result));
    }
    auto command = std::string("webcam/snapshot");
    if (!asked.name.empty()) command += "?name=" + percent_encoded(asked.name);
    auto said = co_await far.save(std::move(command), asked.local, {});
    if (said.code != exit_code::done) co_return tell_fault(asked, said);
    if (asked.local != "-" && !asked.quiet) std::cerr << "Saved as " << for_terminal(asked.local) << ".\n";
    co_return exit_code::done;
}

task<exit_code> events(api& far, const command_line& asked)
{
    follow_options options;
    options.at_most = asked.wait;
    options.each = [whole = asked.json](const sent_event& event) {
        std::cout << event_line(event, whole) << std::endl;
    };
    const std::function<std::optional<verdict>(const job_view&)> seen =
        [](const job_view&) -> std::optional<verdict> { return std::nullopt; };
    auto said = co_await follow(far, options, seen);
    // Nobody waited for anything: the time is simply over.
    if (said.code == exit_code::not_in_time && asked.wait) co_return exit_code::done;
    co_return tell_fault(asked, said);
}

task<exit_code> prompt(api& far, const command_line& asked)
{
    auto arguments = json::object();
    if (asked.verb == "prompt show") {
        auto said = co_await far.call("GET", "status", std::move(arguments), asked.terms);
        co_return tell(asked, said, prompt_words(said.result));
    }
    arguments["Choice"] = asked.choice;
    auto said = co_await far.call("POST", "prompt/answer", std::move(arguments), asked.terms);
    co_return tell(asked, said, with_note("Answered.", said.result));
}

task<exit_code> stop(api& far, const command_line& asked)
{
    auto said = co_await far.call("POST", "emergency-stop", json::object(), asked.terms);
    co_return tell(asked, said, stop_words(said.result));
}

} // namespace

bool is_hand_verb(const std::string& verb)
{
    constexpr std::array<std::string_view, 8> all{"macro",         "console",       "camera snapshot",
                                                  "camera list",   "events",        "prompt show",
                                                  "prompt answer", "emergency-stop"};
    return std::find(all.begin(), all.end(), verb) != all.end();
}

task<exit_code> run_hand_verb(api& far, command_line asked)
{
    const auto& verb = asked.verb;
    if (verb == "macro") co_return co_await macro(far, asked);
    if (verb == "console") co_return co_await console(far, asked);
    if (verb.starts_with("camera")) co_return co_await camera(far, asked);
    if (verb == "events") co_return co_await events(far, asked);
    if (verb.starts_with("prompt")) co_return co_await prompt(far, asked);
    co_return co_await stop(far, asked);
}

} // namespace layerline::cli
