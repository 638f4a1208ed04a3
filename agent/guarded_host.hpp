// The API of the program that drives the printer, under the owner's policy, with a line in the audit log for
// each request.
#pragma once

#include "access/audit.hpp"
#include "agent/policy.hpp"
#include "commands/agent_parts.hpp"

#include <memory>

namespace layerline::agent {

class guarded_host final : public commands::host_api {
public:
    // Policy and log must outlive it.
    guarded_host(std::unique_ptr<commands::host_api> inner, const policy& owner, access::audit_log& audit)
        : inner_(std::move(inner)), owner_(owner), audit_(audit)
    {
    }
    transport::task<printer::printer_result<commands::host_answer>> ask(commands::host_request what) override;

private:
    std::unique_ptr<commands::host_api> inner_;
    const policy& owner_;
    access::audit_log& audit_;
};

} // namespace layerline::agent
