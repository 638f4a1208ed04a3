#include "printer/moonraker/hand_gcode.hpp"

#include "gcode/line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>

namespace layerline::printer::moonraker {

namespace {

// Klipper keeps states by name; ours is nobody else's.
constexpr std::string_view save = "SAVE_GCODE_STATE NAME=layerline_hand\n";
constexpr std::string_view restore = "RESTORE_GCODE_STATE NAME=layerline_hand";

printer_failure over(std::string what)
{
    return {printer_errc::out_of_range, std::move(what)};
}

std::string upper(std::string_view text)
{
    std::string all(text);
    std::transform(all.begin(), all.end(), all.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return all;
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& all)
{
    return std::find(all.begin(), all.end(), word) != all.end();
}

struct refused_word {
    std::string_view word, instead;
};
constexpr std::string_view starts = "A print begins with the command start, behind its bed-clear gate.";
constexpr std::string_view jobs = "Use the commands pause, resume and cancel.";
constexpr std::array refused_words{
    refused_word{"SDCARD_PRINT_FILE", starts},
    refused_word{"M23", starts},
    refused_word{"M24", starts},
    refused_word{"M26", starts},
    refused_word{"M25", jobs},
    refused_word{"PAUSE", jobs},
    refused_word{"RESUME", jobs},
    refused_word{"CANCEL_PRINT", jobs},
    refused_word{"CLEAR_PAUSE", jobs},
    refused_word{"M112", "Use emergency-stop, which waits for nothing."},
    refused_word{"SET_HEATER_TEMPERATURE", "Use set-temp, which knows the owner's limits."},
};
// While a job is under way only these, and M codes that leave its modes alone.
constexpr std::array<std::string_view, 13> harmless_words{"STATUS",
                                                          "HELP",
                                                          "GET_POSITION",
                                                          "QUERY_ENDSTOPS",
                                                          "QUERY_PROBE",
                                                          "QUERY_FILAMENT_SENSOR",
                                                          "RESPOND",
                                                          "SET_LED",
                                                          "SET_PIN",
                                                          "SET_FAN_SPEED",
                                                          "SET_PRESSURE_ADVANCE",
                                                          "SET_VELOCITY_LIMIT",
                                                          "TUNING_TOWER"};
constexpr std::array upsetting_codes{0, 1, 17, 18, 82, 83, 84, 206, 211, 290, 428, 600, 701, 702};

// As Klipper itself reads it: the first run of letters and underscores with what follows up to the next, a
// line's number left out. "PAUSE*3" is PAUSE to it.
std::string command_in(std::string_view line)
{
    const auto text = upper(line.substr(0, line.find(';')));
    const auto is_name = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; };
    std::size_t at = 0;
    const auto part = [&] { // one name or '*', and what is between it and the next
        const auto begin = at;
        if (at < text.size() && text[at] == '*')
            ++at;
        else
            while (at < text.size() && is_name(text[at]))
                ++at;
        while (at < text.size() && !is_name(text[at]) && text[at] != '*')
            ++at;
        return text.substr(begin, at - begin);
    };
    while (at < text.size() && text[at] == ' ')
        ++at;
    auto command = part();
    if (command.starts_with('N') && (command.size() == 1 || !is_name(command[1])) && at < text.size())
        command = part();
    while (!command.empty() && command.back() == ' ')
        command.pop_back();
    return command;
}

// A character that Klipper would read as something else within quotes.
bool is_strange(char c)
{
    return c < 0x20 || c == 0x7f || std::string_view("\"'\\;#*{}").find(c) != std::string_view::npos;
}

std::optional<printer_failure> too_hot(const gcode::parsed_line& line, const heat_limits& limits)
{
    if (line.letter != 'M') return std::nullopt;
    const bool tool = line.number == 104 || line.number == 109;
    const bool bed = line.number == 140 || line.number == 190;
    const bool chamber = line.number == 141 || line.number == 191;
    if (!tool && !bed && !chamber) return std::nullopt;
    const double most = tool ? limits.tool_c : bed ? limits.bed_c : limits.chamber_c;
    for (const char letter : {'S', 'R'})
        if (const auto asked = line.value(letter); asked && !(*asked <= most))
            return over("At most " + gcode_number(most) + " C may be asked for from afar.");
    return std::nullopt;
}

} // namespace

std::string gcode_number(double value)
{
    std::array<char, 32> text{};
    const auto [end, fault] =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, 4);
    if (fault != std::errc{}) return "0";
    std::string all(text.data(), end);
    while (all.back() == '0')
        all.pop_back();
    if (all.back() == '.') all.pop_back();
    return all == "-0" ? "0" : all;
}

std::string move_script(const move_axis& what)
{
    const char axis = static_cast<char>(what.axis - 'a' + 'A');
    const double feed = what.feed_mm_min.value_or(what.axis == 'z' ? default_z_feed : default_xy_feed);
    return std::string(save) + "M220 S100\nG91\nG1 " + axis + gcode_number(what.distance_mm) + " F" +
           gcode_number(feed) + "\n" + std::string(restore);
}

std::string extrude_script(const extrude_filament& what)
{
    return std::string(save) + "M83\nG1 E" + gcode_number(what.distance_mm) + " F" +
           gcode_number(what.feed_mm_min.value_or(default_extrude_feed)) + "\n" + std::string(restore);
}

std::string restore_script()
{
    return std::string(restore);
}

std::string fan_script(double share)
{
    return share <= 0 ? "M107" : "M106 S" + std::to_string(std::lround(share * 255));
}

std::string speed_script(double factor)
{
    return "M220 S" + gcode_number(factor * 100);
}

std::string flow_script(double factor)
{
    return "M221 S" + gcode_number(factor * 100);
}

std::string babystep_script(double z_mm, bool homed)
{
    return "SET_GCODE_OFFSET Z_ADJUST=" + gcode_number(z_mm) + (homed ? " MOVE=1" : " MOVE=0");
}

std::string light_script(std::string_view object, bool on)
{
    const std::string name(object.substr(object.find(' ') + 1));
    const std::string value = on ? "1" : "0";
    if (object.starts_with("output_pin ")) return "SET_PIN PIN=" + name + " VALUE=" + value;
    return "SET_LED LED=" + name + " RED=" + value + " GREEN=" + value + " BLUE=" + value + " WHITE=" + value;
}

printer_result<std::string> exclude_script(std::string_view name)
{
    if (name.empty() || name.size() > 128 || std::any_of(name.begin(), name.end(), is_strange))
        return over("An object of that name cannot be named to Klipper.");
    return "EXCLUDE_OBJECT NAME=\"" + std::string(name) + '"';
}

bool is_plain_name(std::string_view name)
{
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
}

printer_result<std::string> macro_script(const run_macro& what)
{
    const auto name_fault = [](std::string_view name) { return !is_plain_name(name) || name.front() == '-'; };
    if (name_fault(what.name)) return over("That is no name of a macro.");
    std::string line = upper(what.name);
    for (const auto& [name, value] : what.parameters) {
        if (name_fault(name)) return over("A parameter's name is made of letters, digits and underscores.");
        const bool strange = std::any_of(value.begin(), value.end(), is_strange);
        if (strange)
            return over("The value of " + upper(name) +
                        " holds a character that Klipper would read as something else: quotes, backslashes, "
                        "; # * { } and what is not ASCII cannot be given.");
        line += ' ' + upper(name) + "=\"" + value + '"';
    }
    if (line.size() > max_gcode_bytes) return over("The macro's call is longer than 256 bytes.");
    return line;
}

printer_result<std::string> console_script(std::string_view text, bool job_under_way,
                                           const heat_limits& limits)
{
    if (text.size() > max_gcode_bytes) return over("A console line is at most 256 bytes.");
    // Klipper makes some letters of other alphabets plain ones when it reads.
    if (std::any_of(text.begin(), text.end(), [](char c) { return c < 0x20 || c >= 0x7f; }))
        return over("A console line is one line of ASCII, without control characters.");
    const auto line = gcode::parse_line(text);
    const auto word = command_in(line.code);
    if (word.empty()) return over("There is no command in this line.");
    for (const auto& row : refused_words)
        if (word == row.word) return printer_failure{printer_errc::unsupported, std::string(row.instead)};
    if (job_under_way) {
        const bool harmless =
            is_one_of(word, harmless_words) ||
            (word.front() == 'M' && line.letter == 'M' && line.number >= 0 &&
             std::find(upsetting_codes.begin(), upsetting_codes.end(), line.number) == upsetting_codes.end());
        if (!harmless)
            return printer_failure{printer_errc::wrong_state,
                                   "It may move, change modes that the print under way relies on, or restart "
                                   "Klipper: pause and use the commands for moving, or wait for its end."};
    }
    if (auto why = too_hot(line, limits)) return std::move(*why);
    return std::string(line.code);
}

bool begins_a_print(std::string_view line)
{
    const auto word = command_in(line);
    return std::any_of(refused_words.begin(), refused_words.end(),
                       [&](const refused_word& row) { return row.instead == starts && row.word == word; });
}

bool begins_with_motion(std::string_view line)
{
    const auto parsed = gcode::parse_line(line);
    return (parsed.letter == 'G' || parsed.letter == 'T') && parsed.number >= 0;
}

bool homes_z(std::string_view line)
{
    const auto parsed = gcode::parse_line(line);
    return parsed.is('G', 28) && (parsed.word_count == 0 || parsed.find('Z') != nullptr);
}

} // namespace layerline::printer::moonraker
