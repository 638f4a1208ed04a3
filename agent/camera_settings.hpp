// The cameras of agent.toml: what each is called, where its pictures are, how they are to be turned. Pure.
#pragma once

#include "agent/ui_target.hpp"
#include "settings/settings_reader.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace layerline::agent {

inline constexpr std::size_t max_cameras = 16;

// Where one kind of a camera's pictures is: on the owner's list, so asked for; nothing else ever is.
struct camera_address {
    ui_target place;           // scheme, host, port
    std::string target;        // path and query, as they are asked for
    std::string authorization; // the Authorization field for the address' user and password; empty: none
    std::string told;          // the address without user and query, for whoever may see the camera
    bool operator==(const camera_address&) const = default;
};

// "http://127.0.0.1:8080/?action=stream", perhaps with "user:password@": http or https, https with numeric
// hosts only, no link-local, multicast or unspecified address, no fragment. Else what is wrong ("must …").
std::variant<camera_address, std::string> parse_camera_url(std::string_view text);

struct camera_settings {
    std::string name;
    std::optional<camera_address> snapshot, stream; // one at least
    bool flip_h = false, flip_v = false;
    std::uint64_t rotation = 0; // degrees clockwise: 0, 90, 180 or 270
    bool enabled = true;
    std::filesystem::path ca_file; // PEM, of https:// addresses; empty: the system's store
    bool operator==(const camera_settings&) const = default;
};

// 1-32 bytes that can be printed and stand in a command's argument: no control characters, no ";" and no "*".
bool is_camera_name(std::string_view name);

// Takes [[cameras]] into `into`, which must outlive the reader's read().
void read_cameras(settings::settings_reader& reader, std::vector<camera_settings>& into);
// What is wrong with the list as a whole, or nothing: two cameras of one name.
std::string camera_list_fault(const std::vector<camera_settings>& all);

} // namespace layerline::agent
