// Facts of cameras to JSON, and the choice among them.
#include "commands/webcam_result.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace layerline::commands {

using nlohmann::json;

namespace {

json url_or_null(const std::string& url)
{
    return url.empty() ? json(nullptr) : json(url);
}

json item(const camera_facts& one, bool with_urls)
{
    json all{{"Name", one.name},
             {"FlipH", one.flip_h},
             {"FlipV", one.flip_v},
             {"Rotation", one.rotation},
             {"Enabled", one.enabled}};
    if (with_urls) {
        all["SnapshotUrl"] = url_or_null(one.snapshot_url);
        all["StreamUrl"] = url_or_null(one.stream_url);
    }
    return all;
}

// An item of item()'s shape, all of it.
outcome<camera_facts> read_item(const json& given, const std::string& place)
{
    camera_facts read;
    std::string fault;
    const auto take = [&](const char* name, auto is_right, const char* what, auto use) {
        if (!fault.empty()) return;
        const auto field = given.find(name);
        if (field == given.end())
            fault = place + " needs " + name + ".";
        else if (!is_right(*field))
            fault = place + "." + name + " must be " + what + ".";
        else
            use(*field);
    };
    const auto text = [&](const char* name, std::string& into) {
        const auto is_text = [](const json& j) { return j.is_string() || j.is_null(); };
        take(name, is_text, "text",
             [&into](const json& j) { into = j.is_null() ? "" : j.get<std::string>(); });
    };
    const auto flag = [&](const char* name, bool& into) {
        const auto is_flag = [](const json& j) { return j.is_boolean(); };
        take(name, is_flag, "true or false", [&into](const json& j) { into = j.get<bool>(); });
    };
    text("Name", read.name);
    flag("FlipH", read.flip_h);
    flag("FlipV", read.flip_v);
    const auto is_turn = [](const json& j) { return j == 0 || j == 90 || j == 180 || j == 270; };
    take("Rotation", is_turn, "0, 90, 180 or 270", [&read](const json& j) { read.rotation = j.get<int>(); });
    flag("Enabled", read.enabled);
    text("SnapshotUrl", read.snapshot_url);
    text("StreamUrl", read.stream_url);
    if (fault.empty() && read.name.empty()) fault = place + ".Name must not be empty.";
    if (fault.empty() && read.snapshot_url.empty() && read.stream_url.empty())
        fault = place + " needs a SnapshotUrl or a StreamUrl.";
    if (!fault.empty()) return fail(400, std::move(fault));
    return read;
}

std::string listed_names(std::span<const camera_facts> all)
{
    std::string names;
    for (const auto& one : all)
        names += (names.empty() ? "\"" : ", \"") + one.name + "\"";
    return names;
}

} // namespace

std::size_t default_index(std::span<const camera_facts> all, const std::string& chosen)
{
    const auto index = [&](auto&& fits) {
        return static_cast<std::size_t>(std::find_if(all.begin(), all.end(), fits) - all.begin());
    };
    const auto wanted = index([&](const auto& one) { return one.enabled && one.name == chosen; });
    if (wanted < all.size()) return wanted;
    const auto first = index([](const auto& one) { return one.enabled; });
    return first < all.size() ? first : 0;
}

json added_webcams(std::span<const camera_facts> added)
{
    json items = json::array();
    for (const auto& one : added)
        items.push_back(item(one, true));
    return {{"LocalPluginWebcams", std::move(items)}};
}

outcome<std::vector<camera_facts>> read_added_webcams(std::string_view list)
{
    const json items = json::parse(list, nullptr, false);
    if (!items.is_array()) return fail(400, "LocalPluginWebcams must be a list of cameras.");
    if (items.size() > most_added_webcams)
        return fail(400, "LocalPluginWebcams may have " + std::to_string(most_added_webcams) +
                             " cameras, and has " + std::to_string(items.size()) + ".");
    std::vector<camera_facts> all;
    for (const auto& one : items) {
        const std::string place = "LocalPluginWebcams[" + std::to_string(all.size()) + "]";
        if (!one.is_object()) return fail(400, place + " must be an object.");
        auto read = read_item(one, place);
        if (!read) return read.error();
        all.push_back(std::move(*read));
    }
    return all;
}

json webcam_list(std::span<const camera_facts> all, const std::string& chosen, bool with_urls)
{
    json items = json::array();
    for (const auto& one : all)
        items.push_back(item(one, with_urls));
    return {{"DefaultIndex", default_index(all, chosen)}, {"Webcams", std::move(items)}};
}

outcome<camera_facts> camera_meant(std::span<const camera_facts> all, const std::string& chosen,
                                   const arguments& given)
{
    if (all.empty()) return fail(404, "This printer has no camera.");
    const auto index = given.integer("Index");
    const auto name = given.text("Name");
    if (index && (*index < 0 || static_cast<std::size_t>(*index) >= all.size()))
        return fail(404, "There is no camera " + std::to_string(*index) + ": this printer has " +
                             std::to_string(all.size()) + ", counted from 0.");
    auto at = index ? static_cast<std::size_t>(*index) : default_index(all, chosen);
    if (name) {
        const auto found =
            std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == *name; });
        if (found == all.end())
            return fail(404, "There is no camera \"" + name->substr(0, 64) + "\"; there is " +
                                 listed_names(all) + ".");
        const auto named = static_cast<std::size_t>(found - all.begin());
        if (index && named != at) return fail(400, "Index and Name mean two different cameras.");
        at = named;
    }
    if (!all[at].enabled) return fail(404, "The camera \"" + all[at].name + "\" is switched off.");
    return all[at];
}

std::string transform_words(const camera_facts& camera)
{
    std::string words;
    const auto add = [&words](const std::string& word) { words += (words.empty() ? "" : " ") + word; };
    if (camera.flip_h) add("fliph");
    if (camera.flip_v) add("flipv");
    if (camera.rotation != 0) add("rotate=" + std::to_string(camera.rotation));
    return words.empty() ? "none" : words;
}

std::string transform_json(const camera_facts& camera)
{
    return json{{"FlipH", camera.flip_h}, {"FlipV", camera.flip_v}, {"Rotation", camera.rotation}}.dump();
}

} // namespace layerline::commands
