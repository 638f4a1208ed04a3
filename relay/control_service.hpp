// What the relay's owner asks over the control socket: claim a code, tokens, printers.
#pragma once

#include "access/audit.hpp"
#include "access/token_service.hpp"
#include "relay/agents.hpp"
#include "relay/registry.hpp"
#include "transport/exchange.hpp"

namespace layerline::relay {

// POST /control/claim {"code","name"} -> 200 {"agent_id","name"}; GET /control/printers; DELETE
// /control/printers/<id>; and /control/tokens (see access/token_control.hpp). Everybody who can open the
// socket may do all of it.
class control_service final : public transport::service {
public:
    control_service(agents& known, registry& present, access::token_service& tokens,
                    access::audit_log& audit);
    transport::task<void> serve(transport::exchange& call) override;

private:
    transport::task<void> claim(transport::exchange& call);
    transport::task<void> list(transport::exchange& call);
    transport::task<void> forget(transport::exchange& call, std::string agent_id);

    agents& known_;
    registry& present_;
    access::token_service& tokens_;
    access::audit_log& audit_;
};

} // namespace layerline::relay
