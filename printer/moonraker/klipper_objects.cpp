// Which objects of Klipper are followed, and what their fields mean.
#include "printer/moonraker/klipper_objects.hpp"

#include "printer/moonraker/hand_gcode.hpp"
#include "printer/moonraker/host_lists.hpp"
#include "printer/moonraker/rpc_messages.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace layerline::printer::moonraker {

using nlohmann::json;

namespace {

constexpr std::size_t most_of_a_kind = 16;
constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_text = 4096;

struct plain_object {
    std::string_view name;
    std::vector<std::string> fields;
};

// toolhead.estimated_print_time and the like are left out: they change at every tick of an idle printer.
const std::vector<plain_object>& plain_objects()
{
    static const std::vector<plain_object> all{
        {"webhooks", {"state", "state_message"}},
        {"print_stats", {"filename", "total_duration", "print_duration", "state", "message", "info"}},
        {"virtual_sdcard", {"progress", "is_active", "file_position", "file_size"}},
        {"toolhead", {"homed_axes", "extruder"}},
        {"gcode_move", {"gcode_position", "speed_factor", "extrude_factor", "homing_origin"}},
        {"fan", {"speed"}},
        {"display_status", {"progress", "message"}},
        {"idle_timeout", {"state"}},
        {"pause_resume", {"is_paused"}},
        {"exclude_object", {"objects", "current_object", "excluded_objects"}},
        {"bed_mesh", {"profile_name"}},
    };
    return all;
}

// "tool0" of "extruder", "tool3" of "extruder3"; empty for anything else, extruder_stepper included.
std::string tool_of(std::string_view object)
{
    constexpr std::string_view first = "extruder";
    if (!object.starts_with(first)) return {};
    const auto number = object.substr(first.size());
    if (number.empty()) return "tool0";
    if (number.size() > 2 || number.front() == '0' ||
        number.find_first_not_of("0123456789") != std::string_view::npos)
        return {};
    return "tool" + std::string(number);
}

std::string own_heater_of(std::string_view object)
{
    constexpr std::string_view kind = "heater_generic ";
    return object.starts_with(kind) ? std::string(object.substr(kind.size())) : std::string();
}

bool is_filament_sensor(std::string_view object)
{
    return object.starts_with("filament_switch_sensor ") || object.starts_with("filament_motion_sensor ");
}

// A chain of LEDs, or a pin that its name calls a light.
bool is_light(std::string_view object)
{
    const auto space = object.find(' ');
    if (space == std::string_view::npos || !is_plain_name(object.substr(space + 1))) return false;
    constexpr std::array<std::string_view, 5> chains{"led", "neopixel", "dotstar", "pca9533", "pca9632"};
    const auto kind = object.substr(0, space);
    if (std::find(chains.begin(), chains.end(), kind) != chains.end()) return true;
    return kind == "output_pin" && called_a_light(object.substr(space + 1));
}

} // namespace

void klipper_objects::follow(const std::string& name, std::vector<std::string> fields)
{
    chosen_.insert_or_assign(name, std::move(fields));
}

void klipper_objects::choose(const json& names)
{
    auto known = std::move(kept_);
    forget();
    if (!names.is_array()) return;
    std::vector<followed_heater> tools, others;
    std::vector<std::string> sensors;
    for (const auto& entry : names) {
        if (!entry.is_string()) continue;
        const auto name = entry.get<std::string>();
        for (const auto& plain : plain_objects())
            if (name == plain.name) follow(name, plain.fields);
        if (auto tool = tool_of(name); !tool.empty() && tools.size() < most_of_a_kind)
            tools.push_back({std::move(tool), name, name});
        else if (name == "heater_bed")
            others.insert(others.begin(), {"bed", name, name});
        else if (is_filament_sensor(name) && sensors.size() < most_of_a_kind)
            sensors.push_back(name);
        else if (is_light(name) && lights_.size() < most_of_a_kind)
            lights_.push_back({name.substr(name.find(' ') + 1), name});
        else if (auto own = own_heater_of(name); is_plain_name(own) && others.size() < most_of_a_kind)
            others.push_back({own, name, own});
    }
    std::sort(tools.begin(), tools.end(), [](const auto& a, const auto& b) {
        return std::pair(a.ours.size(), a.ours) < std::pair(b.ours.size(), b.ours);
    });
    for (const auto& sensor : sensors)
        follow(sensor, {"filament_detected", "enabled"});
    for (const auto& light : lights_)
        follow(light.object, {light.object.starts_with("output_pin ") ? "value" : "color_data"});
    for (auto* list : {&tools, &others})
        for (auto& heater : *list) {
            // A heater of the owner's own that is called like one of ours, or like one before, cannot be told
            // apart from it.
            if (std::any_of(heaters_.begin(), heaters_.end(),
                            [&](const auto& other) { return other.ours == heater.ours; }))
                continue;
            if (list == &tools)
                follow(heater.object, {"temperature", "target", "can_extrude"});
            else
                follow(heater.object, {"temperature", "target"});
            heaters_.push_back(std::move(heater));
        }
    for (auto& [name, fields] : known)
        if (chosen_.contains(name)) kept_.emplace(name, std::move(fields));
}

json klipper_objects::wanted() const
{
    json objects = json::object();
    for (const auto& [name, fields] : chosen_)
        objects[name] = fields;
    return {{"objects", std::move(objects)}};
}

void klipper_objects::merge(const json& status)
{
    if (!status.is_object()) return;
    for (const auto& [name, fields] : chosen_) {
        const auto told = status.find(name);
        if (told == status.end() || !told->is_object()) continue;
        auto& object = kept_[name];
        for (const auto& wanted : fields)
            if (const auto value = told->find(wanted); value != told->end()) object[wanted] = *value;
    }
}

void klipper_objects::forget()
{
    chosen_.clear();
    kept_.clear();
    heaters_.clear();
    lights_.clear();
}

const json* klipper_objects::field(std::string_view object, std::string_view name) const
{
    const auto found = kept_.find(object);
    if (found == kept_.end()) return nullptr;
    const auto value = found->second.find(name);
    return value == found->second.end() || value->second.is_null() ? nullptr : &value->second;
}

std::optional<double> klipper_objects::number(std::string_view object, std::string_view name) const
{
    const auto* value = field(object, name);
    if (!value || !value->is_number()) return std::nullopt;
    const auto number = value->get<double>();
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::string klipper_objects::text(std::string_view object, std::string_view name) const
{
    const auto* value = field(object, name);
    if (!value || !value->is_string()) return {};
    return value->get_ref<const std::string&>().substr(0, longest_text);
}

std::optional<bool> klipper_objects::flag(std::string_view object, std::string_view name) const
{
    const auto* value = field(object, name);
    if (!value || !value->is_boolean()) return std::nullopt;
    return value->get<bool>();
}

std::optional<double> klipper_objects::element(std::string_view object, std::string_view name,
                                               std::size_t at) const
{
    const auto* list = field(object, name);
    if (!list || !list->is_array() || at >= list->size() || !(*list)[at].is_number()) return std::nullopt;
    const auto number = (*list)[at].get<double>();
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::string klipper_objects::heater_gcode_name(std::string_view ours) const
{
    for (const auto& heater : heaters_)
        if (heater.ours == ours) return heater.gcode_name;
    return {};
}

} // namespace layerline::printer::moonraker
