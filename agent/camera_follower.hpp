// Keeps the shown cameras in step with the printer's own list.
#pragma once

#include "agent/camera_hub.hpp"
#include "printer/printer_link.hpp"
#include "transport/net.hpp"

namespace layerline::agent {

// Tells the hub of the printer's list, anew with each change of it, until the link ends.
// While the printer is away the last list stays. `link` and `hub` must outlive it.
transport::task<void> follow_cameras(printer::printer_link& link, camera_hub& hub);

} // namespace layerline::agent
