// What the agent's owner asks over the control socket: status, tokens, reconnect, unpair. Whoever can open
// the socket (mode 0600) may do all of it.
#pragma once

#include "access/audit.hpp"
#include "access/token_service.hpp"
#include "agent/status_report.hpp"
#include "transport/exchange.hpp"

#include <string>

namespace layerline::agent {

// What the running agent does for its owner.
class owner_desk {
public:
    virtual ~owner_desk() = default;
    virtual status_report report() const = 0;
    virtual void reconnect() = 0;
    // Forgets the relay's pinned key and dials anew: the next claim pairs again.
    virtual transport::task<transport::result<void>> unpair() = 0;
    // A new key, and the agent begins anew with it; the agent id that it then has.
    virtual transport::result<std::string> rekey() = 0;
    // A token may have been made or revoked.
    virtual transport::task<void> tokens_changed() = 0;
};

// GET /control/status; POST /control/reconnect and /control/unpair (200 {}), POST /control/rekey (200
// {"agent_id"}); and /control/tokens (see
// access/token_control.hpp). All else is 404.
class control_service final : public transport::service {
public:
    control_service(owner_desk& desk, access::token_service& tokens, access::audit_log& audit);
    transport::task<void> serve(transport::exchange& call) override;

private:
    transport::task<void> unpair(transport::exchange& call);
    transport::task<void> rekey(transport::exchange& call);

    owner_desk& desk_;
    access::token_service& tokens_;
    access::audit_log& audit_;
};

} // namespace layerline::agent
