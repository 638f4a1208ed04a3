// The list of cameras as JSON, which of them a call means, and how pictures are to be turned. Pure.
#pragma once

#include "commands/arguments.hpp"
#include "commands/camera_store.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::commands {

// The index of the camera that is meant when none is said: the chosen one if it is there and switched on,
// else the first that is switched on, else 0.
std::size_t default_index(std::span<const camera_facts> all, const std::string& chosen);

// {"DefaultIndex","Webcams":[{"Name","FlipH","FlipV","Rotation","Enabled","SnapshotUrl","StreamUrl"}]};
// `status` tells it without the URLs.
nlohmann::json webcam_list(std::span<const camera_facts> all, const std::string& chosen, bool with_urls);

// {"LocalPluginWebcams":[items as above, with URLs]}, of the cameras that were added by command.
nlohmann::json added_webcams(std::span<const camera_facts> added);
// That list as a call gives it: at most most_added_webcams items with all seven fields, the rotation 0, 90,
// 180 or 270, one address at least. 400 names the item and the field.
inline constexpr std::size_t most_added_webcams = 16;
outcome<std::vector<camera_facts>> read_added_webcams(std::string_view list);

// Which camera a call means by `Index` or `Name`. 400 if both are given and differ, 404 if it is not there or
// is switched off.
outcome<camera_facts> camera_meant(std::span<const camera_facts> all, const std::string& chosen,
                                   const arguments& given);

// "none", or what is to be done in order: "fliph flipv rotate=90".
std::string transform_words(const camera_facts& camera);
// {"FlipH":false,"FlipV":true,"Rotation":90}
std::string transform_json(const camera_facts& camera);

} // namespace layerline::commands
