// A printer link under the owner's policy: caps hold for every action from afar, and each action is noted in
// the audit log with how it ended.
#pragma once

#include "access/audit.hpp"
#include "agent/policy.hpp"
#include "printer/printer_link.hpp"

namespace layerline::agent {

class guarded_link final : public printer::printer_link {
public:
    // All must outlive it.
    guarded_link(printer::printer_link& inner, const policy& owner, access::audit_log& audit)
        : inner_(inner), owner_(owner), audit_(audit)
    {
    }
    transport::task<void> run() override { return inner_.run(); }
    void stop() override { inner_.stop(); }
    printer::printer_state state() const override { return inner_.state(); }
    transport::task<transport::result<void>> changed(std::uint64_t since) override
    {
        return inner_.changed(since);
    }
    transport::task<printer::printer_result<printer::performed>> perform(printer::action what,
                                                                         printer::terms how) override;
    printer::link_capabilities capabilities() const override { return owner_.capped(inner_.capabilities()); }
    // Telling changes nothing: there is nothing to guard.
    printer::printer_extras& extras() override { return inner_.extras(); }

private:
    printer::printer_link& inner_;
    const policy& owner_;
    access::audit_log& audit_;
};

} // namespace layerline::agent
