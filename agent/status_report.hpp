// What `layerline-agent status` tells, as JSON on the control socket and as lines for a person.
#pragma once

#include "agent/relay_report.hpp"
#include "printer/printer_state.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace layerline::agent {

struct status_report {
    std::string agent_id, version, lan;
    std::int64_t uptime_s = 0;
    relay_report relay;
    printer::printer_state printer;
};

// {"agent_id","version","lan","uptime_s","relay":{"state","text","url","base_url","printer_name","problem",
// "next_try_s"},"pairing":{"code","seconds_left"}|null,"printer":{"phase","reason","age_ms"}}
std::string as_json(const status_report& report, transport::clock::time_point now);
// The same, from that JSON, as lines. Anything missing is shown as "-".
std::string as_lines(std::string_view json);

} // namespace layerline::agent
