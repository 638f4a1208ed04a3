// The grammar of firmware lines, one rule after the other.
#include "printer/serial/reply_parser.hpp"

#include "printer/serial/field_scanner.hpp"

#include <algorithm>
#include <array>

namespace layerline::printer::serial::reply {

namespace {

std::string_view trimmed(std::string_view line)
{
    const auto printable = [](char c) { return c > 0x20 && c < 0x7f; };
    while (!line.empty() && !printable(line.front()))
        line.remove_prefix(1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\0'))
        line.remove_suffix(1);
    return line;
}

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool take_prefix(std::string_view& text, std::string_view prefix)
{
    if (text.size() < prefix.size() ||
        !std::equal(prefix.begin(), prefix.end(), text.begin(), [](char p, char t) { return p == lower(t); }))
        return false;
    text.remove_prefix(prefix.size());
    return true;
}

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

template <std::size_t count>
bool contains_any(std::string_view text, const std::array<std::string_view, count>& parts)
{
    return std::any_of(parts.begin(), parts.end(),
                       [&](std::string_view part) { return contains(text, part); });
}

// "X:1.00 Y:2.00 Z:0.20 E:0.00 Count X:80 ...", with "C:" before it in one family.
std::optional<head_position> parse_position(std::string_view text)
{
    skip_spaces(text);
    if (text.starts_with("C: X:")) text.remove_prefix(3);
    if (!text.starts_with("X:")) return std::nullopt;
    head_position at;
    for (; !text.empty() && !text.starts_with("Count"); skip_spaces(text)) {
        const auto key = take_key(text);
        if (key.empty()) {
            skip_word(text);
            continue;
        }
        skip_spaces(text);
        auto* const slot = key == "X"                  ? &at.x_mm
                           : key == "Y"                ? &at.y_mm
                           : key == "Z"                ? &at.z_mm
                           : key == "E" || key == "E0" ? &at.e_mm
                                                       : nullptr;
        const auto value = take_number(text);
        if (slot && !*slot) *slot = value;
        if (!value) skip_word(text);
    }
    if (!at.x_mm || !at.y_mm || !at.z_mm) return std::nullopt;
    return at;
}

// "ok", "ok N12 P15 B3", "ok 137", "ok T:20.1 /0.0 ...", "ok X:0 ...", "okok"
std::optional<ack> parse_ack(std::string_view line)
{
    if (!take_prefix(line, "ok")) return std::nullopt;
    ack read;
    while (read.count < 8 && take_prefix(line, "ok"))
        ++read.count;
    // A word that only begins so is none: files are called "OK~1.GCO", too.
    if (!line.empty() && line.front() > ' ' && line.front() != ':' && line.front() != ',')
        return std::nullopt;
    read.temperature = parse_temperatures(line);
    if (!read.temperature.empty()) return read;
    read.position = parse_position(line);
    if (read.position) return read;
    skip_spaces(line);
    if (auto rest = line; !rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
        const auto number = take_count(rest);
        if (rest.empty()) read.bare_number = number;
    }
    for (; line.size() > 1; skip_spaces(line)) {
        const char key = line.front();
        auto rest = line.substr(1);
        const auto value = take_count(rest);
        if (value && (rest.empty() || rest.front() == ' ')) {
            if (key == 'N') read.line = *value;
            if (key == 'B' && *value < 256) read.buffer_free = static_cast<int>(*value);
        }
        skip_word(line);
    }
    return read;
}

// "Resend: 5", "Resend:5", "resend 5", "rs 5", "rs N5", "rs N2 Expected checksum 67"
std::optional<resend> parse_resend(std::string_view line)
{
    if (!take_prefix(line, "resend") && !take_prefix(line, "rs")) return std::nullopt;
    if (line.empty() || (line.front() != ' ' && line.front() != ':')) return std::nullopt;
    while (!line.empty() && (line.front() == ' ' || line.front() == ':'))
        line.remove_prefix(1);
    take_prefix(line, "n");
    const auto number = take_count(line);
    if (!number || (!line.empty() && line.front() != ' ')) return std::nullopt;
    return resend{*number};
}

std::optional<std::uint64_t> last_line_of(std::string_view line)
{
    const auto at = line.find("Last Line:");
    if (at == std::string_view::npos) return std::nullopt;
    line.remove_prefix(at + std::string_view("Last Line:").size());
    skip_spaces(line);
    return take_count(line);
}

constexpr std::array<std::string_view, 9> line_errors{"checksum mismatch",
                                                      "No Checksum with line number",
                                                      "Line Number is not Last Line Number",
                                                      "expected line",
                                                      "No Line Number with checksum",
                                                      "missing linenumber",
                                                      "format error",
                                                      "Wrong checksum",
                                                      "Missing checksum"};
constexpr std::array<std::string_view, 5> last_words{"Printer halted", "kill() called", "use M999", "HALTED",
                                                     "Emergency Stop"};
constexpr std::array<std::string_view, 15> halts{
    "Heating failed",  "Heating Failed",          "Thermal Runaway", "MAXTEMP",       "MINTEMP",
    "system stopped",  "Invalid extruder number", "KILL caused",     "Watchdog",      "STOP called",
    "Printer stopped", "THERMAL RUNAWAY",         "Thermal runaway", "Heating fault", "HALT"};

std::optional<any> parse_error(std::string_view line)
{
    std::string_view body = line;
    const bool klipper = body.starts_with("!!");
    const bool fatal = take_prefix(body, "fatal:");
    if (take_prefix(body, "alarm:")) return any(halt{line, false});
    if (!klipper && !fatal && !take_prefix(body, "error:")) return std::nullopt;
    // A newline may be lost between the complaint and the request.
    if (const auto at = line.find("Resend:"); at != std::string_view::npos)
        if (const auto asked = parse_resend(line.substr(at))) return any(*asked);
    if (line == "!!") return any(halt{"it is halted (!!)", true}); // Smoothieware, to every line from then on
    if (klipper) return contains(line, "shutdown") ? any(halt{line, true}) : any(text{line});
    if (contains_any(body, last_words) || fatal) return any(halt{body, true});
    if (contains_any(body, line_errors)) return any(line_error{line, last_line_of(line)});
    if (contains_any(body, halts)) return any(halt{body, false});
    return std::nullopt;
}

bool key_start(std::string_view text, std::size_t at)
{
    if (at != 0 && text[at - 1] != ' ') return false;
    std::size_t length = 0;
    while (at + length < text.size() &&
           ((text[at + length] >= 'A' && text[at + length] <= 'Z') ||
            (text[at + length] >= '0' && text[at + length] <= '9') || text[at + length] == '_'))
        ++length;
    return length >= 3 && text[at] >= 'A' && text[at] <= 'Z' && at + length < text.size() &&
           text[at + length] == ':';
}

// A value holds spaces and colons; it ends where the next KEY: begins.
std::string_view value_of(std::string_view line, std::string_view key)
{
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (!line.substr(at).starts_with(key) || !key_start(line, at)) continue;
        const std::size_t begin = at + key.size();
        std::size_t end = begin;
        while (end < line.size() && !(end > begin && key_start(line, end)))
            ++end;
        return trimmed(line.substr(begin, end - begin));
    }
    return {};
}

std::optional<firmware> parse_firmware(std::string_view line)
{
    if (line.starts_with("NAME. Malyan")) return firmware{line.substr(6), {}, {}};
    if (!line.starts_with("FIRMWARE_NAME:")) return std::nullopt;
    return firmware{value_of(line, "FIRMWARE_NAME:"), value_of(line, "MACHINE_TYPE:"),
                    value_of(line, "UUID:")};
}

std::optional<capability> parse_capability(std::string_view line)
{
    if (!take_prefix(line, "cap:")) return std::nullopt;
    const auto name = take_key(line);
    if (name.empty() || name.size() > 40 || line.size() != 1 || (line[0] != '0' && line[0] != '1'))
        return std::nullopt;
    return capability{name, line[0] == '1'};
}

// "x:235.00,y:…,z:…}": three numbers in this order.
std::optional<std::array<double, 3>> take_corner(std::string_view& text, std::string_view name)
{
    if (!take_prefix(text, name)) return std::nullopt;
    std::array<double, 3> read{};
    for (std::size_t i = 0; i < read.size(); ++i) {
        constexpr std::array<std::string_view, 3> keys{"x:", ",y:", ",z:"};
        if (!take_prefix(text, keys.at(i))) return std::nullopt;
        const auto value = take_number(text);
        if (!value) return std::nullopt;
        read.at(i) = *value;
    }
    if (!take_prefix(text, "}")) return std::nullopt;
    return read;
}

// area:{full:{min:{x:0,y:0,z:0},max:{x:235,y:235,z:250}},work:{…}}
std::optional<geometry> parse_geometry(std::string_view line)
{
    if (!take_prefix(line, "area:{full:{")) return std::nullopt;
    const auto least = take_corner(line, "min:{");
    if (!least || !take_prefix(line, ",")) return std::nullopt;
    const auto most = take_corner(line, "max:{");
    if (!most) return std::nullopt;
    constexpr double farthest = 10'000; // mm: no printer of ours
    for (std::size_t i = 0; i < most->size(); ++i)
        if (!(least->at(i) < most->at(i)) || least->at(i) < -farthest || most->at(i) > farthest)
            return std::nullopt;
    return geometry{{least->at(0), most->at(0), least->at(1), most->at(1), most->at(2)}};
}

std::optional<action> parse_action(std::string_view line)
{
    if (!take_prefix(line, "//")) return std::nullopt;
    skip_spaces(line);
    if (!take_prefix(line, "action:")) return std::nullopt;
    return action{trimmed(line)};
}

bool take_glued_ok(std::string_view& line)
{
    if (!line.ends_with("ok")) return false;
    line.remove_suffix(2);
    return true;
}

} // namespace

any parse(std::string_view line)
{
    line = trimmed(line);
    if (auto read = parse_ack(line)) return *read;
    if (auto read = parse_resend(line)) return *read;
    if (line == "start") return boot{true};
    if (line == "wait") return wait{};
    std::string_view body = line;
    take_prefix(body, "echo:");
    if (line.starts_with("Marlin ") || body.starts_with("Marlin ") || line.starts_with("Grbl "))
        return boot{};
    if (auto rest = body; take_prefix(rest, "busy:")) return busy{contains(rest, "paused")};
    if (auto read = parse_error(line)) return *read;
    if (auto read = parse_action(line)) return *read;
    if (auto read = parse_firmware(line)) return *read;
    if (auto read = parse_capability(line)) return *read;
    if (auto read = parse_geometry(line)) return *read;
    skip_spaces(body);
    if (body.starts_with("Unknown command")) return unknown_command{line};
    std::string_view data = line;
    const bool glued = take_glued_ok(data);
    if (const auto report = parse_temperatures(data); !report.empty()) return temperature{report, glued};
    if (auto at = parse_position(data)) return position{*at, glued};
    if (glued && line.starts_with("File deleted")) return ack{};
    return text{line};
}

std::size_t glued_ok(std::string_view line)
{
    const auto words = trimmed(line);
    const auto begin = static_cast<std::size_t>(words.data() - line.data());
    if (words.size() < 5) return 0;
    const bool report = words.starts_with("T:") || words.starts_with("T0:");
    if (!report && !words.starts_with("ok ") && !words.starts_with("echo:busy") &&
        !words.starts_with("busy:"))
        return 0;
    const auto at = words.find("ok", 3);
    if (at == std::string_view::npos || words[at - 1] == ' ') return 0;
    const bool ends = at + 2 == words.size();
    if (report ? ends || words[at + 2] != ' ' : !ends && words[at + 2] != ' ') return 0;
    return begin + at;
}

} // namespace layerline::printer::serial::reply
