// The agents of this relay: who was claimed, who waits for a claim with a code, who is admitted to hold a
// tunnel.
#pragma once

#include "access/audit.hpp"
#include "access/handshake.hpp"
#include "access/pairing.hpp"
#include "access/store.hpp"
#include "relay/clone_watch.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace layerline::relay {

struct claim_failure {
    unsigned status = 0; // for the control socket: 404, 410, 429, or 600 when the store failed
    std::string text;
    std::chrono::seconds retry_after{0};
};

// Lives on the relay's one io_context. The store and the audit log must outlive it.
class agents final : public access::agent_registry {
public:
    // `minimum_agent_version`: told to agents, so that an old one knows; empty: any will do.
    agents(access::store& keeper, access::audit_log& audit, std::string software_version,
           std::string minimum_agent_version);

    // Reads the claimed printers and the recent wrong codes into memory, unless that was done. While it
    // fails, nobody is admitted, claimed or forgotten.
    transport::task<transport::result<void>> load();
    bool loaded() const { return loaded_; }

    // Whether somebody claimed this agent.
    bool is_claimed(std::string_view agent_id) const;
    // The claimed agent whose host has this label: its id, or the name it was claimed with if that is a label
    // and nobody else's. Empty if there is none.
    std::string labelled(std::string_view label) const;
    std::vector<access::printer_row> claimed() const;
    std::size_t waiting() const { return desk_.waiting(); }

    // Somebody typed a code: the agent that waits with it becomes theirs and its tunnel begins. `name` may be
    // empty.
    transport::task<std::variant<access::printer_row, claim_failure>>
    claim(std::string typed, std::string name, std::string who, std::string address);
    // A tunnel of this agent took over from one of another instance. True: these are copies of one key, and
    // in quarantine from now on.
    bool took_over(const access::agent_facts& newer, const std::string& older_instance);
    // Whether copies of this agent's key are kept out.
    bool in_quarantine(const std::string& agent_id) const;
    // The printer is forgotten; false when there is no such one. Its tunnel is for the caller to stop.
    transport::task<transport::result<bool>> forget(std::string agent_id);

    transport::task<std::variant<access::admission, access::handshake_failure>>
    admit(access::agent_facts agent) override;
    transport::task<transport::result<void>>
    offer_code(access::agent_facts agent, access::code_hash code, std::chrono::seconds life,
               std::shared_ptr<access::claim_signal> claimed) override;
    void withdraw(const std::string& agent_id,
                  const std::shared_ptr<access::claim_signal>& claimed) noexcept override;

private:
    struct waiting_agent {
        access::agent_facts facts;
        std::shared_ptr<access::claim_signal> signal;
        access::code_hash code{};
        std::chrono::steady_clock::time_point until{}; // of the code
    };
    access::relay_facts facts_of(const access::printer_row& row) const;

    access::store& store_;
    access::audit_log& audit_;
    std::string version_, minimum_agent_version_;
    clone_watch copies_;
    access::pairing_desk desk_;
    std::map<std::string, waiting_agent, std::less<>> waiting_;
    std::map<std::string, access::printer_row, std::less<>> claimed_;
    bool loaded_ = false;
};

} // namespace layerline::relay
