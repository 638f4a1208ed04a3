// layerline-relay: serves, or carries one command to the relay that serves.
#include "access/control_call.hpp"
#include "access/token_command.hpp"
#include "relay/relay_process.hpp"
#include "relay/version.hpp"
#include "transport/heap.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <iostream>

namespace {

using nlohmann::json;
namespace access = layerline::access;

// Prints what the running relay says, or why it says nothing. 0 done, 1 refused, 3 no relay is running.
int ask(const std::filesystem::path& state, const std::string& method, const std::string& target,
        const std::string& body, bool as_json, const std::function<void(const json&)>& tell)
{
    const auto answer = access::control_call(access::control_socket_in(state), method, target, body);
    if (const auto* gone = std::get_if<access::not_running>(&answer)) {
        std::cerr << "No relay answers in " << state.string() << " (" << gone->text
                  << "). Is it running, and with this --state?\n";
        return 3;
    }
    const auto& got = std::get<access::control_answer>(answer);
    if (got.status >= 300) {
        std::cerr << access::error_text_of(got) << "\n";
        return 1;
    }
    if (as_json)
        std::cout << got.body << "\n";
    else
        tell(json::parse(got.body, nullptr, false));
    return 0;
}

void tell_claim(const json& body)
{
    std::cout << "Claimed " << body.value("agent_id", "") << " as \"" << body.value("name", "") << "\".\n";
}

void tell_printers(const json& body)
{
    for (const auto& row : body["printers"])
        std::cout << row.value("agent_id", "") << "  " << (row.value("online", false) ? "online " : "offline")
                  << "  " << row.value("name", "")
                  << (row.value("quarantined", false) ? "  (kept out: two copies of its key are running)"
                                                      : "")
                  << "\n";
    std::cout << body["printers"].size() << " printers, " << body.value("waiting", 0)
              << " agents wait to be claimed.\n";
}

} // namespace

int main(int argc, char** argv)
{
    layerline::transport::keep_freed_memory();
    CLI::App program{"layerline-relay: carries requests from phones and scripts to printers' agents"};
    program.set_version_flag("--version", std::string(layerline::relay::version));
    std::filesystem::path state = "/var/lib/layerline/relay", config = "/etc/layerline/relay.toml", ready;
    std::string listen;
    bool check = false, as_json = false, verbose = false;
    program.add_option("--state", state, "folder of keys, tokens and printers")->capture_default_str();
    auto* config_option = program.add_option("--config", config, "configuration file")->capture_default_str();
    program.add_option("--listen", listen,
                       "ADDRESS:PORT instead of the configuration's; port 0: any free one");
    program.add_option("--ready", ready, "write the address as JSON to this file once listening");
    program.add_flag("--check", check, "check the configuration and exit");
    program.add_flag("--verbose", verbose, "log more");

    std::string code, name, id;
    auto* claim = program.add_subcommand("claim", "make the agent that shows this code yours");
    claim->add_option("code", code, "XXXX-XXXX, from the agent's log or `layerline-agent status`")
        ->required();
    claim->add_option("--name", name, "what to call the printer");
    claim->add_flag("--json", as_json, "one JSON object");
    auto* printers = program.add_subcommand("printers", "show the printers of this relay");
    printers->add_flag("--json", as_json, "one JSON object");
    auto* forget = program.add_subcommand("forget", "give a printer up; it must be claimed again");
    forget->add_option("id", id, "agent id")->required();
    forget->add_flag("--json", as_json, "one JSON object");
    access::token_command token;
    access::add_token_command(program, token);
    program.require_subcommand(0, 1);
    program.fallthrough();
    CLI11_PARSE(program, argc, argv);

    if (!token.verb.empty()) return access::run_token_command(token, state);
    if (*claim)
        return ask(state, "POST", "/control/claim", json{{"code", code}, {"name", name}}.dump(), as_json,
                   tell_claim);
    if (*printers) return ask(state, "GET", "/control/printers", "", as_json, tell_printers);
    if (*forget)
        return ask(state, "DELETE", "/control/printers/" + id, "", as_json,
                   [&](const json&) { std::cout << "Forgotten.\n"; });

    spdlog::set_default_logger(spdlog::stderr_color_mt("relay"));
    spdlog::set_level(verbose ? spdlog::level::debug : spdlog::level::info);
    auto read = layerline::relay::load_configuration(config, config_option->empty());
    if (const auto* fault = std::get_if<layerline::relay::configuration_fault>(&read)) {
        std::cerr << fault->text << "\n";
        return 2;
    }
    layerline::relay::run_options options{std::get<layerline::relay::configuration>(read), state, ready};
    if (!listen.empty()) {
        const auto colon = listen.rfind(':');
        unsigned long port = 65536;
        try {
            if (colon != std::string::npos) port = std::stoul(listen.substr(colon + 1));
        } catch (const std::exception&) {
            port = 65536;
        }
        if (port > 65535) {
            std::cerr << "--listen takes ADDRESS:PORT\n";
            return 2;
        }
        options.settings.address = listen.substr(0, colon);
        options.settings.port = static_cast<std::uint16_t>(port);
    }
    if (check) {
        std::cout << config.string() << ": good\n";
        return 0;
    }
    return layerline::relay::run_relay(options);
}
