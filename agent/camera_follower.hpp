// Keeps the shown cameras joined with those of the printer's own list.
#pragma once

#include "agent/camera_hub.hpp"
#include "agent/told_cameras.hpp"
#include "printer/printer_link.hpp"
#include "transport/net.hpp"

#include <vector>

namespace layerline::agent {

// Shows the printer's list beside the configured cameras, anew with each change of it, until the link ends.
// While the printer is away the last list stays. `link` and `hub` must outlive it.
transport::task<void> follow_cameras(printer::printer_link& link, camera_hub& hub,
                                     std::vector<camera_settings> configured, camera_places places);

} // namespace layerline::agent
