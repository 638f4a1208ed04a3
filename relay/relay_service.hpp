// Answers everything that comes to the relay's public edge, in the fixed order of checks: limits (429),
// credentials (606), dead ones (604), the printer (603), scope (403), the agent's version (610), the tunnel
// (601), sizes (607, 608), then forward.
#pragma once

#include "access/limits.hpp"
#include "access/token_service.hpp"
#include "relay/agents.hpp"
#include "relay/answer.hpp"
#include "relay/forward.hpp"
#include "relay/registry.hpp"
#include "relay/tunnel_door.hpp"
#include "transport/exchange.hpp"

namespace layerline::relay {

// Lives on the relay's one io_context; what it refers to must outlive it.
class relay_service final : public transport::service {
public:
    relay_service(access::token_service& tokens, agents& known, registry& present, tunnel_door& door,
                  forward_limits limits, std::uint32_t requests_per_minute,
                  std::string minimum_agent_version);

    // Printers have hosts of their own from now on.
    void serve_hosts(host_mode_settings settings) { host_mode_ = std::move(settings); }

    transport::task<void> serve(transport::exchange& call) override;

private:
    transport::task<void> serve_checked(transport::exchange& call);
    transport::task<void> serve_printer(transport::exchange& call, to_printer where);
    // Why this agent cannot be asked now: 610 or 601.
    std::optional<own_answer> unreachable(const transport::request_head& asked, const std::string& agent_id);
    // Logs why the tokens cannot be read.
    transport::task<void> tell_store_problem();

    access::token_service& tokens_;
    agents& known_;
    registry& present_;
    tunnel_door& door_;
    host_mode_settings host_mode_;
    forward_limits limits_;
    std::string minimum_agent_version_;
    access::rate_limiter by_address_, by_token_;
    std::string store_problem_; // as logged last; empty while the store is well
};

} // namespace layerline::relay
