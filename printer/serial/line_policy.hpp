// What a line of a file may do (docs/safety.md, "What a file may say"): a pure table from command to verdict.
#pragma once

#include "gcode/line.hpp"
#include "printer/serial/job_line.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace layerline::printer::serial {

enum class line_rule : std::uint8_t {
    drop,         // not sent; the log says so
    host_pause,   // M0, M1, M25, M601: the host pauses and shows the text
    host_wait,    // M109, M190, M191, M116: the target is sent, the host waits
    set_target,   // M104, M140, M141, M303: sent within the owner's hard limits
    host_message, // M118: its text goes to the log, never to the wire, where it could pass for an answer
    text          // M117 and others with free text: other characters replaced, cut to what fits
};

struct policy_row {
    char letter;
    int number;
    line_rule rule;
    std::string_view reason; // for drops: a part sentence, "the host counts lines"
};

// All commands that are not simply sent.
std::span<const policy_row> policy_table();

// Over these a file's target is refused, whoever wrote the file. None: the firmware's own limits stand alone.
struct hard_limits {
    std::optional<double> tool_c, bed_c, chamber_c;
};

struct line_verdict {
    line_use use = line_use::skip;
    std::string text{}, note{};
    heat_wait wait{};
};

// `max_text` is what fits the firmware's command buffer beside line number and checksum.
line_verdict judge_line(const gcode::parsed_line& line, std::size_t max_text, const hard_limits& limits);

// What fits a command buffer of `max_line` bytes beside "N123456789 ", "*255" and the terminating zero.
constexpr std::size_t text_that_fits(std::size_t max_line)
{
    return max_line > 16 + 8 ? max_line - 16 : 8;
}

// Free text made harmless: control and non-ASCII characters become '?', cut at `most`.
std::string plain_ascii(std::string_view text, std::size_t most);
// The same behind what is in `made`, all of it together at most that long.
void append_plain_ascii(std::string& made, std::string_view text, std::size_t most);

} // namespace layerline::printer::serial
