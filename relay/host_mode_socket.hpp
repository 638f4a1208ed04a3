// A WebSocket of a printer's host, carried through the agent's tunnel.
#pragma once

#include "transport/exchange.hpp"

#include <chrono>
#include <memory>

namespace layerline::relay {

// Answers the exchange: joined with the agent's WebSocket until either is over, or with the refusal that came
// instead, or with 601, 602, 612. `head` is what the agent gets; `patience` bounds its answer. Ends both
// sides when it is cancelled.
transport::task<void> forward_socket(transport::exchange& call, std::shared_ptr<transport::requester> tunnel,
                                     transport::request_head head, std::chrono::seconds patience);

} // namespace layerline::relay
