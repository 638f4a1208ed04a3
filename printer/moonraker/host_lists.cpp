#include "printer/moonraker/host_lists.hpp"

#include "printer/moonraker/lenient_json.hpp"
#include "printer/moonraker/rpc_messages.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace layerline::printer::moonraker {

using nlohmann::json;

namespace {

constexpr std::size_t longest_word = 100, longest_url = 1024, longest_path = 1024;
constexpr std::size_t longest_description = 400, longest_macro = 64UL * 1024;
constexpr std::size_t most_parameters = 32, most_mesh_points = 128;
constexpr std::string_view gcode_macro = "gcode_macro ";

std::optional<double> positive_in(const json& object, const char* name)
{
    const auto number = number_in(object, name);
    return number && *number >= 0 ? number : std::nullopt;
}

bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string upper(std::string_view text)
{
    std::string all(text);
    std::transform(all.begin(), all.end(), all.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return all;
}

std::string_view word_at(std::string_view text, std::size_t at)
{
    auto end = at;
    while (end < text.size() && is_word(text[end]))
        ++end;
    return text.substr(at, end - at);
}

// What stands in "|default(…)" right after a parameter, without its quotes; empty if that is not there.
std::string standard_after(std::string_view text, std::size_t at)
{
    const auto skip = [&] {
        while (at < text.size() && text[at] == ' ')
            ++at;
    };
    skip();
    if (at >= text.size() || text[at] != '|') return {};
    ++at;
    skip();
    constexpr std::string_view word = "default";
    if (text.substr(at, word.size()) != word) return {};
    at += word.size();
    skip();
    if (at >= text.size() || text[at] != '(') return {};
    ++at;
    const auto end = text.find_first_of(",)\n", at);
    if (end == std::string_view::npos) return {};
    auto value = plain_words(text.substr(at, end - at), longest_word);
    const bool in_quotes =
        value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
    return in_quotes ? value.substr(1, value.size() - 2) : value;
}

std::optional<double> element(const json& list, std::size_t at)
{
    if (!list.is_array() || at >= list.size() || !list[at].is_number()) return std::nullopt;
    const auto number = list[at].get<double>();
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

} // namespace

bool called_a_light(std::string_view name)
{
    const auto all = upper(name);
    constexpr std::array<std::string_view, 3> words{"LIGHT", "LAMP", "LED"};
    return std::any_of(words.begin(), words.end(),
                       [&all](std::string_view word) { return all.find(word) != std::string::npos; });
}

std::string job_id_of(const json& job)
{
    const auto& id = member(job, "job_id");
    if (!id.is_string()) return {};
    const auto& text = id.get_ref<const std::string&>();
    const bool good = !text.empty() && text.size() <= 32 &&
                      std::all_of(text.begin(), text.end(), [](char c) { return is_word(c) && c != '_'; });
    return good ? "m-" + text : std::string();
}

std::string history_id_of(std::string_view ours)
{
    if (!ours.starts_with("m-") || ours.size() > 34) return {};
    const auto id = ours.substr(2);
    const bool good =
        !id.empty() && std::all_of(id.begin(), id.end(), [](char c) { return is_word(c) && c != '_'; });
    return good ? std::string(id) : std::string();
}

std::optional<past_job> read_past_job(const json& job)
{
    past_job one;
    one.id = job_id_of(job);
    if (one.id.empty()) return std::nullopt;
    one.path = "gcode/" + words_in(job, "filename", longest_path);
    one.status = words_in(job, "status", longest_word);
    one.file_exists = flag_in(job, "exists", false);
    one.started_unix = positive_in(job, "start_time");
    one.ended_unix = positive_in(job, "end_time");
    one.print_s = positive_in(job, "print_duration");
    one.total_s = positive_in(job, "total_duration");
    one.filament_mm = positive_in(job, "filament_used");
    return one;
}

job_page read_history(const json& result)
{
    job_page page;
    const auto& jobs = member(result, "jobs");
    if (jobs.is_array())
        for (const auto& job : jobs) {
            if (page.jobs.size() == most_jobs) break;
            if (auto one = read_past_job(job)) page.jobs.push_back(std::move(*one));
        }
    const auto total = number_in(result, "count").value_or(0);
    page.total = std::max<std::uint64_t>(page.jobs.size(),
                                         total > 0 && total < 1e9 ? static_cast<std::uint64_t>(total) : 0);
    return page;
}

std::vector<webcam> read_webcams(const json& result)
{
    std::vector<webcam> all;
    const auto& list = member(result, "webcams");
    if (!list.is_array()) return all;
    for (const auto& entry : list) {
        if (all.size() == most_webcams) break;
        webcam one;
        one.uid = words_in(entry, "uid", longest_word);
        one.name = words_in(entry, "name", longest_word);
        one.location = words_in(entry, "location", longest_word);
        one.service = words_in(entry, "service", longest_word);
        one.stream_url = words_in(entry, "stream_url", longest_url);
        one.snapshot_url = words_in(entry, "snapshot_url", longest_url);
        one.aspect_ratio = words_in(entry, "aspect_ratio", 16);
        one.enabled = flag_in(entry, "enabled", true);
        one.flip_horizontal = flag_in(entry, "flip_horizontal", false);
        one.flip_vertical = flag_in(entry, "flip_vertical", false);
        const auto turned = number_in(entry, "rotation").value_or(0);
        for (const int degrees : {90, 180, 270})
            if (turned == degrees) one.rotation_degrees = degrees;
        if (const auto fps = number_in(entry, "target_fps"); fps && *fps >= 1 && *fps <= 240)
            one.target_fps = static_cast<int>(*fps);
        if (!one.name.empty() && !(one.stream_url.empty() && one.snapshot_url.empty()))
            all.push_back(std::move(one));
    }
    return all;
}

std::optional<power_device> read_power_device(const json& device)
{
    power_device one;
    // Its name is what it is switched by: one that cannot be told as it is is none.
    const auto& name = member(device, "device");
    if (!name.is_string() || name.get_ref<const std::string&>().empty() ||
        plain_words(name.get_ref<const std::string&>(), longest_word) != name.get_ref<const std::string&>())
        return std::nullopt;
    one.name = name.get<std::string>();
    one.kind = words_in(device, "type", longest_word);
    one.status = words_in(device, "status", longest_word);
    if (one.status == "on" || one.status == "off") one.on = one.status == "on";
    one.locked_while_printing = flag_in(device, "locked_while_printing", false);
    return one;
}

std::vector<power_device> read_power_devices(const json& result)
{
    std::vector<power_device> all;
    const auto& list = member(result, "devices");
    if (!list.is_array()) return all;
    for (const auto& entry : list)
        take_power_change(entry, all);
    return all;
}

void take_power_change(const json& device, std::vector<power_device>& all)
{
    auto one = read_power_device(device);
    if (!one) return;
    const auto known =
        std::find_if(all.begin(), all.end(), [&](const auto& other) { return other.name == one->name; });
    if (known != all.end())
        *known = std::move(*one);
    else if (all.size() < most_power_devices)
        all.push_back(std::move(*one));
}

std::vector<macro_parameter> parameters_in(std::string_view gcode)
{
    gcode = gcode.substr(0, longest_macro);
    std::vector<macro_parameter> all;
    constexpr std::string_view word = "params";
    for (auto at = gcode.find(word); at != std::string_view::npos; at = gcode.find(word, at)) {
        const bool part_of_another = at > 0 && (is_word(gcode[at - 1]) || gcode[at - 1] == '.');
        at += word.size();
        if (part_of_another || at >= gcode.size()) continue;
        std::string_view name;
        std::size_t after = at;
        if (gcode[at] == '.') {
            name = word_at(gcode, at + 1);
            after = at + 1 + name.size();
        } else if (gcode[at] == '[' && at + 1 < gcode.size() &&
                   (gcode[at + 1] == '\'' || gcode[at + 1] == '"')) {
            name = word_at(gcode, at + 2);
            after = at + 2 + name.size();
            if (gcode.substr(after, 2) != std::string{gcode[at + 1], ']'}) continue;
            after += 2;
        }
        if (name.empty() || name.size() > longest_word) continue;
        auto known = std::find_if(all.begin(), all.end(),
                                  [name = upper(name)](const auto& one) { return one.name == name; });
        if (known == all.end()) {
            if (all.size() == most_parameters) break;
            known = all.insert(all.end(), {upper(name), {}});
        }
        if (known->standard.empty()) known->standard = standard_after(gcode, after);
    }
    return all;
}

std::vector<macro_info> read_macros(const json& settings)
{
    std::vector<macro_info> all;
    if (!settings.is_object()) return all;
    for (const auto& [section, values] : settings.items()) {
        if (!std::string_view(section).starts_with(gcode_macro) || all.size() == most_macros) continue;
        const auto name = std::string_view(section).substr(gcode_macro.size());
        const bool plain =
            !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), is_word);
        if (!plain || name.front() == '_' || member(values, "rename_existing").is_string()) continue;
        macro_info one;
        one.name = upper(name);
        one.description = words_in(values, "description", longest_description);
        if (one.description == "G-Code macro") one.description.clear(); // Klipper's word where there is none
        if (const auto& gcode = member(values, "gcode"); gcode.is_string())
            one.parameters = parameters_in(gcode.get_ref<const std::string&>());
        all.push_back(std::move(one));
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return all;
}

printer_result<bed_mesh> read_mesh(const json& object)
{
    bed_mesh mesh;
    mesh.profile = words_in(object, "profile_name", longest_word);
    const auto& low = member(object, "mesh_min");
    const auto& high = member(object, "mesh_max");
    mesh.min_x_mm = element(low, 0).value_or(0);
    mesh.min_y_mm = element(low, 1).value_or(0);
    mesh.max_x_mm = element(high, 0).value_or(0);
    mesh.max_y_mm = element(high, 1).value_or(0);
    const auto& rows = member(object, "probed_matrix");
    if (rows.is_array())
        for (const auto& row : rows) {
            if (mesh.heights_mm.size() == most_mesh_points || !row.is_array() || row.empty()) break;
            std::vector<double> heights;
            for (std::size_t at = 0; at < std::min(row.size(), most_mesh_points); ++at)
                heights.push_back(element(row, at).value_or(0));
            mesh.heights_mm.push_back(std::move(heights));
        }
    if (mesh.heights_mm.empty())
        return printer_failure{printer_errc::no_such_file, "No mesh of the bed is loaded."};
    return mesh;
}

} // namespace layerline::printer::moonraker
