// Temperatures as firmware writes them.
#include "printer/serial/temperature_report.hpp"

#include "printer/serial/field_scanner.hpp"

namespace layerline::printer::serial {

namespace {

using reading = temperature_report::reading;

constexpr double coldest = -300, hottest = 2000; // outside of it is noise, not a temperature

std::optional<double> plausible(std::optional<double> celsius)
{
    return celsius && *celsius >= coldest && *celsius <= hottest ? celsius : std::nullopt;
}

std::optional<std::size_t> number_after(std::string_view key, std::string_view name)
{
    if (!key.starts_with(name)) return std::nullopt;
    key.remove_prefix(name.size());
    const auto number = take_count(key);
    if (!number || !key.empty() || *number >= temperature_report::most_tools) return std::nullopt;
    return static_cast<std::size_t>(*number);
}

// "20.1", "20.1 /0.0", "20.1/0", "20.1 / 0"
reading take_reading(std::string_view& text)
{
    skip_spaces(text);
    reading read;
    const auto actual = take_number(text);
    if (!actual) return read;
    read.actual_c = plausible(actual);
    auto rest = text;
    skip_spaces(rest);
    if (rest.empty() || rest.front() != '/') return read;
    rest.remove_prefix(1);
    skip_spaces(rest);
    if (const auto target = take_number(rest)) {
        read.target_c = plausible(target);
        text = rest;
    }
    return read;
}

void set_first(std::optional<reading>& slot, const reading& value)
{
    if (!slot) slot = value;
}

// The targets that one firmware family tells apart from the readings.
bool take_target(temperature_report& report, std::string_view key, std::string_view& text)
{
    const auto tool = number_after(key, "TargetExtr");
    if (!tool && key != "TargetBed") return false;
    skip_spaces(text);
    const auto target = plausible(take_number(text));
    if (!target) return true;
    auto& slot = tool ? report.tools[*tool] : report.bed;
    if (!slot) slot.emplace();
    if (!slot->target_c) slot->target_c = target;
    return true;
}

} // namespace

temperature_report parse_temperatures(std::string_view text)
{
    temperature_report report;
    bool first = true;
    for (skip_spaces(text); !text.empty(); skip_spaces(text)) {
        const auto key = take_key(text);
        if (key.empty()) {
            if (first) return {};
            skip_word(text);
            continue;
        }
        if (take_target(report, key, text)) {
            first = false;
            continue;
        }
        const auto tool = number_after(key, "T");
        const bool heater = tool || key == "T" || key == "B" || key == "C";
        if (!heater) {
            if (first) return {};
            if (key == "W") report.waiting = true;
            if (key == "E" && !text.empty() && text.front() >= '0' && text.front() <= '9')
                report.waiting = true;
            skip_word(text);
            continue;
        }
        const reading read = take_reading(text);
        const bool told = read.actual_c || read.target_c;
        // A line that begins with a lone B: or C: may be anything; with a target it is a heater.
        if (first && (!told || (!tool && key != "T" && !read.target_c))) return {};
        first = false;
        if (!told) continue;
        if (tool)
            set_first(report.tools[*tool], read);
        else
            set_first(key == "T" ? report.active : key == "B" ? report.bed : report.chamber, read);
    }
    return report;
}

std::vector<heater_state> temperature_report::heaters(int active_tool) const
{
    std::vector<heater_state> all;
    heaters(active_tool, all);
    return all;
}

void temperature_report::heaters(int active_tool, std::vector<heater_state>& all) const
{
    auto by_number = tools;
    if (active) {
        const auto number = static_cast<std::size_t>(active_tool);
        if (has_tools() && !tools[0] && tools[1])
            by_number[0] = active;
        else if (number < most_tools)
            set_first(by_number[number], *active);
    }
    all.clear();
    for (std::size_t number = 0; number < most_tools; ++number)
        if (const auto& read = by_number[number])
            all.push_back({"tool" + std::to_string(number), read->actual_c, read->target_c});
    if (bed) all.push_back({"bed", bed->actual_c, bed->target_c});
    if (chamber) all.push_back({"chamber", chamber->actual_c, chamber->target_c});
}

} // namespace layerline::printer::serial
