#include "agent/script_lines.hpp"

#include "gcode/line.hpp"
#include "printer/printer_action.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace layerline::agent {

namespace {

constexpr std::array<std::string_view, 8> variables{"file", "job_id",  "layer",       "layers",
                                                    "z_mm", "percent", "elapsed_min", "left_min"};
constexpr std::size_t longest_text = 64; // of a variable

std::string plain(std::string_view text)
{
    std::string out;
    for (const char c : text.substr(0, longest_text)) {
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          c == '.' || c == '-' || c == '_';
        out += good ? c : '_';
    }
    return out.empty() ? "-" : out;
}

std::string number(const std::optional<double>& value, double scale = 1)
{
    if (!value || !std::isfinite(*value)) return "-";
    std::array<char, 32> text{};
    const auto rounded = std::round(*value * scale * 100) / 100;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), rounded, std::chars_format::fixed);
    std::string out(text.data(), end.ec == std::errc{} ? end.ptr : text.data());
    if (const auto point = out.find('.'); point != std::string::npos && out.size() > point + 3)
        out.resize(point + 3);
    return out.empty() ? "-" : out;
}

std::string whole(const std::optional<double>& value, double scale)
{
    return value && std::isfinite(*value) ? std::to_string(std::llround(*value * scale)) : "-";
}

std::string value_of(std::string_view name, const printer::printer_state& state)
{
    static const printer::job_state none;
    const auto& job = state.job ? *state.job : none;
    if (name == "file") return plain(std::string_view(job.path).substr(job.path.rfind('/') + 1));
    if (name == "job_id") return plain(job.id);
    if (name == "layer") return job.layer ? std::to_string(*job.layer) : "-";
    if (name == "layers") return job.layers ? std::to_string(*job.layers) : "-";
    if (name == "z_mm") return number(job.z_mm);
    if (name == "percent") return whole(job.progress, 100);
    if (name == "elapsed_min") return whole(job.elapsed_s, 1.0 / 60);
    return whole(job.left_s, 1.0 / 60);
}

// Calls `name` for each variable and `text` for what is between them; false where a brace has no other end or
// an unknown name in it.
template <class Text, class Name>
bool take_apart(std::string_view line, Text text, Name name)
{
    while (!line.empty()) {
        const auto open = line.find('{');
        text(line.substr(0, open));
        if (open == std::string_view::npos) return true;
        const auto close = line.find('}', open);
        if (close == std::string_view::npos) return false;
        const auto inner = line.substr(open + 1, close - open - 1);
        if (std::find(variables.begin(), variables.end(), inner) == variables.end()) return false;
        name(inner);
        line.remove_prefix(close + 1);
    }
    return true;
}

// Stops, restarts, the card, the count of lines: a person's, never a script's.
bool is_forbidden(const gcode::parsed_line& line)
{
    if (line.letter != 'M') return false;
    constexpr std::array<int, 19> numbers{0,  1,  20, 21,  22,  23,  24,  25,  26, 28,
                                          29, 30, 32, 108, 110, 112, 410, 997, 999};
    return std::find(numbers.begin(), numbers.end(), line.number) != numbers.end();
}

} // namespace

const std::vector<std::string>& script_settings::lines_for(std::string_view event) const
{
    static const std::vector<std::string> none;
    if (event == "print_paused") return on_pause;
    if (event == "print_resumed") return on_resume;
    if (event == "print_cancelled") return on_cancel;
    if (event == "print_finished") return on_finish;
    return none;
}

std::string script_line_fault(std::string_view line)
{
    std::size_t length = 0;
    bool is_strange = line.empty();
    const bool good = take_apart(
        line,
        [&](std::string_view text) {
            length += text.size();
            is_strange = is_strange || std::any_of(text.begin(), text.end(), [](unsigned char c) {
                             return c < 0x20 || c >= 0x7f || c == ';' || c == '*' || c == '}';
                         });
        },
        [&](std::string_view) { length += longest_text; });
    if (!good)
        return "knows the variables {file}, {job_id}, {layer}, {layers}, {z_mm}, {percent}, {elapsed_min} "
               "and "
               "{left_min} only";
    if (is_strange) return "must have lines of one command each: plain characters without \";\" and \"*\"";
    // Which command it is must be known now, not when the variables are.
    if (line.front() == ' ' || line.substr(0, line.find(' ')).find('{') != std::string_view::npos)
        return "must have lines that begin with a command, and variables behind a space";
    if (length > printer::max_gcode_bytes)
        return "must have lines of at most 256 bytes, a text variable counting for 64";
    if (is_forbidden(gcode::parse_line(line)))
        return "must not stop or restart the printer, wait for a person, count lines or use the printer's "
               "card";
    return {};
}

void read_scripts(settings::settings_reader& reader, script_settings& into)
{
    const auto take = [&reader](const char* key, std::vector<std::string>& lines) {
        reader.list(key, [&lines](const std::vector<std::string>& given) -> std::string {
            if (given.size() > max_script_lines) return "must be at most 16 lines";
            for (const auto& line : given)
                if (auto fault = script_line_fault(line); !fault.empty()) return fault;
            lines = given;
            return {};
        });
    };
    take("scripts.on_pause", into.on_pause);
    take("scripts.on_resume", into.on_resume);
    take("scripts.on_cancel", into.on_cancel);
    take("scripts.on_finish", into.on_finish);
}

std::string filled_line(std::string_view line, const printer::printer_state& state)
{
    std::string out;
    (void)take_apart(
        line, [&](std::string_view text) { out += text; },
        [&](std::string_view name) { out += value_of(name, state); });
    return out;
}

} // namespace layerline::agent
