// Carries one exchange through an agent's tunnel: heads rewritten, bodies streamed both ways, nothing kept
// whole.
#pragma once

#include "access/scope.hpp"
#include "relay/relay_error.hpp"
#include "relay/routing.hpp"
#include "transport/exchange.hpp"

#include <chrono>
#include <cstdint>
#include <memory>

namespace layerline::relay {

struct forward_limits {
    std::uint64_t max_upload_bytes = 512ULL * 1024 * 1024;    // past it: 608
    std::uint64_t max_download_bytes = 4096ULL * 1024 * 1024; // a told length past it: 607
    std::chrono::seconds answer_timeout{30}; // without any progress, until the answer's head: 602
};

// What the agent gets: hop-by-hop fields, credentials and anybody's principal fields out; the real principal
// in.
transport::request_head head_for_agent(const transport::request_head& asked, const to_printer& where,
                                       const access::principal& who);

// The relay's word for what a tunnel said instead of an answer.
relay_errc code_for(const transport::error_code& why);

// Answers the exchange: with the agent's answer, or with 602, 607, 608, 612 of the relay's own. Stops when
// the caller goes away (the coroutine is cancelled), which resets the stream in the tunnel.
transport::task<void> forward(transport::exchange& call, std::shared_ptr<transport::requester> tunnel,
                              to_printer where, access::principal who, forward_limits limits);

} // namespace layerline::relay
