// Follows the printer, and runs the owner's hooks and scripts when something happened to it.
#pragma once

#include "agent/configuration.hpp"
#include "agent/hook_runner.hpp"
#include "agent/printer_events.hpp"
#include "printer/printer_link.hpp"

#include <deque>
#include <string>

namespace layerline::agent {

class event_watch {
public:
    // `link` judges every line of a script as it judges the console's, and outlives this. Off unless
    // configured.
    event_watch(transport::net::io_context& context, printer::printer_link& link,
                const configuration& settings, std::string agent_id);

    bool wanted() const { return hooks_ || !scripts_.empty(); }
    // Until the link ends.
    transport::task<void> run();
    // Sends what scripts have to say, one line after the other, until stop().
    transport::task<void> send_scripts();
    void stop();

private:
    void happened(std::string_view event, const printer::printer_state& state);

    printer::printer_link& link_;
    script_settings scripts_;
    std::string agent_id_;
    std::unique_ptr<hook_runner> hooks_; // none: no folder is configured
    struct waiting_line {
        std::string event, text;
    };
    std::deque<waiting_line> lines_;
    transport::net::steady_timer bell_; // cancelled when there are lines
    bool stopped_ = false;
};

// What a hook reads: {"event","time","agent_id","printer":{the state as in the event stream}}. Left out parts
// of the plate where it would be too long.
std::string hook_json(std::string_view event, const printer::printer_state& state,
                      const std::string& agent_id, std::int64_t unix_time);

} // namespace layerline::agent
