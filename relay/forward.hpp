// Carries one exchange through an agent's tunnel: heads rewritten, bodies streamed both ways, nothing kept
// whole.
#pragma once

#include "access/open_uses.hpp"
#include "access/pace.hpp"
#include "access/scope.hpp"
#include "relay/figures.hpp"
#include "relay/relay_error.hpp"
#include "relay/routing.hpp"
#include "transport/exchange.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace layerline::relay {

struct forward_limits {
    std::uint64_t max_upload_bytes = 512ULL * 1024 * 1024;    // past it: 608
    std::uint64_t max_download_bytes = 4096ULL * 1024 * 1024; // a told length past it: 607
    std::chrono::seconds answer_timeout{30}; // without any progress, until the answer's head: 602
};

// By what a request is bound beside its own limits, and who counts it. All must outlive it.
struct carriage {
    access::open_uses::use& use; // ends with the token
    access::pacer& token_pace;
    access::pacer& address_pace;
    const std::string& address; // of the caller, as access::address_key() gives it
    figures& counts;
};

// What the agent gets: hop-by-hop fields, credentials and anybody's principal fields out; the real principal
// in.
transport::request_head head_for_agent(const transport::request_head& asked, const to_printer& where,
                                       const access::principal& who);

// The relay's word for what a tunnel said instead of an answer.
relay_errc code_for(const transport::error_code& why);
// What is to be said beside that word; empty for its usual text.
std::string_view detail_for(const transport::error_code& why);

// Answers the exchange: with the agent's answer, or with 602, 607, 608, 612 of the relay's own. Stops when
// the caller goes away (the coroutine is cancelled) or the token dies, which resets the stream in the tunnel:
// an answer that has begun breaks off then, else it is 604. What is given by reference must outlive it.
transport::task<void> forward(transport::exchange& call, std::shared_ptr<transport::requester> tunnel,
                              const to_printer& where, const access::principal& who,
                              const forward_limits& limits, const carriage& by);

} // namespace layerline::relay
