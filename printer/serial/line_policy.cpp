#include "printer/serial/line_policy.hpp"

#include "printer/serial/line_codec.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace layerline::printer::serial {
namespace {

constexpr std::string_view counts = "the host counts the lines";
constexpr std::string_view at_once = "it acts out of turn, and only a person may do that";
constexpr std::string_view card = "the file is printed from this host, not from the printer's card";
constexpr std::string_view stored = "a file does not change the printer's stored settings";
constexpr std::string_view reports = "the host decides what the printer reports";
constexpr std::string_view power = "a file does not switch the power supply";
constexpr std::string_view timers = "motors and heat stay on for as long as the job does";
constexpr std::string_view macros = "what a stored macro does is not seen before it is done";
constexpr std::string_view connection = "a file does not change the connection";

constexpr std::array rows{
    policy_row{'M', 0, line_rule::host_pause, {}},
    policy_row{'M', 1, line_rule::host_pause, {}},
    policy_row{'M', 20, line_rule::drop, card},
    policy_row{'M', 21, line_rule::drop, card},
    policy_row{'M', 22, line_rule::drop, card},
    policy_row{'M', 23, line_rule::drop, card},
    policy_row{'M', 24, line_rule::drop, card},
    policy_row{'M', 25, line_rule::host_pause, {}},
    policy_row{'M', 26, line_rule::drop, card},
    policy_row{'M', 27, line_rule::drop, card},
    policy_row{'M', 28, line_rule::drop, card},
    policy_row{'M', 29, line_rule::drop, card},
    policy_row{'M', 30, line_rule::drop, card},
    policy_row{'M', 32, line_rule::drop, card},
    policy_row{'M', 33, line_rule::drop, card},
    policy_row{'M', 34, line_rule::drop, card},
    policy_row{'M', 39, line_rule::drop, card},
    policy_row{'M', 43, line_rule::drop, "it would hold the firmware watching its pins"},
    policy_row{'M', 80, line_rule::drop, power},
    policy_row{'M', 81, line_rule::drop, power},
    policy_row{'M', 85, line_rule::drop, timers},
    policy_row{'M', 86, line_rule::drop, timers},
    policy_row{'M', 98, line_rule::drop, macros},
    policy_row{'M', 104, line_rule::set_target, {}},
    policy_row{'M', 108, line_rule::drop, at_once},
    policy_row{'M', 109, line_rule::host_wait, {}},
    policy_row{'M', 110, line_rule::drop, counts},
    policy_row{'M', 111, line_rule::drop, reports},
    policy_row{'M', 112, line_rule::drop, at_once},
    policy_row{'M', 113, line_rule::drop, reports},
    policy_row{'M', 116, line_rule::host_wait, {}},
    policy_row{'M', 117, line_rule::text, {}},
    policy_row{'M', 118, line_rule::host_message, {}},
    policy_row{'M', 140, line_rule::set_target, {}},
    policy_row{'M', 141, line_rule::set_target, {}},
    policy_row{'M', 154, line_rule::drop, reports},
    policy_row{'M', 155, line_rule::drop, reports},
    policy_row{'M', 190, line_rule::host_wait, {}},
    policy_row{'M', 191, line_rule::host_wait, {}},
    policy_row{'M', 303, line_rule::set_target, {}},
    policy_row{'M', 410, line_rule::drop, at_once},
    policy_row{'M', 500, line_rule::drop, stored},
    policy_row{'M', 502, line_rule::drop, stored},
    policy_row{'M', 504, line_rule::drop, stored},
    policy_row{'M', 505, line_rule::drop, stored},
    policy_row{'M', 524, line_rule::drop, card},
    policy_row{'M', 552, line_rule::drop, connection},
    policy_row{'M', 553, line_rule::drop, connection},
    policy_row{'M', 554, line_rule::drop, connection},
    policy_row{'M', 575, line_rule::drop, connection},
    policy_row{'M', 586, line_rule::drop, connection},
    policy_row{'M', 587, line_rule::drop, connection},
    policy_row{'M', 588, line_rule::drop, connection},
    policy_row{'M', 589, line_rule::drop, connection},
    policy_row{'M', 601, line_rule::host_pause, {}},
    policy_row{'M', 602, line_rule::drop, at_once},
    policy_row{'M', 810, line_rule::drop, macros},
    policy_row{'M', 811, line_rule::drop, macros},
    policy_row{'M', 812, line_rule::drop, macros},
    policy_row{'M', 813, line_rule::drop, macros},
    policy_row{'M', 814, line_rule::drop, macros},
    policy_row{'M', 815, line_rule::drop, macros},
    policy_row{'M', 816, line_rule::drop, macros},
    policy_row{'M', 817, line_rule::drop, macros},
    policy_row{'M', 818, line_rule::drop, macros},
    policy_row{'M', 819, line_rule::drop, macros},
    policy_row{'M', 876, line_rule::drop, at_once},
    policy_row{'M', 928, line_rule::drop, card},
    policy_row{'M', 997, line_rule::drop, "a file does not replace the firmware"},
    policy_row{'M', 999, line_rule::drop, "a stop is ended by a person"},
};

const policy_row* row_of_command(const gcode::parsed_line& line)
{
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const policy_row& row) { return line.is(row.letter, row.number); });
    return found == rows.end() ? nullptr : &*found;
}

bool plain(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '\t' || (c >= 0x20 && c < 0x7f); });
}

std::string quoted(std::string_view code)
{
    return '"' + plain_ascii(code, 60) + '"';
}

line_verdict refused(std::string note)
{
    return {.use = line_use::refuse, .note = std::move(note)};
}

// What the wire adds to a text; `max_text` leaves it out.
constexpr std::size_t frame_bytes = 16;

// Upper case, since plain Marlin knows no other; blanks taken out only when it would not fit otherwise.
line_verdict sent(std::string_view code, std::size_t max_text)
{
    line_verdict verdict{.use = line_use::send};
    verdict.text.reserve(code.size());
    for (const char c : code)
        verdict.text += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '\t' ? ' ' : c;
    if (verdict.text.size() > max_text) std::erase(verdict.text, ' ');
    if (verdict.text.size() > max_text)
        return refused("it is longer than the firmware reads (" + std::to_string(code.size()) +
                       " characters, " + std::to_string(max_text) + " fit)");
    // Firmware looks for M110 in the whole line, and drops some bytes together with the checksum behind them.
    if (!frameable(verdict.text, max_text + frame_bytes))
        return refused("the firmware would misread it: " + quoted(code));
    return verdict;
}

// Free text, which may lose what cannot be sent.
line_verdict sent_text(std::string_view code, std::size_t max_text)
{
    line_verdict verdict{.use = line_use::send,
                         .text = made_frameable(plain_ascii(code, code.size()), max_text + frame_bytes)};
    if (!verdict.text.empty() && verdict.text.front() == 'm') verdict.text.front() = 'M';
    if (!frameable(verdict.text, max_text + frame_bytes)) return {};
    return verdict;
}

std::optional<double> target_of(const gcode::parsed_line& line)
{
    auto target = line.value('S');
    return target ? target : line.value('R');
}

heater_kind heater_of(const gcode::parsed_line& line)
{
    const int number = line.number;
    if (number == 303 && line.value('E').value_or(0) < 0) return heater_kind::bed;
    if (number == 140 || number == 190) return heater_kind::bed;
    return number == 141 || number == 191 ? heater_kind::chamber : heater_kind::tool;
}

// The refusal when a target is out of all sense or over the owner's hard limit.
std::optional<line_verdict> over_limit(const gcode::parsed_line& line, const hard_limits& limits)
{
    const auto target = target_of(line);
    if (!target) return std::nullopt;
    const heater_kind heater = heater_of(line);
    const auto limit = heater == heater_kind::tool  ? limits.tool_c
                       : heater == heater_kind::bed ? limits.bed_c
                                                    : limits.chamber_c;
    const double most = limit.value_or(1000);
    if (std::isfinite(*target) && *target <= most) return std::nullopt;
    char text[96];
    std::snprintf(text, sizeof text, "it asks for %.0f C, over the hard limit of %.0f C", *target, most);
    return refused(text);
}

line_verdict waiting(const gcode::parsed_line& line)
{
    line_verdict verdict{.use = line_use::wait};
    if (line.number == 116) {
        verdict.wait.all = true;
        return verdict;
    }
    verdict.wait.heater = heater_of(line);
    verdict.wait.celsius = target_of(line);
    verdict.wait.cooling_too = !line.value('S') && line.value('R');
    if (const auto tool = line.value('T'); tool && *tool >= 0 && *tool < gcode::max_tools)
        verdict.wait.tool = static_cast<int>(*tool);
    if (!verdict.wait.celsius) return verdict;
    const char* command = verdict.wait.heater == heater_kind::tool  ? "M104"
                          : verdict.wait.heater == heater_kind::bed ? "M140"
                                                                    : "M141";
    char text[64];
    if (verdict.wait.tool >= 0 && verdict.wait.heater == heater_kind::tool)
        std::snprintf(text, sizeof text, "%s T%d S%g", command, verdict.wait.tool, *verdict.wait.celsius);
    else
        std::snprintf(text, sizeof text, "%s S%g", command, *verdict.wait.celsius);
    verdict.text = text;
    return verdict;
}

} // namespace

std::span<const policy_row> policy_table()
{
    return rows;
}

void append_plain_ascii(std::string& made, std::string_view text, std::size_t most)
{
    for (const char c : text) {
        if (made.size() == most) break;
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 && byte < 0xC0) continue; // one '?' for each character, not for each byte
        made += byte >= 0x20 && byte < 0x7f ? c : '?';
    }
}

std::string plain_ascii(std::string_view text, std::size_t most)
{
    std::string made;
    append_plain_ascii(made, text, most);
    return made;
}

line_verdict judge_line(const gcode::parsed_line& line, std::size_t max_text, const hard_limits& limits)
{
    if (line.code.empty()) return {};
    if (line.letter == 0) {
        if (!plain(line.code)) return refused("it holds bytes that are no text: the file is damaged");
        const char c = line.code.front();
        // Words without a command are moves that would be lost; names are macros of other firmwares.
        const bool word = line.code.size() > 1 &&
                          std::string_view("XYZEFIJRS").find(c) != std::string_view::npos &&
                          std::string_view("0123456789.-+").find(line.code[1]) != std::string_view::npos;
        if (word) return refused("it has words but no command: " + quoted(line.code));
        const auto digit = line.code.find_first_not_of(" \t", 1);
        if (std::string_view("GMTgmt").find(c) != std::string_view::npos && digit != std::string_view::npos &&
            digit > 1 && line.code[digit] >= '0' && line.code[digit] <= '9')
            return refused("there is a blank inside its command: " + quoted(line.code));
        if (line.code == "@pause" || line.code.starts_with("@pause "))
            return {.use = line_use::pause,
                    .note = plain_ascii(line.code.substr(std::min<std::size_t>(line.code.size(), 7)), 120)};
        return {.use = line_use::skip, .note = "not a command of this firmware: " + quoted(line.code)};
    }
    const policy_row* row = row_of_command(line);
    if (row && row->rule == line_rule::drop)
        return {.use = line_use::skip,
                .note = quoted(line.code) + " was not sent: " + std::string(row->reason)};
    if (row && row->rule == line_rule::host_pause)
        return {.use = line_use::pause, .note = line.takes_text ? plain_ascii(line.argument, 120) : ""};
    if ((line.is('M', 84) || line.is('M', 18)) && line.find('S'))
        return {.use = line_use::skip, .note = quoted(line.code) + " was not sent: " + std::string(timers)};
    if (row && row->rule == line_rule::host_message)
        return {.use = line_use::skip, .note = "the file says: " + plain_ascii(line.argument, 120)};
    if (line.takes_text) return sent_text(line.code, max_text);
    if (!plain(line.code)) return refused("it holds bytes that are no text: the file is damaged");
    if (row && (row->rule == line_rule::host_wait || row->rule == line_rule::set_target))
        if (auto over = over_limit(line, limits)) return *over;
    if (row && row->rule == line_rule::host_wait) return waiting(line);
    return sent(line.code, max_text);
}

} // namespace layerline::printer::serial
