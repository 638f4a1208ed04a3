#include "rig.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

namespace layerline::tests {

using nlohmann::json;

namespace {

json ready_facts(const std::filesystem::path& file)
{
    auto facts = json::parse(content_of(file), nullptr, false);
    REQUIRE(facts.is_object());
    return facts;
}

} // namespace

rig::rig(rig_options options) : options_(std::move(options))
{
    for (const auto* name : {"agent/files/gcode", "printhost", "relay"})
        std::filesystem::create_directories(path(name));
    if (!options_.user) return;
    for (const auto* name : {"", "agent", "agent/files", "agent/files/gcode", "printhost", "relay"})
        REQUIRE(::chown(path(name).c_str(), *options_.user, *options_.user) == 0);
}

program rig::launch(std::vector<std::string> argv, const std::string& name, bool as_user)
{
    argv[0] = program_path(argv[0]).string();
    start_options how;
    if (as_user) how.user = options_.user;
    return program(std::move(argv), path(name + ".log"), std::move(how));
}

void rig::start_printer()
{
    std::vector<std::string> argv{"layerline-virtual-printer",
                                  "--link",
                                  path("printer").string(),
                                  "--ready",
                                  path("printer.ready").string(),
                                  "--baud",
                                  "1000000",
                                  "--speed",
                                  options_.speed,
                                  "--report",
                                  path("report.json").string(),
                                  "--mode",
                                  "666"};
    for (const auto& more : options_.printer)
        argv.push_back(more);
    std::filesystem::remove(path("printer.ready"));
    printer.reset();
    printer.emplace(launch(std::move(argv), "printer", false));
    printer->wait_for_file(path("printer.ready"));
}

void rig::start_host()
{
    std::vector<std::string> argv{"layerline-printhost",
                                  "--port",
                                  path("printer").string(),
                                  "--baud",
                                  "1000000",
                                  "--socket",
                                  path("host.sock").string(),
                                  "--files",
                                  path("agent/files").string(),
                                  "--state",
                                  path("printhost").string()};
    for (const auto& more : options_.host)
        argv.push_back(more);
    std::filesystem::remove(path("host.sock"));
    host.reset();
    host.emplace(launch(std::move(argv), "host", true));
    host->wait_for_file(path("host.sock"));
}

void rig::start_relay()
{
    std::ofstream(path("relay.toml")) << options_.relay_toml;
    // The same port again after a restart, so that the agent's configuration stays true.
    const auto port = relay_url_.empty() ? std::string("0") : std::to_string(port_of(relay_url_));
    std::filesystem::remove(path("relay.ready"));
    relay.reset();
    relay.emplace(
        launch({"layerline-relay", "--state", path("relay").string(), "--config", path("relay.toml").string(),
                "--listen", "127.0.0.1:" + port, "--ready", path("relay.ready").string()},
               "relay", true));
    relay->wait_for_file(path("relay.ready"));
    relay_url_ = ready_facts(path("relay.ready")).value("url", "");
}

void rig::start_agent()
{
    const auto port = agent_url_.empty() ? std::string("0") : std::to_string(port_of(agent_url_));
    {
        std::ofstream toml(path("agent.toml"));
        toml << "[printer]\nsocket = \"" << path("host.sock").string()
             << "\"\n[lan]\nlisten = \"127.0.0.1:" << port << "\"\n";
        if (!relay_url_.empty()) toml << "[relay]\nurls = [\"ws" << relay_url_.substr(4) << "\"]\n";
        toml << (options_.agent_toml.empty() ? "[files]\nreserve_mb = 1\n" : options_.agent_toml);
    }
    std::filesystem::remove(path("agent.ready"));
    agent.reset();
    agent.emplace(launch({"layerline-agent", "--config", path("agent.toml").string(), "--state",
                          path("agent").string(), "--ready", path("agent.ready").string()},
                         "agent", true));
    agent->wait_for_file(path("agent.ready"));
    const auto facts = ready_facts(path("agent.ready"));
    agent_url_ = facts.value("lan", "");
    agent_id_ = facts.value("agent_id", "");
    if (agent_token_.empty()) {
        const auto made =
            agent_command({"token", "create", "--name", "test", "--scopes", "view,control,files", "--json"});
        INFO(made.output);
        REQUIRE(made.exit_code == 0);
        agent_token_ = json::parse(made.output).value("secret", "");
    }
}

void rig::pair()
{
    const auto made =
        relay_command({"token", "create", "--name", "test", "--scopes", "view,control,files", "--json"});
    INFO(made.output);
    REQUIRE(made.exit_code == 0);
    relay_token_ = json::parse(made.output).value("secret", "");
    // The agent shows its code once the relay has welcomed it.
    std::string code;
    for (int i = 0; i < 200 && code.empty(); ++i) {
        const auto status = json::parse(agent_command({"status", "--json"}).output, nullptr, false);
        if (status.is_object() && status.contains("pairing") && status["pairing"].is_object())
            code = status["pairing"].value("code", "");
    }
    REQUIRE_FALSE(code.empty());
    const auto claimed = relay_command({"claim", code, "--name", "rig"});
    INFO(claimed.output);
    REQUIRE(claimed.exit_code == 0);
    (void)wait_for_state(printer_url(), relay_token_, [](const json&) { return true; });
}

void rig::start_all()
{
    start_printer();
    start_host();
    start_relay();
    start_agent();
    pair();
    (void)wait_for_phase(agent_url_, agent_token_, "idle");
}

std::uint16_t rig::port_of(const std::string& url) const
{
    return static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
}

web_answer rig::at_agent(const std::string& method, const std::string& command, const std::string& body) const
{
    web_request asked;
    asked.method = method;
    asked.url = agent_url_ + "/plugin-api/v1/" + command;
    asked.token = agent_token_;
    asked.body = body;
    return web(asked);
}

web_answer rig::at_relay(const std::string& method, const std::string& command, const std::string& body) const
{
    web_request asked;
    asked.method = method;
    asked.url = printer_url() + "/plugin-api/v1/" + command;
    asked.token = relay_token_;
    asked.body = body;
    return web(asked);
}

finished rig::cli(std::vector<std::string> arguments, seconds patience) const
{
    arguments.insert(arguments.begin(), program_path("layerline").string());
    start_options how;
    how.environment = {"LAYERLINE_URL=" + relay_url_, "LAYERLINE_PRINTER=" + agent_id_,
                       "LAYERLINE_TOKEN=" + relay_token_};
    return run(std::move(arguments), std::move(how), patience);
}

finished rig::relay_command(std::vector<std::string> arguments) const
{
    arguments.insert(arguments.begin(),
                     {program_path("layerline-relay").string(), "--state", path("relay").string()});
    return run(std::move(arguments));
}

finished rig::agent_command(std::vector<std::string> arguments) const
{
    arguments.insert(arguments.begin(),
                     {program_path("layerline-agent").string(), "--state", path("agent").string()});
    return run(std::move(arguments));
}

void rig::put_file(const std::string& name, const std::string& gcode) const
{
    const auto file = path("agent/files/gcode") / name;
    std::ofstream(file, std::ios::binary) << gcode;
    if (options_.user) REQUIRE(::chown(file.c_str(), *options_.user, *options_.user) == 0);
}

json rig::report() const
{
    std::filesystem::remove(path("report.json"));
    printer->signal(SIGHUP);
    printer->wait_for_file(path("report.json"));
    return json::parse(content_of(path("report.json")), nullptr, false);
}

const std::string& lobed_cup()
{
    static const std::string text = run({"xz", "-dc", LAYERLINE_DATA_DIR "/lobed_cup.gcode.xz"}).output;
    return text;
}

std::string small_job(int lines)
{
    std::string gcode = "G28\nG90\nG1 Z5 F3000\n";
    for (int i = 0; i < lines; ++i)
        gcode +=
            "G1 X" + std::to_string(20 + i % 100) + " Y" + std::to_string(20 + (i / 2) % 100) + " F6000\n";
    return gcode;
}

std::string warm_job(int lines)
{
    return "M190 S60\nM109 S200\n" + small_job(lines) + "M104 S0\nM140 S0\n";
}

} // namespace layerline::tests
