#include "agent/event_watch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <ctime>
#include <utility>

namespace layerline::agent {

namespace net = transport::net;
using transport::clock;

namespace {

constexpr auto as_tuple = net::as_tuple(net::use_awaitable);
constexpr std::size_t most_lines = 4 * max_script_lines;
constexpr std::size_t most_json = 40UL * 1024;

void note(const hook_result& result)
{
    const auto said = result.output.empty() ? std::string() : ": " + result.output;
    if (!result.fault.empty())
        spdlog::warn("hook {} on {} was not run: {}", result.name, result.event, result.fault);
    else if (result.timed_out)
        spdlog::warn("hook {} on {} was ended after {} ms{}", result.name, result.event, result.took.count(),
                     said);
    else if (!result.exit_code)
        spdlog::warn("hook {} on {} was ended by a signal after {} ms{}", result.name, result.event,
                     result.took.count(), said);
    else if (*result.exit_code != 0)
        spdlog::warn("hook {} on {} failed with {} after {} ms{}", result.name, result.event,
                     *result.exit_code, result.took.count(), said);
    else
        spdlog::info("hook {} on {} took {} ms{}", result.name, result.event, result.took.count(), said);
}

} // namespace

std::string hook_json(std::string_view event, const printer::printer_state& state,
                      const std::string& agent_id, std::int64_t unix_time)
{
    nlohmann::json told{{"event", event}, {"time", unix_time}, {"agent_id", agent_id}, {"printer", state}};
    const auto text = [&told] {
        return told.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    };
    auto whole = text();
    if (whole.size() <= most_json) return whole;
    told["printer"].erase("objects");
    return text();
}

event_watch::event_watch(net::io_context& context, printer::printer_link& link, const configuration& settings,
                         std::string agent_id)
    : link_(link), scripts_(settings.scripts), agent_id_(std::move(agent_id)),
      bell_(context, clock::time_point::max())
{
    if (settings.hooks_folder.empty()) return;
    hook_limits limits;
    limits.time = std::chrono::seconds(settings.hooks_time_limit_s);
    limits.at_once = settings.hooks_at_once;
    hooks_ = std::make_unique<hook_runner>(context, settings.hooks_folder, limits, note);
}

void event_watch::happened(std::string_view event, const printer::printer_state& state)
{
    spdlog::debug("printer event: {}", event);
    if (hooks_)
        hooks_->run(std::string(event),
                    hook_json(event, state, agent_id_, static_cast<std::int64_t>(std::time(nullptr))));
    for (const auto& line : scripts_.lines_for(event)) {
        if (lines_.size() >= most_lines) {
            spdlog::warn("script on {}: too many lines wait already", event);
            break;
        }
        lines_.push_back({std::string(event), filled_line(line, state)});
    }
    if (!lines_.empty()) bell_.cancel();
}

transport::task<void> event_watch::run()
{
    printer_events events;
    while (true) {
        const auto state = link_.state();
        for (const auto event : events.take(state))
            happened(event, state);
        const auto news = co_await link_.changed(state.sequence);
        if (news.has_error()) co_return;
    }
}

transport::task<void> event_watch::send_scripts()
{
    while (!stopped_) {
        if (lines_.empty()) {
            bell_.expires_at(clock::time_point::max());
            co_await bell_.async_wait(as_tuple);
            continue;
        }
        const auto line = std::move(lines_.front());
        lines_.pop_front();
        printer::terms how;
        how.principal = "script";
        how.principal_name = "script on " + line.event;
        printer::action what = printer::run_gcode{line.text};
        const auto done = co_await link_.perform(std::move(what), std::move(how));
        if (done.has_error())
            spdlog::warn("script on {}: {} was refused: {}", line.event, line.text, done.error().detail);
        else
            spdlog::info("script on {}: {}", line.event, line.text);
    }
}

void event_watch::stop()
{
    stopped_ = true;
    bell_.cancel();
    if (hooks_) hooks_->stop();
}

} // namespace layerline::agent
