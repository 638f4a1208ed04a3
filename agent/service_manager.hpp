// Tells systemd how this program is, over its notification socket, without its library; does nothing when
// nobody asked for it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::agent {

class service_manager {
public:
    // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from the environment.
    service_manager();
    service_manager(std::string socket, std::optional<std::chrono::microseconds> watchdog);

    // "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=…". Never waits; a lost word does no harm.
    void tell(std::string_view words) const;
    // How often to say WATCHDOG=1: half of what systemd waits; nothing if it does not watch.
    std::optional<std::chrono::microseconds> beat() const;

private:
    std::string socket_;
    std::optional<std::chrono::microseconds> watchdog_;
};

} // namespace layerline::agent
