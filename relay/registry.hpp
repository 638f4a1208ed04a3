// Which agents hold a tunnel now, and since when the others are gone. Pure but for the tunnels it keeps.
#pragma once

#include "transport/tunnel/tunnel.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace layerline::relay {

class registry {
public:
    using time_point = transport::clock::time_point;

    struct holder {
        std::shared_ptr<transport::tunnel_client> tunnel;
        std::string instance_id; // of the agent's process
        std::string version;     // of the agent's software
        time_point since{};
    };

    // The newest tunnel wins: the one that it takes over from is returned, for the caller to stop.
    std::optional<holder> enter(const std::string& agent_id, holder newest);
    // Forgets this tunnel if it is still the agent's newest.
    void leave(const std::string& agent_id, const transport::tunnel_client* tunnel, time_point now);
    // The agent's tunnel, or null.
    const holder* find(const std::string& agent_id) const;
    // When the agent's last tunnel ended, if it was here since the relay started.
    std::optional<time_point> gone_since(const std::string& agent_id) const;
    // The software version of the agent that is here, or that was here last; empty if there was none.
    std::string version_of(const std::string& agent_id) const;
    std::size_t size() const { return present_.size(); }
    // Every tunnel, to stop them all.
    std::vector<std::shared_ptr<transport::tunnel_client>> all() const;

private:
    struct last_seen {
        time_point at{};
        std::string version;
    };
    std::map<std::string, holder> present_;
    std::map<std::string, last_seen> gone_; // claimed agents only, so bounded by the store
};

} // namespace layerline::relay
