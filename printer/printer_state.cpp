// Names of the phases, and the state's wire form both ways.
#include "printer/printer_state.hpp"

#include "printer/json_fields.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace layerline::printer {

using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 11> phase_names{"offline",  "connecting", "idle",     "printing",
                                                       "pausing",  "paused",     "resuming", "cancelling",
                                                       "finished", "cancelled",  "error"};
static_assert(phase_names.size() == static_cast<std::size_t>(phase::error) + 1);

template <class T>
json or_null(const std::optional<T>& value)
{
    return value ? json(*value) : json(nullptr);
}

template <class T, class Read>
std::optional<T> object_field(const json& from, const char* name, Read read)
{
    const json* member = find_field(from, name);
    if (!member) return std::nullopt;
    if (!member->is_object()) throw_field_error(name, "is not an object");
    return read(*member);
}

template <class Each>
void each_of(const json& from, const char* name, Each each)
{
    const json* member = find_field(from, name);
    if (!member) return;
    if (!member->is_array()) throw_field_error(name, "is not an array");
    for (const json& element : *member)
        each(element);
}

std::string text_or_empty(const json& from, const char* name)
{
    return text_field(from, name).value_or(std::string());
}

std::vector<std::string> texts(const json& from, const char* name)
{
    std::vector<std::string> all;
    each_of(from, name, [&](const json& one) {
        if (!one.is_string()) throw_field_error(name, "holds something that is not a string");
        all.push_back(one.get<std::string>());
    });
    return all;
}

json to_value(const heater_state& heater)
{
    return {{"name", heater.name},
            {"actual_c", or_null(heater.actual_c)},
            {"target_c", or_null(heater.target_c)}};
}

heater_state read_heater(const json& from)
{
    return {text_or_empty(from, "name"), number_field(from, "actual_c"), number_field(from, "target_c")};
}

json to_value(const head_position& at)
{
    return {{"x_mm", or_null(at.x_mm)},
            {"y_mm", or_null(at.y_mm)},
            {"z_mm", or_null(at.z_mm)},
            {"e_mm", or_null(at.e_mm)}};
}

head_position read_position(const json& from)
{
    return {number_field(from, "x_mm"), number_field(from, "y_mm"), number_field(from, "z_mm"),
            number_field(from, "e_mm")};
}

json to_value(const job_state& job)
{
    return {{"id", job.id},
            {"path", job.path},
            {"size_bytes", or_null(job.size_bytes)},
            {"done_bytes", or_null(job.done_bytes)},
            {"progress", or_null(job.progress)},
            {"elapsed_s", or_null(job.elapsed_s)},
            {"left_s", or_null(job.left_s)},
            {"layer", or_null(job.layer)},
            {"layers", or_null(job.layers)},
            {"z_mm", or_null(job.z_mm)},
            {"lines_acknowledged", job.lines_acknowledged},
            {"resends", job.resends},
            {"underruns", job.underruns},
            {"ack_p50_ms", or_null(job.ack_p50_ms)},
            {"ack_p95_ms", or_null(job.ack_p95_ms)}};
}

job_state read_job(const json& from)
{
    job_state job;
    job.id = text_or_empty(from, "id");
    job.path = text_or_empty(from, "path");
    job.size_bytes = count_field(from, "size_bytes");
    job.done_bytes = count_field(from, "done_bytes");
    job.progress = number_field(from, "progress");
    job.elapsed_s = number_field(from, "elapsed_s");
    job.left_s = number_field(from, "left_s");
    job.layer = int_field(from, "layer");
    job.layers = int_field(from, "layers");
    job.z_mm = number_field(from, "z_mm");
    job.lines_acknowledged = count_field(from, "lines_acknowledged").value_or(0);
    job.resends = count_field(from, "resends").value_or(0);
    job.underruns = count_field(from, "underruns").value_or(0);
    job.ack_p50_ms = number_field(from, "ack_p50_ms");
    job.ack_p95_ms = number_field(from, "ack_p95_ms");
    return job;
}

json to_value(const attention& wants)
{
    return {{"kind", wants.kind}, {"text", wants.text}, {"buttons", wants.buttons}};
}

attention read_attention(const json& from)
{
    attention wants{text_or_empty(from, "kind"), text_or_empty(from, "text"), {}};
    wants.buttons = texts(from, "buttons");
    return wants;
}

json to_value(const light_state& light)
{
    return {{"name", light.name}, {"on", or_null(light.on)}};
}

json to_value(const print_object& object)
{
    return {{"name", object.name}, {"excluded", object.excluded}, {"current", object.current}};
}

template <class T>
json list_of(const std::vector<T>& all)
{
    json list = json::array();
    for (const auto& one : all)
        list.push_back(to_value(one));
    return list;
}

json to_value(const firmware_info& firmware)
{
    return {{"name", firmware.name},
            {"machine", firmware.machine},
            {"uuid", firmware.uuid},
            {"capabilities", firmware.capabilities}};
}

firmware_info read_firmware(const json& from)
{
    return {text_or_empty(from, "name"), text_or_empty(from, "machine"), text_or_empty(from, "uuid"),
            texts(from, "capabilities")};
}

json to_value(const port_state& port)
{
    return {{"device", port.device}, {"baud", port.baud}, {"found", port.found}};
}

port_state read_port(const json& from)
{
    constexpr std::uint64_t most_baud = 100'000'000;
    return {text_or_empty(from, "device"),
            static_cast<unsigned>(std::min(count_field(from, "baud").value_or(0), most_baud)),
            bool_field(from, "found").value_or(false)};
}

} // namespace

std::string_view name_of(phase p)
{
    const auto at = static_cast<std::size_t>(p);
    return at < phase_names.size() ? phase_names[at] : phase_names.back();
}

std::optional<phase> phase_named(std::string_view name)
{
    for (std::size_t at = 0; at < phase_names.size(); ++at)
        if (phase_names[at] == name) return static_cast<phase>(at);
    return std::nullopt;
}

void to_json(json& into, const printer_state& state)
{
    into = json{{"sequence", state.sequence},
                {"now", name_of(state.now)},
                {"reason", state.reason},
                {"away", state.away ? json(row_of(*state.away).name) : json(nullptr)},
                {"heaters", list_of(state.heaters)},
                {"position", to_value(state.position)},
                {"homed", state.homed},
                {"fan", or_null(state.fan)},
                {"speed_factor", or_null(state.speed_factor)},
                {"flow_factor", or_null(state.flow_factor)},
                {"z_offset_mm", or_null(state.z_offset_mm)},
                {"lights", list_of(state.lights)},
                {"objects", list_of(state.objects)},
                {"job", state.job ? to_value(*state.job) : json(nullptr)},
                {"firmware", state.firmware ? to_value(*state.firmware) : json(nullptr)},
                {"port", state.port ? to_value(*state.port) : json(nullptr)},
                {"wants", state.wants ? to_value(*state.wants) : json(nullptr)},
                {"no_crash_resume", state.no_crash_resume ? json(*state.no_crash_resume) : json(nullptr)},
                {"bed_clear", state.bed_clear},
                {"age_ms", or_null(state.age_ms)}};
}

void from_json(const json& from, printer_state& state)
{
    printer_state read;
    read.sequence = count_field(from, "sequence").value_or(0);
    if (const auto name = text_field(from, "now")) {
        const auto now = phase_named(*name);
        if (!now) throw_field_error("now", "is not a state that we know");
        read.now = *now;
    }
    read.reason = text_or_empty(from, "reason");
    if (const auto name = text_field(from, "away")) {
        // A name from a newer print host still means away.
        const auto* row = find_printer_error(*name);
        read.away = row ? row->code : printer_errc::host_failure;
    }
    each_of(from, "heaters", [&](const json& one) { read.heaters.push_back(read_heater(one)); });
    if (auto position = object_field<head_position>(from, "position", read_position))
        read.position = *position;
    read.homed = text_or_empty(from, "homed");
    read.fan = number_field(from, "fan");
    read.job = object_field<job_state>(from, "job", read_job);
    read.firmware = object_field<firmware_info>(from, "firmware", read_firmware);
    read.port = object_field<port_state>(from, "port", read_port);
    read.wants = object_field<attention>(from, "wants", read_attention);
    read.speed_factor = number_field(from, "speed_factor");
    read.flow_factor = number_field(from, "flow_factor");
    read.z_offset_mm = number_field(from, "z_offset_mm");
    each_of(from, "lights", [&](const json& one) {
        read.lights.push_back({text_or_empty(one, "name"), bool_field(one, "on")});
    });
    each_of(from, "objects", [&](const json& one) {
        read.objects.push_back({text_or_empty(one, "name"), bool_field(one, "excluded").value_or(false),
                                bool_field(one, "current").value_or(false)});
    });
    read.no_crash_resume = text_field(from, "no_crash_resume");
    read.bed_clear = bool_field(from, "bed_clear").value_or(false);
    read.age_ms = count_field(from, "age_ms");
    state = std::move(read);
}

} // namespace layerline::printer
