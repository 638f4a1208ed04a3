#include "rig.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>

#include <poll.h>
#include <sys/inotify.h>
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

token_facts token_in(const finished& made)
{
    INFO(made.output);
    REQUIRE(made.exit_code == 0);
    const auto facts = json::parse(made.output);
    return {facts.value("id", ""), facts.value("secret", "")};
}

std::vector<std::string> token_words(const std::string& scopes, const std::vector<std::string>& more)
{
    std::vector<std::string> words{"token", "create", "--name", "test", "--scopes", scopes, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

// Programs under test run beside each other: none takes the default port for its figures.
std::string with_any_port(std::string toml)
{
    if (toml.find("[metrics]") == std::string::npos) toml += "[metrics]\nlisten = \"127.0.0.1:0\"\n";
    return toml;
}

} // namespace

rig::rig(rig_options options) : options_(std::move(options))
{
    for (const auto* name : {"agent/files/gcode", "printhost", "relay"})
        std::filesystem::create_directories(path(name));
    if (!options_.user) return;
    REQUIRE(::chown(memory_.path().c_str(), *options_.user, *options_.user) == 0);
    for (const auto* name : {"", "agent", "agent/files", "agent/files/gcode", "printhost", "relay"})
        REQUIRE(::chown(path(name).c_str(), *options_.user, *options_.user) == 0);
}

program rig::launch(std::vector<std::string> argv, const std::string& name, bool as_user)
{
    argv[0] = program_path(argv[0]).string();
    start_options how;
    if (as_user) how.user = options_.user;
    if (const auto found = options_.max_descriptors.find(name); found != options_.max_descriptors.end())
        how.max_descriptors = found->second;
    if (const auto found = options_.environment.find(name); found != options_.environment.end())
        how.environment = found->second;
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
                                  options_.port_mode};
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
                                  path("printhost").string(),
                                  "--journal",
                                  memory_.path().string()};
    for (const auto& more : options_.host)
        argv.push_back(more);
    std::filesystem::remove(path("host.sock"));
    host.reset();
    host.emplace(launch(std::move(argv), "host", true));
    host->wait_for_file(path("host.sock"));
}

void rig::start_relay()
{
    std::ofstream(path("relay.toml")) << with_any_port(
        options_.relay_toml.empty() ? "[limits]\nrequests_per_minute = 100000\n" : options_.relay_toml);
    // The same port again after a restart, so that the agent's configuration stays true.
    const auto port = relay_url_.empty() ? std::string("0") : std::to_string(port_of(relay_url_));
    std::filesystem::remove(path("relay.ready"));
    relay.reset();
    relay.emplace(
        launch({"layerline-relay", "--state", path("relay").string(), "--config", path("relay.toml").string(),
                "--listen", "127.0.0.1:" + port, "--ready", path("relay.ready").string()},
               "relay", true));
    relay->wait_for_file(path("relay.ready"));
    const auto facts = ready_facts(path("relay.ready"));
    relay_url_ = facts.value("url", "");
    relay_metrics_ = facts.value("metrics", "");
}

void rig::start_agent()
{
    const auto port = agent_url_.empty() ? std::string("0") : std::to_string(port_of(agent_url_));
    {
        std::ofstream toml(path("agent.toml"));
        toml << "[printer]\nsocket = \"" << path("host.sock").string() << "\"\n"
             << options_.agent_printer << "\n[lan]\nlisten = \"127.0.0.1:" << port << "\"\n";
        if (!relay_url_.empty()) {
            toml << "[relay]\nurls = [";
            for (const auto& url : options_.relays_before)
                toml << '"' << url << "\", ";
            const auto to = options_.relay_through == 0
                                ? relay_url_.substr(4)
                                : "://127.0.0.1:" + std::to_string(options_.relay_through);
            toml << "\"ws" << to << "\"]\n" << options_.agent_relay << "\n";
        }
        toml << with_any_port(options_.agent_toml.empty() ? "[files]\nreserve_mb = 1\n"
                                                          : options_.agent_toml);
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
    agent_metrics_ = facts.value("metrics", "");
    if (agent_token_.empty()) agent_token_ = make_agent_token("view,control,files").secret;
}

void rig::pair()
{
    relay_token_ = make_relay_token("view,control,files").secret;
    const auto claimed = relay_command({"claim", pairing_code(), "--name", "rig"});
    INFO(claimed.output);
    REQUIRE(claimed.exit_code == 0);
    wait_for_tunnel(); // it begins a moment after the claim
}

std::string rig::pairing_code() const
{
    // The agent shows its code once the relay has welcomed it.
    std::string code;
    (void)becomes([&] {
        const auto status = agent_status();
        if (status.is_object() && status["pairing"].is_object()) code = status["pairing"].value("code", "");
        return !code.empty();
    });
    REQUIRE_FALSE(code.empty());
    return code;
}

bool rig::becomes(const std::function<bool()>& so, seconds patience) const
{
    const auto until = std::chrono::steady_clock::now() + patience;
    const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    REQUIRE(watch >= 0);
    ::inotify_add_watch(watch, folder_.path().c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO);
    bool is_so = false;
    while (!(is_so = so()) && std::chrono::steady_clock::now() < until) {
        // The question itself may be logged: without a pause it would be asked again at once, for ever.
        (void)::poll(nullptr, 0, 20);
        pollfd logged{watch, POLLIN, 0};
        (void)::poll(&logged, 1, 100);
        char events[4096];
        while (::read(watch, events, sizeof events) > 0) {
        }
    }
    ::close(watch);
    return is_so;
}

void rig::wait_for_tunnel(seconds patience) const
{
    web_answer pinged;
    (void)becomes(
        [&] {
            pinged = at_relay("GET", "ping");
            return pinged.code() == 200;
        },
        patience);
    INFO(pinged.body << pinged.error);
    REQUIRE(pinged.code() == 200);
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
    asked.ca_file = options_.ca_file;
    return web(asked);
}

finished rig::cli(std::vector<std::string> arguments, seconds patience) const
{
    arguments.insert(arguments.begin(), program_path("layerline").string());
    start_options how;
    how.environment = {"LAYERLINE_URL=" + relay_url_, "LAYERLINE_PRINTER=" + agent_id_,
                       "LAYERLINE_TOKEN=" + relay_token_};
    if (!options_.ca_file.empty())
        how.environment.push_back("LAYERLINE_CA_FILE=" + options_.ca_file.string());
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

json rig::agent_status() const
{
    return json::parse(agent_command({"status", "--json"}).output, nullptr, false);
}

token_facts rig::make_relay_token(const std::string& scopes, const std::vector<std::string>& more) const
{
    return token_in(relay_command(token_words(scopes, more)));
}

token_facts rig::make_agent_token(const std::string& scopes) const
{
    return token_in(agent_command(token_words(scopes, {})));
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

std::string small_job(int lines, int feed_mm_per_min)
{
    std::string gcode = "G28\nG90\nG1 Z5 F3000\n";
    for (int i = 0; i < lines; ++i)
        gcode += "G1 X" + std::to_string(20 + i % 100) + " Y" + std::to_string(20 + (i / 2) % 100) + " F" +
                 std::to_string(feed_mm_per_min) + "\n";
    return gcode;
}

std::string warm_job(int lines)
{
    return "M190 S60\nM109 S200\n" + small_job(lines) + "M104 S0\nM140 S0\n";
}

} // namespace layerline::tests
