// The members of each action, written and read.
#include "printer/serial/action_messages.hpp"

#include "printer/json_fields.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <cstdint>

namespace layerline::printer::serial {

using nlohmann::json;

namespace {

constexpr std::size_t max_heater = 32, max_parameters = 32, max_value = 256;

template <class... Each>
struct overloaded : Each... {
    using Each::operator()...;
};
template <class... Each>
overloaded(Each...) -> overloaded<Each...>;

std::string letters_of(const home_axes& home)
{
    return std::string(home.x ? "x" : "") + (home.y ? "y" : "") + (home.z ? "z" : "");
}

void put_feed(json& into, const std::optional<double>& feed)
{
    if (feed) into["feed_mm_min"] = *feed;
}

std::string needed_text(const json& from, const char* name, std::size_t most)
{
    auto text = text_field(from, name, most);
    if (!text || text->empty()) throw_field_error(name, "is missing");
    if (text->find('\0') != std::string::npos) throw_field_error(name, "holds a zero byte");
    return *std::move(text);
}

std::optional<double> finite(const json& from, const char* name)
{
    const auto value = number_field(from, name);
    if (value && !std::isfinite(*value)) throw_field_error(name, "is not finite");
    return value;
}

double needed_number(const json& from, const char* name)
{
    const auto value = finite(from, name);
    if (!value) throw_field_error(name, "is missing");
    return *value;
}

bool needed_flag(const json& from, const char* name)
{
    const auto value = bool_field(from, name);
    if (!value) throw_field_error(name, "is missing");
    return *value;
}

home_axes read_axes(const json& from)
{
    const auto axes = text_field(from, "axes", 3);
    if (!axes) return {};
    home_axes home{false, false, false};
    for (const char axis : *axes) {
        bool* const chosen = axis == 'x' ? &home.x : axis == 'y' ? &home.y : axis == 'z' ? &home.z : nullptr;
        if (!chosen || *chosen) throw_field_error("axes", "is not made of x, y and z, each at most once");
        *chosen = true;
    }
    if (axes->empty()) throw_field_error("axes", "is empty");
    return home;
}

move_axis read_move(const json& from)
{
    const auto axis = needed_text(from, "axis", 1);
    if (axis != "x" && axis != "y" && axis != "z") throw_field_error("axis", "is none of x, y and z");
    return {axis[0], needed_number(from, "distance_mm"), finite(from, "feed_mm_min")};
}

// Never refused for what stands beside it.
emergency_stop read_stop(const json& from)
{
    const auto flag = [&from](const char* name) {
        const auto at = from.find(name);
        return at != from.end() && at->is_boolean() && at->get<bool>();
    };
    emergency_stop stop{flag("break_waits"), flag("reset_board"), {}};
    const auto device = from.find("power_device");
    if (device != from.end() && device->is_string() &&
        device->get_ref<const std::string&>().size() <= max_action_name)
        stop.power_device = device->get<std::string>();
    return stop;
}

run_macro read_macro(const json& from)
{
    run_macro macro{needed_text(from, "name", max_action_name), {}};
    const json* given = find_field(from, "parameters");
    if (!given) return macro;
    if (!given->is_object() || given->size() > max_parameters)
        throw_field_error("parameters", "is not an object of at most 32 texts");
    for (const auto& [name, value] : given->items()) {
        if (!value.is_string() || name.size() > max_action_name ||
            value.get_ref<const std::string&>().size() > max_value)
            throw_field_error("parameters", "holds something that is not a short text");
        macro.parameters.emplace_back(name, value.get<std::string>());
    }
    return macro;
}

} // namespace

void put_action(json& message, const action& what)
{
    message["do"] = name_of(what);
    std::visit(overloaded{
                   [&](const start_job& start) {
                       message["path"] = start.path;
                       message["bed_clear"] = start.bed_clear;
                   },
                   [&](const pause_job& pause) { message["park"] = pause.park; },
                   [&](const emergency_stop& stop) {
                       if (stop.break_waits) message["break_waits"] = true;
                       if (stop.reset_board) message["reset_board"] = true;
                       if (!stop.power_device.empty()) message["power_device"] = stop.power_device;
                   },
                   [&](const home_axes& home) { message["axes"] = letters_of(home); },
                   [&](const set_temperature& set) {
                       message["heater"] = set.heater;
                       message["celsius"] = set.celsius;
                   },
                   [&](const move_axis& move) {
                       message["axis"] = std::string(1, move.axis);
                       message["distance_mm"] = move.distance_mm;
                       put_feed(message, move.feed_mm_min);
                   },
                   [&](const extrude_filament& extrude) {
                       message["tool"] = extrude.tool;
                       message["distance_mm"] = extrude.distance_mm;
                       put_feed(message, extrude.feed_mm_min);
                   },
                   [&](const set_fan& set) { message["share"] = set.share; },
                   [&](const set_speed& set) { message["factor"] = set.factor; },
                   [&](const set_flow& set) { message["factor"] = set.factor; },
                   [&](const babystep& step) { message["z_mm"] = step.z_mm; },
                   [&](const set_light& set) {
                       message["name"] = set.name;
                       message["on"] = set.on;
                   },
                   [&](const set_power& set) {
                       message["device"] = set.device;
                       message["on"] = set.on;
                   },
                   [&](const run_gcode& run) { message["text"] = run.text; },
                   [&](const run_macro& run) {
                       message["name"] = run.name;
                       message["parameters"] = json::object();
                       for (const auto& [name, value] : run.parameters)
                           message["parameters"][name] = value;
                   },
                   [&](const exclude_object& exclude) { message["name"] = exclude.name; },
                   [&](const answer_prompt& answer) { message["choice"] = answer.choice; },
                   [&](const list_card& list) { message["first"] = list.first; },
                   [](const auto&) {}, // nothing of their own
               },
               what);
}

std::string action_mark(const action& what)
{
    json message;
    put_action(message, what);
    constexpr std::uint64_t basis = 0xcbf29ce484222325U, prime = 0x100000001b3U; // FNV-1a, 64 bits
    std::uint64_t mark = basis;
    for (const char c : message.dump(-1, ' ', false, json::error_handler_t::replace))
        mark = (mark ^ static_cast<unsigned char>(c)) * prime;
    std::array<char, 16> digits{};
    for (auto& digit : digits) {
        digit = "0123456789abcdef"[mark >> 60U];
        mark <<= 4U;
    }
    return std::string(name_of(what)) + ' ' + std::string(digits.data(), digits.size());
}

std::optional<action> read_action(std::string_view name, const json& from)
{
    if (name == "start")
        return start_job{needed_text(from, "path", max_action_path),
                         bool_field(from, "bed_clear").value_or(false)};
    if (name == "pause") return pause_job{bool_field(from, "park").value_or(true)};
    if (name == "resume") return resume_job{};
    if (name == "cancel") return cancel_job{};
    if (name == "home") return read_axes(from);
    if (name == "set_temperature")
        return set_temperature{needed_text(from, "heater", max_heater), needed_number(from, "celsius")};
    if (name == "bed_clear") return confirm_bed_clear{};
    if (name == "emergency_stop") return read_stop(from);
    if (name == "move_axis") return read_move(from);
    if (name == "extrude")
        return extrude_filament{int_field(from, "tool").value_or(0), needed_number(from, "distance_mm"),
                                finite(from, "feed_mm_min")};
    if (name == "set_fan") return set_fan{needed_number(from, "share")};
    if (name == "set_speed") return set_speed{needed_number(from, "factor")};
    if (name == "set_flow") return set_flow{needed_number(from, "factor")};
    if (name == "babystep") return babystep{needed_number(from, "z_mm")};
    if (name == "release_motors") return release_motors{};
    if (name == "level_bed") return level_bed{};
    if (name == "set_light")
        return set_light{needed_text(from, "name", max_action_name), needed_flag(from, "on")};
    if (name == "set_power")
        return set_power{needed_text(from, "device", max_action_name), needed_flag(from, "on")};
    if (name == "run_gcode") return run_gcode{needed_text(from, "text", max_gcode_bytes)};
    if (name == "run_macro") return read_macro(from);
    if (name == "exclude_object") return exclude_object{needed_text(from, "name", max_action_name)};
    if (name == "answer_prompt") return answer_prompt{int_field(from, "choice").value_or(0)};
    if (name == "list_card") return list_card{count_field(from, "first").value_or(0)};
    return std::nullopt;
}

} // namespace layerline::printer::serial
