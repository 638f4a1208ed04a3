// The cameras that the printer's own list names (Moonraker's), as cameras that may be asked: addresses made
// whole and held to what the owner allows. Pure; every text in that list is a stranger's.
#pragma once

#include "agent/camera_settings.hpp"
#include "agent/configuration.hpp"
#include "printer/printer_facts.hpp"

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace layerline::agent {

// Where a list's addresses lead.
struct camera_places {
    std::string moonraker_host = "127.0.0.1"; // what "localhost" in the list means
    std::string origin = "http://127.0.0.1";  // what an address without a host is put behind
    std::vector<std::string> allowed;         // hosts that may be asked beside these two
    std::filesystem::path ca_file;            // of https:// addresses
};
// Of printer.url (this machine for a unix socket), printer.cameras_url and printer.camera_hosts.
camera_places camera_places_of(const configuration& settings);

// One of a list as a camera that may be asked, else why not ("it is at …"). An address that cannot be asked
// is left out where the other can.
std::variant<camera_settings, std::string> camera_of(const printer::webcam& told,
                                                     const camera_places& places);

struct joined_cameras {
    std::vector<camera_settings> all;
    std::vector<std::string> left_out; // a sentence each, for the log
};
// The configured cameras, then those of the list that are named otherwise, at most max_cameras together. A
// listed stream counts where its service gives MJPEG; the others are shown by their snapshots, or left out.
joined_cameras join_cameras(const std::vector<camera_settings>& configured,
                            const std::vector<printer::webcam>& told, const camera_places& places);

} // namespace layerline::agent
