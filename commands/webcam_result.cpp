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
