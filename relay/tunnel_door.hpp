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

// Lives on the relay's one io_context and must outlive its run, as must what it refers to.
class tunnel_door {
public:
    tunnel_door(std::shared_ptr<const access::identity> self, std::vector<std::string> host_names,
                agents& known, registry& present, access::store& keeper, figures& counts);

    // Lets the agent in; its tunnel then goes on by itself until it ends. What is no WebSocket gets 426.
    transport::task<void> serve(transport::exchange& call);
    // The relay stops: whoever is still coming in has its tunnel ended at once.
    void close() { closing_ = true; }

private:
    struct entrant {
        std::string agent_id;
        std::shared_ptr<transport::tunnel_client> tunnel; // null: it did not get in
    };
    transport::task<entrant> let_in(std::shared_ptr<transport::message_stream> stream);
    transport::task<void> hold(entrant entered);

    std::shared_ptr<const access::identity> self_;
    std::vector<std::string> host_names_;
    agents& known_;
    registry& present_;
    access::store& store_;
    figures& counts_;
    bool closing_ = false;
};

} // namespace layerline::relay
