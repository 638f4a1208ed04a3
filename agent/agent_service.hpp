// The one handler behind the LAN listener and the tunnel: who asks, may they, where does it go.
#pragma once

#include "access/audit.hpp"
#include "access/limits.hpp"
#include "access/open_uses.hpp"
#include "access/scope.hpp"
#include "access/token_service.hpp"
#include "agent/figures.hpp"
#include "agent/policy.hpp"
#include "agent/routing.hpp"
#include "agent/ui_proxy.hpp"
#include "agent/workshop_mount.hpp"
#include "commands/octoprint_api.hpp"
#include "commands/plugin_api.hpp"
#include "transport/exchange.hpp"

#include <optional>
#include <string>
#include <variant>

namespace layerline::agent {

struct refusal;

// Whom a request is for, and until when its token is good.
struct asker {
    commands::caller caller;
    std::optional<transport::clock::time_point> ends;
};

enum class logged_requests : std::uint8_t { all, failures, none };

struct service_limits {
    access::rate requests{240,
                          std::chrono::milliseconds(50)}; // a principal; an emergency stop is not counted
    std::size_t streams = 32;                             // of a principal, under way at once; likewise
    access::rate bad_tokens{20, std::chrono::seconds(3)}; // an address; past it 429 instead of 401
    logged_requests log = logged_requests::all;
};

class agent_service : public transport::service {
public:
    // All must outlive it. Used from one io_context. Takes the tokens' news: what is under way under a token
    // that is revoked is cut.
    agent_service(access::token_service& tokens, commands::plugin_api& commands, const policy& owner,
                  access::audit_log& audit, figures& counts, service_limits limits = {});

    // Local UIs are offered from now on, to callers through the tunnel; it must outlive this.
    void offer(ui_proxy& uis) { uis_ = &uis; }
    // Slicers may upload from now on; it must outlive this.
    void offer(commands::octoprint_api& slicers) { slicers_ = &slicers; }
    // The workshop is there from now on, for callers with the scope "files"; it must outlive this.
    void offer(workshop_mount& workshop) { workshop_ = &workshop; }

    transport::task<void> serve(transport::exchange& outer) override;

private:
    struct request_note;
    transport::task<void> serve_known(request_note& noted, route where, asker who);
    // What answers it, from the table of routes.
    transport::task<void> work_for(transport::exchange& call, const route& where, commands::caller who);
    void note_file_change(const request_note& noted, const std::string& command);
    // A viewer of a camera comes, or has gone.
    void note_watching(const request_note& noted, bool over);
    void tell_store_problem();
    // Who asks, by the edge: the relay's principal through the tunnel, a token of the agent's own on the LAN.
    std::variant<asker, refusal> relays_principal(const transport::fields& headers) const;
    transport::task<std::variant<asker, refusal>> holder_of_token(const transport::request_head& request);

    access::token_service& tokens_;
    commands::plugin_api& commands_;
    const policy& owner_;
    ui_proxy* uis_ = nullptr;
    commands::octoprint_api* slicers_ = nullptr;
    workshop_mount* workshop_ = nullptr;
    access::audit_log& audit_;
    figures& counts_;
    service_limits limits_;
    access::rate_limiter requests_, bad_tokens_;
    access::open_uses uses_;
    bool store_problem_ = false; // told, and not over
};

} // namespace layerline::agent
