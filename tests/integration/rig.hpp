// The whole of Layerline on loopback: virtual printer, print host, agent, relay: real programs in a folder of
// their own.
#pragma once

#include "program.hpp"
#include "web.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace layerline::tests {

struct rig_options {
    std::vector<std::string> printer = {};       // more arguments of the virtual printer
    std::vector<std::string> host = {};          // of the print host
    std::string agent_toml = {};                 // more of agent.toml: whole sections
    std::string agent_relay = {};                // more lines of its [relay]
    std::string agent_printer = {};              // more lines of its [printer]
    std::vector<std::string> relays_before = {}; // addresses that the agent tries before the relay's
    std::uint16_t relay_through = 0;             // port that carries the agent to the relay; 0: straight
    std::string relay_toml = {};                 // relay.toml; empty: no limit on requests to speak of
    std::filesystem::path ca_file = {}; // what the relay's clients trust, of a relay with a certificate
    std::string speed = "100";
    std::string port_mode = "666";
    std::map<std::string, std::uint64_t> max_descriptors = {};        // by part: "relay", "agent"
    std::map<std::string, std::vector<std::string>> environment = {}; // more NAME=VALUE, by part
    std::optional<uid_t> user = {}; // run print host, agent and relay as this user (needs root)
};

struct token_facts {
    std::string id, secret;
};

// Starts nothing by itself; the parts can be started, killed and started again, with the same state.
class rig {
public:
    explicit rig(rig_options options = {});

    void start_printer();
    void start_host();
    void start_agent(); // with the relay's address if that was started before
    void start_relay();
    // printer, host, relay, agent; paired, with tokens on both.
    void start_all();
    // What the calls through the relay show from now on.
    void use_relay_token(std::string secret) { relay_token_ = std::move(secret); }
    // Claims the agent's code at the relay and makes both tokens.
    void pair();
    // The code that the running agent shows.
    std::string pairing_code() const;
    // Until a ping comes through the relay; fails the test after `patience`.
    void wait_for_tunnel(seconds patience = seconds(30)) const;
    // Asks again whenever one of the programs logged something, and ten times a second (50 at most), until
    // `so`; false when `patience` is over.
    bool becomes(const std::function<bool()>& so, seconds patience = seconds(30)) const;
    // What the next start of a part takes.
    rig_options& options() { return options_; }

    std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
    const std::string& agent_url() const { return agent_url_; }
    const std::string& agent_id() const { return agent_id_; }
    const std::string& agent_token() const { return agent_token_; }
    const std::string& relay_url() const { return relay_url_; }
    const std::string& relay_token() const { return relay_token_; }
    // Where the printer is behind the relay: <relay>/printers/<agent id>.
    std::string printer_url() const { return relay_url_ + "/printers/" + agent_id_; }
    std::uint16_t port_of(const std::string& url) const;
    // Where the parts tell their figures: http://…/metrics.
    const std::string& relay_metrics() const { return relay_metrics_; }
    const std::string& agent_metrics() const { return agent_metrics_; }

    // One command of the Plugin API, straight at the agent or through the relay.
    web_answer at_agent(const std::string& method, const std::string& command,
                        const std::string& body = {}) const;
    web_answer at_relay(const std::string& method, const std::string& command,
                        const std::string& body = {}) const;
    // The `layerline` command through the relay.
    finished cli(std::vector<std::string> arguments, seconds patience = seconds(120)) const;
    finished relay_command(std::vector<std::string> arguments) const;
    finished agent_command(std::vector<std::string> arguments) const;
    // `status --json` of the running agent; null when there is none.
    nlohmann::json agent_status() const;
    // `token create`, with more of its options ("--expires", "1h").
    token_facts make_relay_token(const std::string& scopes, const std::vector<std::string>& more = {}) const;
    token_facts make_agent_token(const std::string& scopes) const;

    // Puts G-code where the printer's files are, as an upload would.
    void put_file(const std::string& name, const std::string& gcode) const;
    // The virtual printer's report, freshly written.
    nlohmann::json report() const;

    std::optional<program> printer, host, agent, relay;

private:
    program launch(std::vector<std::string> argv, const std::string& name, bool as_user);

    rig_options options_;
    temp_folder folder_;
    temp_folder memory_{"/dev/shm"}; // for the print host's journal
    std::string agent_url_, agent_id_, agent_token_, relay_url_, relay_token_, relay_metrics_, agent_metrics_;
};

// The file of tests/data, unpacked once for the process.
const std::string& lobed_cup();
// Some moves of our own: `lines` short moves after homing, no heat.
std::string small_job(int lines, int feed_mm_per_min = 6000);
// Heats to 60 degrees, homes, then `lines` moves.
std::string warm_job(int lines);

} // namespace layerline::tests
