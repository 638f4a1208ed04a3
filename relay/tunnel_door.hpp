// Where agents come in: WebSocket, handshake, then a tunnel that stays in the registry until it ends.
#pragma once

#include "relay/agents.hpp"
#include "relay/figures.hpp"
#include "relay/registry.hpp"
#include "transport/exchange.hpp"

#include <memory>
#include <string>
#include <vector>

namespace layerline::relay {

// Lives on the relay's one io_context; what it refers to must outlive it.
class tunnel_door {
public:
    tunnel_door(std::shared_ptr<const access::identity> self, std::vector<std::string> host_names,
                agents& known, registry& present, access::store& keeper, figures& counts);

    // Holds the agent's tunnel until it ends. What is no WebSocket gets 426.
    transport::task<void> serve(transport::exchange& call);

private:
    std::shared_ptr<const access::identity> self_;
    std::vector<std::string> host_names_;
    agents& known_;
    registry& present_;
    access::store& store_;
    figures& counts_;
};

} // namespace layerline::relay
