// What goes over the print host's unix socket: JSON objects, one a line, at most 64 KiB each.
//
//   client -> host   {"id":1,"do":"start","path":"gcode/a.gcode","bed_clear":true, <terms>}
//                    do: an action's name (printer_action.hpp) | state | capabilities; with it
//                    start {path, bed_clear} | pause {park} | home {axes:"xyz"} | set_temperature {heater,
//                    celsius} | move_axis {axis:"x", distance_mm, feed_mm_min?} | extrude {tool, distance_mm,
//                    feed_mm_min?} | set_fan {share} | set_speed, set_flow {factor} | babystep {z_mm} |
//                    set_light {name, on} | set_power {device, on} | run_gcode {text} | run_macro {name,
//                    parameters:{}} | exclude_object {name} | answer_prompt {choice} | list_card {first?}
//                    | emergency_stop {break_waits?, reset_board?, power_device?}; terms, all optional:
//                    "time_left_ms", "until_ms", "expected_state", "expected_job", "key", "principal"
//   host -> client   {"id":1,"ok":{"job_id":"j-...","note":"","reply":"","repeated":false,"confirmed":true}}
//                    (list_card: with "card":{"total":1,"files":[{"path":"card/A.GCO","name":"a.gcode",
//                    "bytes":62}]})
//                    (state: {"id":1,"state":{...}}; capabilities: {"id":1,"capabilities":{...}})
//                    {"id":1,"error":{"name":"wrong_state","detail":"..."}}
//                    {"event":"state","state":{...}}: in full on connect and on change, at most 10 a second a
//                    client
//
// The socket is created 0660; clients are known by SO_PEERCRED: root, the host's own user, or a member of the
// socket's group.
#pragma once

#include "printer/printer_action.hpp"

#include <boost/system/result.hpp>
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace layerline::printer::serial {

inline constexpr std::size_t max_host_message = 65536;

struct ask_state {};
struct ask_capabilities {};
struct host_request {
    std::uint64_t id = 0;
    std::variant<action, ask_state, ask_capabilities> what;
    terms how;
    // Milliseconds of CLOCK_MONOTONIC, which both ends of a unix socket share: a command that the host reads
    // later, having hung, does nothing. Beside it time_left_ms is what hand-written clients use.
    std::optional<std::int64_t> until_ms = {};
};
struct host_event {
    printer_state state;
};
struct host_reply {
    std::uint64_t id = 0;
    std::variant<performed, printer_failure, printer_state, link_capabilities> what;
};

// Each encode_ gives one line with its newline. Each decode_ takes one line without it and never throws: a
// malformed line is a printer_failure {out_of_range} that names the field.
std::string encode_request(const host_request& request);
printer_result<host_request> decode_request(std::string_view line);
std::string encode_reply(const host_reply& reply);
std::string encode_event(const host_event& event);
printer_result<std::variant<host_reply, host_event>> decode_from_host(std::string_view line);

} // namespace layerline::printer::serial
