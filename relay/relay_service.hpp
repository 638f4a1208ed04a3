// Answers everything that comes to the relay's public edge, in the fixed order of checks: limits (429),
// credentials (606), dead ones (604), the printer (603), scope (403), the agent's version (610), the tunnel
// (601), sizes (607, 608), then forward.
#pragma once

#include "access/limits.hpp"
#include "access/token_service.hpp"
#include "relay/agents.hpp"
#include "relay/answer.hpp"
#include "relay/configuration.hpp"
#include "relay/figures.hpp"
#include "relay/forward.hpp"
#include "relay/registry.hpp"
#include "relay/tunnel_door.hpp"
#include "transport/exchange.hpp"

#include <map>
#include <string>

namespace layerline::relay {

struct service_limits {
    forward_limits forward;
    std::uint32_t requests_per_minute = 600; // of a token
    std::uint32_t requests_per_minute_per_address = 2400;
    std::uint32_t streams_per_token = 64;
    std::uint32_t streams_per_address = 256;
    std::uint32_t camera_streams_per_token = 8; // of each printer; past it 609
    std::uint64_t bytes_per_second = 0;         // of a token; 0: any
    std::uint64_t bytes_per_second_per_address = 0;
    std::string minimum_agent_version; // empty: any
    logged_requests log = logged_requests::all;
};

// Lives on the relay's one io_context; what it refers to must outlive it.
class relay_service final : public transport::service {
public:
    // Takes the tokens' news: what is under way under a token that is revoked is cut.
    relay_service(access::token_service& tokens, agents& known, registry& present, tunnel_door& door,
                  figures& counts, service_limits limits);

    // Printers have hosts of their own from now on.
    void serve_hosts(host_mode_settings settings) { host_mode_ = std::move(settings); }

    // The workshop beside the relay is at /workshop/ from now on.
    void serve_workshop(std::shared_ptr<transport::requester> workshop) { workshop_ = std::move(workshop); }

    transport::task<void> serve(transport::exchange& outer) override;
    // Requests under way to agents.
    std::size_t streams() const { return uses_.size(); }

private:
    struct request_note;
    transport::task<void> serve_checked(transport::exchange& call, request_note& noted);
    transport::task<void> serve_printer(transport::exchange& call, to_printer where, request_note& noted);
    // Why this agent cannot be asked now: 610 or 601.
    std::optional<own_answer> unreachable(const transport::request_head& asked, const std::string& agent_id);
    // Logs why the tokens cannot be read.
    transport::task<void> tell_store_problem();

    access::token_service& tokens_;
    agents& known_;
    registry& present_;
    tunnel_door& door_;
    host_mode_settings host_mode_;
    std::shared_ptr<transport::requester> workshop_; // null: there is none
    figures& counts_;
    service_limits limits_;
    access::rate_limiter by_address_, by_token_;
    access::pacer address_pace_, token_pace_;
    access::open_uses uses_;
    std::map<std::string, std::uint32_t, std::less<>> under_way_;          // by address
    std::map<std::pair<std::string, std::string>, std::uint32_t> cameras_; // streams by token and printer
    std::string store_problem_; // as logged last; empty while the store is well
};

} // namespace layerline::relay
