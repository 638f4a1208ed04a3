// A camera is judged here as one of the printer's own list is: by told_cameras.
#include "agent/added_cameras.hpp"

#include "agent/state_folder.hpp"
#include "commands/webcam_result.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

namespace layerline::agent {

using commands::camera_facts;
using commands::outcome;

namespace {

constexpr std::size_t most_file_bytes = 64UL * 1024;

printer::webcam as_told(const camera_facts& given)
{
    printer::webcam told;
    told.name = given.name;
    told.snapshot_url = given.snapshot_url;
    told.stream_url = given.stream_url;
    told.enabled = given.enabled;
    told.flip_horizontal = given.flip_h;
    told.flip_vertical = given.flip_v;
    told.rotation_degrees = given.rotation;
    return told;
}

// What is wrong with one, or nothing. Each address must hold, not just one of them.
std::string fault_of(const camera_facts& given, const camera_places& places)
{
    if (!is_camera_name(given.name)) return "its name must be 1-32 bytes of text without \";\" and \"*\"";
    for (auto address : {&camera_facts::snapshot_url, &camera_facts::stream_url}) {
        if ((given.*address).empty()) continue;
        camera_facts alone = given;
        alone.snapshot_url.clear();
        alone.stream_url.clear();
        alone.*address = given.*address;
        const auto read = camera_of(as_told(alone), places);
        if (const auto* wrong = std::get_if<std::string>(&read)) return *wrong;
    }
    return {};
}

std::vector<camera_facts> read_kept(const std::filesystem::path& file)
{
    std::ifstream in(file, std::ios::binary);
    if (!in) return {};
    std::string text(most_file_bytes, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    auto read = commands::read_added_webcams(text);
    if (!read) {
        spdlog::warn("the cameras kept in {} are not shown: {}", file.string(), read.error().error);
        return {};
    }
    return std::move(*read);
}

} // namespace

added_cameras::added_cameras(std::filesystem::path file, camera_places places)
    : file_(std::move(file)), places_(std::move(places)), given_(read_kept(file_))
{
}

std::vector<camera_settings> added_cameras::joined_to(const std::vector<camera_settings>& configured) const
{
    auto all = configured;
    for (const auto& one : given_) {
        auto read = camera_of(as_told(one), places_);
        if (const auto* wrong = std::get_if<std::string>(&read)) {
            spdlog::info("The camera \"{}\", added by command, is not shown: {}.", one.name, *wrong);
            continue;
        }
        auto& camera = std::get<camera_settings>(read);
        const bool named =
            std::any_of(all.begin(), all.end(), [&](const auto& known) { return known.name == camera.name; });
        if (!named && all.size() < max_cameras) all.push_back(std::move(camera));
    }
    return all;
}

outcome<void> added_cameras::set(std::vector<camera_facts> all,
                                 const std::vector<camera_settings>& configured)
{
    if (all.size() + configured.size() > max_cameras)
        return commands::fail(400, "This agent shows at most " + std::to_string(max_cameras) +
                                       " cameras, and " + std::to_string(configured.size()) +
                                       " are configured.");
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::string fault = fault_of(all[i], places_);
        const auto same = [&](const auto& other) { return other.name == all[i].name; };
        const auto before = all.begin() + static_cast<std::ptrdiff_t>(i);
        if (fault.empty() && std::any_of(all.begin(), before, same))
            fault = "there is another of the same name in the list";
        if (fault.empty() && std::any_of(configured.begin(), configured.end(), same))
            fault = "a camera of that name is configured";
        if (!fault.empty())
            return commands::fail(400, "LocalPluginWebcams[" + std::to_string(i) +
                                           "] cannot be added: " + fault + ".");
    }
    const auto kept = write_whole(file_, commands::added_webcams(all)["LocalPluginWebcams"].dump() + "\n");
    if (!kept)
        return commands::fail(750, "The cameras cannot be kept in " + file_.string() + ": " +
                                       kept.error().message());
    given_ = std::move(all);
    return {};
}

} // namespace layerline::agent
