// The one handler behind the LAN listener and the tunnel: who asks, may they, where does it go.
#pragma once

#include "access/limits.hpp"
#include "access/scope.hpp"
#include "access/token_service.hpp"
#include "agent/policy.hpp"
#include "agent/routing.hpp"
#include "agent/ui_proxy.hpp"
#include "commands/plugin_api.hpp"
#include "transport/exchange.hpp"

#include <string>
#include <variant>

namespace layerline::agent {

struct refusal;

struct service_limits {
    access::rate requests{240,
                          std::chrono::milliseconds(50)}; // a principal; an emergency stop is not counted
    access::rate bad_tokens{20, std::chrono::seconds(3)}; // an address; past it 429 instead of 401
};

class agent_service : public transport::service {
public:
    // All must outlive it. Used from one io_context.
    agent_service(access::token_service& tokens, commands::plugin_api& commands, const policy& owner,
                  service_limits limits = {});

    // Local UIs are offered from now on, to callers through the tunnel; it must outlive this.
    void offer(ui_proxy& uis) { uis_ = &uis; }

    transport::task<void> serve(transport::exchange& call) override;

private:
    // By the edge: a token of the agent's own on the LAN, the relay's principal through the tunnel.
    transport::task<std::variant<commands::caller, refusal>> who_asks(const transport::request_head& request);
    transport::task<std::variant<commands::caller, refusal>>
    holder_of_token(const transport::request_head& request);

    access::token_service& tokens_;
    commands::plugin_api& commands_;
    const policy& owner_;
    ui_proxy* uis_ = nullptr;
    access::rate_limiter requests_, bad_tokens_;
};

} // namespace layerline::agent
