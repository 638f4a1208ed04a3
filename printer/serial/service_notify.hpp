// What a supervisor is told (systemd, or our own: supervisor.hpp): that the service is up, alive or ending,
// and the descriptors that it keeps for a successor. systemd's protocol (sd_notify, FDSTORE, LISTEN_FDS)
// without its library.
#pragma once

#include "printer/serial/confined_file.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::printer::serial {

// Nothing happens without a supervisor. Never waits.
void notify_service(std::string_view state);
// Whether there is a supervisor that could keep a descriptor.
bool has_supervisor();
// Has the supervisor keep a copy of the descriptor under that name, until forget_descriptor() or the
// descriptor hangs up. False when there is no supervisor or it takes nothing now.
bool keep_descriptor(int descriptor, std::string_view name);
void forget_descriptor(std::string_view name);

// A descriptor that a supervisor kept for us.
struct kept_descriptor {
    std::string name;
    owned_fd fd;
};
// Those of LISTEN_FDS, once: the environment is cleaned of them. To be called before the first thread.
std::vector<kept_descriptor> take_kept_descriptors();

// Half of the watchdog's time, when one is set for this process.
std::optional<std::chrono::milliseconds> watchdog_interval();

} // namespace layerline::printer::serial
