// The cameras that were added by command: held to what the owner allows, and kept in a file across restarts.
#pragma once

#include "agent/camera_settings.hpp"
#include "agent/told_cameras.hpp"
#include "commands/camera_store.hpp"

#include <filesystem>
#include <vector>

namespace layerline::agent {

class added_cameras {
public:
    // Reads what was kept, of at most 64 KiB. What cannot be asked any more (the owner changed the allowed
    // hosts) stays in the list and is not shown; the log says so.
    added_cameras(std::filesystem::path file, camera_places places);

    // As they were given.
    const std::vector<commands::camera_facts>& given() const { return given_; }
    // As cameras that may be asked, of the list beside `configured` (cameras of the same name are left out).
    std::vector<camera_settings> joined_to(const std::vector<camera_settings>& configured) const;

    // Takes the list instead, and writes it first. 400 for an address that may not be asked, a name that
    // cannot be used or stands twice or in `configured`, too many; 750 if it cannot be written. Then nothing
    // has changed.
    commands::outcome<void> set(std::vector<commands::camera_facts> all,
                                const std::vector<camera_settings>& configured);

private:
    std::filesystem::path file_;
    camera_places places_;
    std::vector<commands::camera_facts> given_;
};

} // namespace layerline::agent
