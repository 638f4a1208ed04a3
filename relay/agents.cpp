#include "relay/agents.hpp"

#include "relay/host_mode.hpp"

#include <spdlog/spdlog.h>

#include <ctime>

namespace layerline::relay {

namespace {

constexpr std::int64_t tries_window_s = 600;

claim_failure refusal(const access::claim_refusal& why)
{
    switch (why.why) {
    case access::claim_fault::expired:
        return {410, "This code has run out; the agent shows a new one.", {}};
    case access::claim_fault::too_many_tries:
        return {429, "Too many wrong codes; wait before trying again.", why.retry_after};
    case access::claim_fault::unknown:
        break;
    }
    return {404,
            "No agent waits at this relay with this code. Codes are good for 10 minutes and for one use.",
            {}};
}

access::printer_row row_for(const access::agent_facts& agent, std::string name, std::string who)
{
    access::printer_row row;
    row.agent_id = agent.agent_id;
    row.key = agent.key;
    row.name = name.empty() ? "printer " + agent.agent_id.substr(0, 6) : std::move(name);
    row.claimed_by = std::move(who);
    row.claimed_unix = std::time(nullptr);
    row.binding = agent.binding;
    return row;
}

void note(access::audit_log& audit, const std::string& who, const std::string& peer, const char* action,
          const std::string& target, const char* outcome)
{
    (void)audit.write({who, "", peer, action, target, outcome, ""});
}

claim_failure store_trouble(const transport::error_code& why)
{
    return {600, "The relay's store failed: " + why.message() + ". Nothing was changed; try again.",
            std::chrono::seconds(5)};
}

access::pairing_try failed_try(std::string subject)
{
    return {std::move(subject), std::time(nullptr)};
}

} // namespace

agents::agents(access::store& keeper, access::audit_log& audit, std::string software_version,
               std::string minimum_agent_version)
    : store_(keeper), audit_(audit), version_(std::move(software_version)),
      minimum_agent_version_(std::move(minimum_agent_version))
{
}

transport::task<transport::result<void>> agents::load()
{
    if (loaded_) co_return transport::result<void>();
    auto rows = co_await store_.list_printers();
    if (!rows) co_return rows.error();
    const auto now = std::time(nullptr);
    auto tries = co_await store_.pairing_tries(now - tries_window_s);
    if (!tries) co_return tries.error();
    if (loaded_) co_return transport::result<void>(); // by a call beside this one
    loaded_ = true;
    for (auto& row : *rows)
        claimed_[row.agent_id] = std::move(row);
    for (auto& attempt : *tries) {
        const auto age = std::chrono::seconds(std::max<std::int64_t>(0, now - attempt.at_unix));
        desk_.restore_try(std::move(attempt.subject), access::pairing_desk::clock::now() - age);
    }
    co_return transport::result<void>();
}

bool agents::is_claimed(std::string_view agent_id) const
{
    return claimed_.find(agent_id) != claimed_.end();
}

std::string agents::labelled(std::string_view label) const
{
    if (!is_label(label)) return {};
    if (is_claimed(label)) return std::string(label);
    const std::string* found = nullptr;
    for (const auto& [id, row] : claimed_) {
        if (row.name != label) continue;
        if (found != nullptr) return {};
        found = &id;
    }
    return found != nullptr ? *found : std::string();
}

std::vector<access::printer_row> agents::claimed() const
{
    std::vector<access::printer_row> rows;
    rows.reserve(claimed_.size());
    for (const auto& [id, row] : claimed_)
        rows.push_back(row);
    return rows;
}

access::relay_facts agents::facts_of(const access::printer_row& row) const
{
    access::relay_facts facts;
    facts.software_version = version_;
    facts.minimum_agent_version = minimum_agent_version_;
    facts.printer_name = row.name;
    return facts;
}

bool agents::took_over(const access::agent_facts& newer, const std::string& older_instance)
{
    const auto now = clone_watch::time_point::clock::now();
    if (!copies_.took_over(newer.agent_id, older_instance, newer.instance_id, now)) return false;
    spdlog::error(
        "agent {}: two running copies of its key take the tunnel from each other; both are kept out "
        "until one of them has a new key (layerline-agent rekey)",
        newer.agent_id);
    note(audit_, newer.agent_id, newer.peer, "printer.quarantine", newer.agent_id, "ok");
    return true;
}

bool agents::in_quarantine(const std::string& agent_id) const
{
    return copies_.in_quarantine(agent_id, clone_watch::time_point::clock::now());
}

transport::task<std::variant<access::printer_row, claim_failure>>
agents::claim(std::string typed, std::string name, std::string who, std::string address)
{
    auto ready = co_await load();
    if (!ready) co_return store_trouble(ready.error());
    auto found = desk_.claim(typed, who, address, access::pairing_desk::clock::now());
    if (const auto* why = std::get_if<access::claim_refusal>(&found)) {
        note(audit_, who, address, "pair.claim", "", std::string(access::name_of(why->why)).c_str());
        if (why->why != access::claim_fault::too_many_tries) {
            (void)co_await store_.add_pairing_try(failed_try(access::pairing_desk::subject_of_account(who)));
            (void)co_await store_.add_pairing_try(
                failed_try(access::pairing_desk::subject_of_address(address)));
        }
        co_return refusal(*why);
    }
    const auto agent_id = std::get<std::string>(std::move(found));
    const auto place = waiting_.find(agent_id);
    if (place == waiting_.end())
        co_return claim_failure{404, "The agent that showed this code has gone away.", {}};
    const auto agent = place->second;
    auto row = row_for(agent.facts, std::move(name), who);
    auto kept = co_await store_.claim_printer(row);
    if (!kept) {
        spdlog::error("the claim of {} could not be kept: {}", agent_id, kept.error().message());
        note(audit_, who, address, "pair.claim", agent_id, "store_failed");
        // The code was not used up by that.
        const auto left =
            std::chrono::ceil<std::chrono::seconds>(agent.until - access::pairing_desk::clock::now());
        if (left.count() > 0 && waiting_.find(agent_id) != waiting_.end())
            (void)desk_.offer(agent_id, agent.code, left, access::pairing_desk::clock::now());
        co_return store_trouble(kept.error());
    }
    claimed_[agent_id] = row;
    note(audit_, who, address, "pair.claim", agent_id, "ok");
    spdlog::info("agent {} was claimed as \"{}\"", agent_id, row.name);
    agent.signal->ring(facts_of(row));
    co_return row;
}

transport::task<transport::result<bool>> agents::forget(std::string agent_id)
{
    auto ready = co_await load();
    if (!ready) co_return transport::result<bool>(boost::system::in_place_error, ready.error());
    auto gone = co_await store_.forget_printer(agent_id);
    if (gone && *gone) {
        claimed_.erase(agent_id);
        copies_.forget(agent_id);
        note(audit_, "local", "control socket", "printer.forget", agent_id, "ok");
    }
    co_return gone;
}

transport::task<std::variant<access::admission, access::handshake_failure>>
agents::admit(access::agent_facts agent)
{
    if (!copies_.admits(agent.agent_id, agent.instance_id, clone_watch::time_point::clock::now())) {
        auto why = access::make_failure(access::errc::quarantined);
        why.retry_after = clone_watch::ask_again;
        co_return why;
    }
    // Nobody is taken for unclaimed while it is not known who is claimed.
    auto ready = co_await load();
    if (!ready)
        co_return access::make_failure(access::is_store_failure(ready.error())
                                           ? static_cast<access::errc>(ready.error().value())
                                           : access::errc::store_failed,
                                       "the relay's store failed: " + ready.error().message());
    access::admission answer;
    if (const auto found = claimed_.find(agent.agent_id); found != claimed_.end()) {
        answer.claimed = true;
        answer.binding = found->second.binding;
        answer.key = found->second.key;
        answer.facts = facts_of(found->second);
    } else {
        answer.facts.software_version = version_;
        answer.facts.minimum_agent_version = minimum_agent_version_;
    }
    co_return answer;
}

transport::task<transport::result<void>> agents::offer_code(access::agent_facts agent, access::code_hash code,
                                                            std::chrono::seconds life,
                                                            std::shared_ptr<access::claim_signal> claimed)
{
    if (!desk_.offer(agent.agent_id, code, life, access::pairing_desk::clock::now()))
        co_return access::make_error_code(access::errc::too_many_waiting);
    spdlog::info("agent {} from {} waits to be claimed", agent.agent_id, agent.peer);
    const auto id = agent.agent_id;
    waiting_[id] =
        waiting_agent{std::move(agent), std::move(claimed), code, access::pairing_desk::clock::now() + life};
    co_return transport::result<void>();
}

void agents::withdraw(const std::string& agent_id,
                      const std::shared_ptr<access::claim_signal>& claimed) noexcept
{
    const auto found = waiting_.find(agent_id);
    if (found == waiting_.end() || found->second.signal != claimed) return;
    waiting_.erase(found);
    desk_.withdraw(agent_id);
}

} // namespace layerline::relay
