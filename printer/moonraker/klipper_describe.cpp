// What the fields of Klipper's objects say about the printer and its print.
#include "printer/moonraker/klipper_objects.hpp"
#include "printer/moonraker/lenient_json.hpp"
#include "printer/moonraker/rpc_messages.hpp"

#include <algorithm>
#include <limits>

namespace layerline::printer::moonraker {

using nlohmann::json;

namespace {

constexpr std::size_t longest_name = 128, most_print_objects = 256;

} // namespace

std::string klipper_objects::empty_sensor() const
{
    for (const auto& [name, fields] : kept_)
        if (name.starts_with("filament_") && flag(name, "enabled").value_or(false) &&
            !flag(name, "filament_detected").value_or(true))
            return plain_words(std::string_view(name).substr(name.find(' ') + 1), longest_name);
    return {};
}

head_position klipper_objects::head() const
{
    return {element("gcode_move", "gcode_position", 0), element("gcode_move", "gcode_position", 1),
            element("gcode_move", "gcode_position", 2), element("gcode_move", "gcode_position", 3)};
}

void klipper_objects::describe(printer_state& state) const
{
    state.heaters.clear();
    for (const auto& heater : heaters_)
        state.heaters.push_back(
            {heater.ours, number(heater.object, "temperature"), number(heater.object, "target")});
    state.position = head();
    state.homed.clear();
    const auto homed = text("toolhead", "homed_axes");
    for (const char axis : {'x', 'y', 'z'})
        if (homed.find(axis) != std::string::npos) state.homed += axis;
    state.fan = number("fan", "speed");
    state.speed_factor = number("gcode_move", "speed_factor");
    state.flow_factor = number("gcode_move", "extrude_factor");
    state.z_offset_mm = element("gcode_move", "homing_origin", 2);
    state.lights.clear();
    for (const auto& light : lights_)
        state.lights.push_back({light.name, is_lit(light.object)});
    state.objects = print_objects();
}

std::optional<bool> klipper_objects::is_lit(std::string_view object) const
{
    if (const auto value = number(object, "value")) return *value > 0;
    const auto* chain = field(object, "color_data");
    if (!chain || !chain->is_array()) return std::nullopt;
    for (const auto& one : *chain)
        if (one.is_array())
            for (const auto& part : one)
                if (part.is_number() && part.get<double>() > 0) return true;
    return false;
}

std::vector<print_object> klipper_objects::print_objects() const
{
    std::vector<print_object> all;
    const auto* objects = field("exclude_object", "objects");
    if (!objects || !objects->is_array()) return all;
    const auto* excluded = field("exclude_object", "excluded_objects");
    const auto current = text("exclude_object", "current_object");
    for (const auto& one : *objects) {
        if (all.size() == most_print_objects) break;
        const auto name = text_in(one, "name");
        // What cannot be told as it is cannot be asked for either.
        if (name.empty() || plain_words(name, longest_name) != name) continue;
        const bool out = excluded && excluded->is_array() &&
                         std::find(excluded->begin(), excluded->end(), json(name)) != excluded->end();
        all.push_back({name, out, name == current});
    }
    return all;
}

std::string klipper_objects::light_object(std::string_view name) const
{
    for (const auto& light : lights_)
        if (light.name == name) return light.object;
    return {};
}

void klipper_objects::describe(job_state& job) const
{
    const auto bytes = [](std::optional<double> value) -> std::optional<std::uint64_t> {
        // 2^53: what a JSON number holds exactly.
        if (!value || *value < 0 || *value > 9007199254740992.0) return std::nullopt;
        return static_cast<std::uint64_t>(*value);
    };
    const auto size = bytes(number("virtual_sdcard", "file_size"));
    // With no file loaded both are 0: the figures of a print that is over are kept as they were.
    if (size && *size > 0) {
        job.size_bytes = size;
        job.done_bytes = bytes(number("virtual_sdcard", "file_position"));
    }
    // Follows M73 where the file has it, and repeats virtual_sdcard otherwise.
    auto progress = number("display_status", "progress");
    if (!progress) progress = number("virtual_sdcard", "progress");
    if (progress) job.progress = std::clamp(*progress, 0.0, 1.0);
    // 0 until the first extrusion; pauses are left out.
    job.elapsed_s = number("print_stats", "print_duration");
    const auto* info = field("print_stats", "info");
    const auto layer = [&](const char* name) -> std::optional<int> {
        if (!info || !info->is_object()) return std::nullopt;
        const auto at = info->find(name);
        if (at == info->end() || !at->is_number()) return std::nullopt;
        const auto value = at->get<double>();
        if (!(value >= 0) || value > std::numeric_limits<int>::max()) return std::nullopt;
        return static_cast<int>(value);
    };
    job.layer = layer("current_layer");
    job.layers = layer("total_layer");
    job.z_mm = element("gcode_move", "gcode_position", 2);
}

} // namespace layerline::printer::moonraker
