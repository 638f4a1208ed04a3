// layerline-agent: serves, or carries one command to the agent that serves.
#include "access/control_call.hpp"
#include "access/token_command.hpp"
#include "agent/agent_process.hpp"
#include "agent/log_memory.hpp"
#include "agent/status_report.hpp"
#include "agent/version.hpp"
#include "transport/heap.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <functional>
#include <iostream>
#include <optional>

namespace {

using namespace layerline; // NOLINT(google-build-using-namespace)
using agent::exit_code;

// Asks the running agent; tells its answer or why there is none.
int ask(const std::filesystem::path& state, const std::string& method, const std::string& target,
        const std::function<void(const std::string&)>& tell)
{
    const auto answer = access::control_call(access::control_socket_in(state), method, target, "");
    if (const auto* gone = std::get_if<access::not_running>(&answer)) {
        std::cerr << "No agent answers in " << state.string() << " (" << gone->text
                  << "). Is it running, with this --state, and may this user speak to it?\n";
        return agent::exit_not_running;
    }
    const auto& got = std::get<access::control_answer>(answer);
    if (got.status >= 300) {
        std::cerr << access::error_text_of(got) << "\n";
        return agent::exit_failed;
    }
    tell(got.body);
    return agent::exit_good;
}

// By the running agent, which goes on with the new key; by this program when none runs.
int renew_key(const std::filesystem::path& state)
{
    const auto answer = access::control_call(access::control_socket_in(state), "POST", "/control/rekey", "");
    if (std::holds_alternative<access::not_running>(answer)) return agent::renew_key(state);
    const auto& got = std::get<access::control_answer>(answer);
    if (got.status >= 300) {
        std::cerr << access::error_text_of(got) << "\n";
        return agent::exit_failed;
    }
    const auto body = nlohmann::json::parse(got.body, nullptr, false);
    std::cout << (body.is_object() ? body.value("agent_id", "") : "") << "\n";
    return agent::exit_good;
}

// The settings and the policy they name; what is wrong with either goes to stderr.
std::optional<agent::run_options> load(const std::filesystem::path& config, bool config_may_be_missing)
{
    agent::run_options options;
    std::string fault;
    const auto text = settings::read_settings_file(config, config_may_be_missing, fault);
    if (!fault.empty()) {
        std::cerr << fault << "\n";
        return std::nullopt;
    }
    auto settings = agent::parse_configuration(text.value_or(""));
    if (const auto* faults = std::get_if<std::vector<settings::settings_fault>>(&settings)) {
        std::cerr << settings::describe(*faults, config.string()) << "\n";
        return std::nullopt;
    }
    options.settings = std::get<agent::configuration>(std::move(settings));

    const bool named = !options.settings.policy_file.empty();
    const std::filesystem::path policy_file =
        named ? options.settings.policy_file : std::filesystem::path(agent::default_policy_file);
    const auto policy_text = settings::read_settings_file(policy_file, !named, fault);
    if (!fault.empty()) {
        std::cerr << fault << "\n";
        return std::nullopt;
    }
    auto policy = agent::parse_policy(policy_text.value_or(""));
    if (const auto* faults = std::get_if<std::vector<settings::settings_fault>>(&policy)) {
        std::cerr << settings::describe(*faults, policy_file.string()) << "\n";
        return std::nullopt;
    }
    options.owner = std::get<agent::policy>(std::move(policy));
    return options;
}

int serve(agent::run_options options, bool verbose)
{
    const auto kept = std::make_shared<agent::log_memory>();
    auto logger = spdlog::stderr_color_mt("agent");
    logger->sinks().push_back(kept);
    spdlog::set_default_logger(std::move(logger));
    options.log = kept;
    spdlog::set_level(verbose ? spdlog::level::debug : spdlog::level::from_str(options.settings.log_level));
    spdlog::flush_on(spdlog::level::info);
    return agent::run_agent(options);
}

} // namespace

int main(int argc, char** argv)
{
    transport::keep_freed_memory();
    CLI::App program{"layerline-agent: puts the printer of this host on the network"};
    program.set_version_flag("--version", std::string(agent::version));
    std::filesystem::path state = "/var/lib/layerline/agent", config = "/etc/layerline/agent.toml", ready;
    bool check = false, as_json = false, verbose = false;
    auto* config_option = program.add_option("--config", config, "configuration file")->capture_default_str();
    program.add_option("--state", state, "folder of the key, the tokens and the files")
        ->capture_default_str();
    program.add_option("--ready", ready, "write the address and the agent id as JSON here once listening");
    program.add_flag("--check", check, "check the configuration and the policy, and exit");
    program.add_flag("--verbose", verbose, "log more");
    auto* status = program.add_subcommand("status", "tell how the running agent is");
    status->add_flag("--json", as_json, "one JSON object");
    auto* reconnect = program.add_subcommand("reconnect", "dial the relay anew, at once");
    auto* unpair = program.add_subcommand("unpair", "forget the relay's key, to be paired with another one");
    auto* rekey =
        program.add_subcommand("rekey", "make a new key for a copied installation; it must be paired anew");
    access::token_command token;
    access::add_token_command(program, token);
    program.require_subcommand(0, 1);
    program.fallthrough();
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& fault) {
        return program.exit(fault) == 0 ? agent::exit_good : agent::exit_bad_input;
    }

    if (!token.verb.empty()) return access::run_token_command(token, state);
    if (*status)
        return ask(state, "GET", "/control/status", [as_json](const std::string& body) {
            std::cout << (as_json ? body + "\n" : agent::as_lines(body));
        });
    if (*reconnect)
        return ask(state, "POST", "/control/reconnect",
                   [](const std::string&) { std::cout << "Connecting anew.\n"; });
    if (*unpair)
        return ask(state, "POST", "/control/unpair", [](const std::string&) {
            std::cout << "The relay's key is forgotten; `layerline-agent status` shows the next code.\n";
        });
    if (*rekey) return renew_key(state);

    auto options = load(config, config_option->empty());
    if (!options) return agent::exit_bad_input;
    if (check) {
        std::cout << config.string() << ": good\n";
        return agent::exit_good;
    }
    options->state = std::filesystem::absolute(state);
    options->ready_file = ready;
    return serve(std::move(*options), verbose);
}
