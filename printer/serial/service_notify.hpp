// Tells systemd that the service is up, alive or ending (the datagram that sd_notify sends, without its
// library).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace layerline::printer::serial {

// Nothing happens outside of systemd.
void notify_service(std::string_view state);
// Half of the watchdog's time, when one is set for this process.
std::optional<std::chrono::milliseconds> watchdog_interval();

} // namespace layerline::printer::serial
