// Which objects of Klipper are followed, and what their fields mean.
#include "printer/moonraker/klipper_objects.hpp"

#include "printer/moonraker/rpc_messages.hpp"

#include <algorithm>
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
        {"toolhead", {"homed_axes"}},
        {"gcode_move", {"gcode_position"}},
        {"fan", {"speed"}},
        {"display_status", {"progress", "message"}},
        {"idle_timeout", {"state"}},
        {"pause_resume", {"is_paused"}},
        {"exclude_object", {"current_object", "excluded_objects"}},
    };
    return all;
}

// May stand in a G-code line without quotes.
bool is_plain_name(std::string_view name)
{
    return !name.empty() && name.size() <= longest_name && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
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

} // namespace

void klipper_objects::follow(const std::string& name, std::vector<std::string> fields)
{
    chosen_.insert_or_assign(name, std::move(fields));
}

void klipper_objects::choose(const json& names)
{
    forget();
    if (!names.is_array()) return;
    std::vector<followed_heater> tools, others;
    for (const auto& entry : names) {
        if (!entry.is_string()) continue;
        const auto name = entry.get<std::string>();
        for (const auto& plain : plain_objects())
            if (name == plain.name) follow(name, plain.fields);
        if (auto tool = tool_of(name); !tool.empty() && tools.size() < most_of_a_kind)
            tools.push_back({std::move(tool), name, name});
        else if (name == "heater_bed")
            others.insert(others.begin(), {"bed", name, name});
        else if (auto own = own_heater_of(name); is_plain_name(own) && others.size() < most_of_a_kind)
            others.push_back({own, name, own});
    }
    std::sort(tools.begin(), tools.end(), [](const auto& a, const auto& b) {
        return std::pair(a.ours.size(), a.ours) < std::pair(b.ours.size(), b.ours);
    });
    for (auto* list : {&tools, &others})
        for (auto& heater : *list) {
            // A heater of the owner's own that is called like one of ours, or like one before, cannot be told
            // apart from it.
            if (std::any_of(heaters_.begin(), heaters_.end(),
                            [&](const auto& known) { return known.ours == heater.ours; }))
                continue;
            follow(heater.object, {"temperature", "target"});
            heaters_.push_back(std::move(heater));
        }
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

void klipper_objects::describe(printer_state& state) const
{
    state.heaters.clear();
    for (const auto& heater : heaters_)
        state.heaters.push_back(
            {heater.ours, number(heater.object, "temperature"), number(heater.object, "target")});
    state.position = {element("gcode_move", "gcode_position", 0), element("gcode_move", "gcode_position", 1),
                      element("gcode_move", "gcode_position", 2), element("gcode_move", "gcode_position", 3)};
    state.homed.clear();
    const auto homed = text("toolhead", "homed_axes");
    for (const char axis : {'x', 'y', 'z'})
        if (homed.find(axis) != std::string::npos) state.homed += axis;
    state.fan = number("fan", "speed");
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
