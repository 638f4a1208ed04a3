// agent.toml: every key, every fault with its line.
#include "agent/configuration.hpp"

#include <catch2/catch.hpp>

using namespace layerline;
using namespace layerline::agent;

namespace {

configuration good(std::string_view toml)
{
    auto parsed = parse_configuration(toml);
    if (auto* faults = std::get_if<std::vector<layerline::settings::settings_fault>>(&parsed))
        FAIL(describe(*faults, "agent.toml"));
    return std::get<configuration>(parsed);
}

std::string faults(std::string_view toml)
{
    auto parsed = parse_configuration(toml);
    auto* found = std::get_if<std::vector<layerline::settings::settings_fault>>(&parsed);
    REQUIRE(found);
    return describe(*found, "agent.toml");
}

} // namespace

TEST_CASE("an empty agent.toml gives the defaults: a local printer, loopback, no relay")
{
    const auto c = good("");
    CHECK(c.socket == "/run/layerline/printhost.sock");
    CHECK_FALSE(c.listen);
    CHECK(c.relays.empty());
    CHECK_FALSE(c.allow_insecure);
    CHECK(c.reserve_mb == 256);
}

TEST_CASE("every key of agent.toml is taken")
{
    const auto c = good(R"(
[printer]
link = "serial"
socket = "/tmp/p.sock"
[lan]
listen = "[::]:9000"
[relay]
urls = ["wss://Relay.example/", "ws://127.0.0.1:8480"]
ca_file = "/etc/ca.pem"
allow_insecure = true
channel_binding = "off"
[files]
folder = "/srv/files"
reserve_mb = 1
max_upload_mb = 2
[policy]
file = "/etc/p.toml"
[log]
level = "debug"
)");
    CHECK(c.listen == endpoint{"::", 9000});
    REQUIRE(c.relays.size() == 2);
    CHECK(c.relays[0] == relay_url{"wss://Relay.example", "relay.example", true, false});
    CHECK(c.relays[1] == relay_url{"ws://127.0.0.1:8480", "127.0.0.1", false, true});
    CHECK(c.binding == access::binding_mode::off);
    CHECK(c.folder == "/srv/files");
    CHECK(c.max_upload_mb == 2);
    CHECK(c.log_level == "debug");
}

TEST_CASE("unknown keys, wrong types and values out of range are told with file and line")
{
    CHECK(faults("[lan]\nlisten = \"127.0.0.1:0\"\nlissen = 1\n") == "agent.toml:3: unknown key lan.lissen");
    CHECK(faults("colour = 1\n") == "agent.toml:1: unknown key colour");
    CHECK(faults("[weather]\nx = 1\n") == "agent.toml:2: unknown key weather.x");
    CHECK(faults("lan = 3\n") == "agent.toml:1: lan must be a section: [lan]");
    CHECK(
        faults("[files]\nreserve_mb = -1\n").find("agent.toml:2: files.reserve_mb must be a whole number") ==
        0);
    CHECK(faults("[files]\nreserve_mb = \"9\"\n").find("agent.toml:2: files.reserve_mb must be") == 0);
    CHECK(faults("[files]\nfolder = \"relative\"\n").find("agent.toml:2: files.folder must be") == 0);
    CHECK(faults("[printer]\nlink = \"klipper\"\n").find("agent.toml:2: printer.link must be") == 0);
    CHECK(faults("[relay]\nallow_insecure = 1\n").find("agent.toml:2:") == 0);
    CHECK(faults("[relay]\nurls = [1]\n").find("agent.toml:2: relay.urls must be a list of texts") == 0);
    CHECK(faults("[lan\n").find("agent.toml:1: ") == 0);
}

TEST_CASE("Klipper is reached through Moonraker's address, its key from a file")
{
    const auto read = parse_configuration("[printer]\nlink = \"moonraker\"\nurl = \"http://127.0.0.1:7125\"\n"
                                          "api_key_file = \"/etc/layerline/moonraker.key\"\n");
    const auto* settings = std::get_if<configuration>(&read);
    REQUIRE(settings);
    CHECK(settings->moonraker);
    CHECK(settings->moonraker_url == "http://127.0.0.1:7125");
    CHECK(settings->api_key_file == "/etc/layerline/moonraker.key");
    for (const auto* fine : {"ws://127.0.0.1:7125/websocket", "wss://pi.example/one/websocket",
                             "https://pi.example", "unix:/run/moonraker.sock", "/run/moonraker.sock"})
        CHECK(moonraker_url_fault(fine).empty());
    for (const auto* bad : {"", "/", "unix:", "unix:relative", "ftp://a", "ws://", "ws://a/b", "ws://a:0",
                            "ws://a/websocket?token=1", "ws://me@a/websocket"})
        CHECK_FALSE(moonraker_url_fault(bad).empty());
    const std::string plain = "[printer]\nlink = \"moonraker\"\nurl = \"ws://192.0.2.7:7125/websocket\"\n";
    CHECK(faults(plain).find("is not encrypted") != std::string::npos);
    CHECK(good(plain + "allow_insecure = true\n").moonraker_insecure);
    const std::string socket = "[printer]\nlink = \"moonraker\"\nurl = \"unix:/run/moonraker.sock\"\n";
    CHECK(good(socket).moonraker_files_url == "http://127.0.0.1:7125");
    CHECK(good(socket + "files_url = \"https://pi.example\"\n").moonraker_files_url == "https://pi.example");
    for (const auto* bad : {"ws://127.0.0.1:7125", "/run/moonraker.sock", "http://", "http://192.0.2.7:7125"})
        CHECK_FALSE(faults(socket + "files_url = \"" + bad + "\"\n").empty());
}

TEST_CASE("several faults are told at once, in order")
{
    CHECK(faults("[lan]\nb = 1\na = 1\n") ==
          "agent.toml:2: unknown key lan.b\nagent.toml:3: unknown key lan.a");
}

TEST_CASE("an unencrypted relay is refused away from loopback unless the owner allows it")
{
    CHECK(faults("[relay]\nurls = [\"ws://relay.example\"]\n").find("not encrypted") != std::string::npos);
    CHECK_NOTHROW(good("[relay]\nurls = [\"ws://localhost:1\", \"ws://[::1]:2\", \"ws://127.9.9.9\"]\n"));
    CHECK_NOTHROW(good("[relay]\nurls = [\"ws://relay.example\"]\nallow_insecure = true\n"));
    CHECK(faults("[relay]\nurls = [\"ws://127.0.0.1:1\"]\nchannel_binding = \"tls-exporter\"\n")
              .find("no TLS") != std::string::npos);
}

TEST_CASE("binding follows the address unless it is set")
{
    auto c = good("[relay]\nurls = [\"wss://a.example\", \"ws://127.0.0.1\"]\n");
    CHECK(binding_for(c, c.relays[0]) == access::binding_mode::tls_exporter);
    CHECK(binding_for(c, c.relays[1]) == access::binding_mode::off);
    c = good("[relay]\nurls = [\"wss://a.example\"]\nchannel_binding = \"off\"\n");
    CHECK(binding_for(c, c.relays[0]) == access::binding_mode::off);
}

TEST_CASE("addresses to listen at are numeric, with a port")
{
    CHECK(parse_endpoint("0.0.0.0:0") == endpoint{"0.0.0.0", 0});
    CHECK(parse_endpoint("[::1]:65535") == endpoint{"::1", 65535});
    for (const auto* wrong : {"", ":1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80",
                              "localhost:80", "1.2.3:4", "[]:1", "127.0.0.1:-1", "127.0.0.1:8 "})
        CHECK_FALSE(parse_endpoint(wrong));
    CHECK(url_of({"::1", 8481}) == "http://[::1]:8481");
    CHECK(url_of({"127.0.0.1", 1}) == "http://127.0.0.1:1");
}

TEST_CASE("relay addresses are ws or wss with a host, and nothing that could carry a secret")
{
    for (const auto* wrong :
         {"", "relay.example", "http://relay.example", "wss://", "wss:///x", "wss://u:p@h", "wss://h?x=1",
          "wss://h#f", "wss://h:0", "wss://h:99999", "wss://a b"}) {
        CAPTURE(wrong);
        CHECK(std::holds_alternative<std::string>(parse_relay_url(wrong)));
    }
    CHECK(std::get<relay_url>(parse_relay_url("wss://[::1]:1/base/")) ==
          relay_url{"wss://[::1]:1/base", "::1", true, true});
}

TEST_CASE("a file that cannot be read says why; a missing one may be missing")
{
    std::string fault;
    CHECK_FALSE(layerline::settings::read_settings_file("/nonexistent/agent.toml", true, fault));
    CHECK(fault.empty());
    CHECK_FALSE(layerline::settings::read_settings_file("/nonexistent/agent.toml", false, fault));
    CHECK(fault.find("/nonexistent/agent.toml: cannot be read: No such file") == 0);
    fault.clear();
    CHECK_FALSE(layerline::settings::read_settings_file("/", true, fault));
    CHECK_FALSE(fault.empty());
}

TEST_CASE("limits, figures and the requests' log have defaults, and are checked")
{
    const auto read = [](std::string_view toml) {
        const auto all = parse_configuration(toml);
        REQUIRE(std::holds_alternative<configuration>(all));
        return std::get<configuration>(all).limits;
    };
    CHECK(read("").metrics_port == 9481);
    CHECK(read("").metrics_address == "127.0.0.1");
    CHECK(read("[metrics]\nlisten = \"off\"\n").metrics_address.empty());
    CHECK(read("[metrics]\nlisten = \"[::1]:0\"\n").metrics_address == "::1");
    const auto given =
        read("[limits]\nmax_connections = 5\nconnections_per_address = 0\nstreams_per_token = 2\n"
             "requests_per_minute = 60\nmax_header_kb = 8\n[log]\nrequests = \"failures\"\n");
    CHECK(given.max_connections == 5);
    CHECK(given.connections_per_address == 0);
    CHECK(given.streams_per_token == 2);
    CHECK(given.requests_per_minute == 60);
    CHECK(given.max_header_kb == 8);
    CHECK(given.log_requests == "failures");
    for (const auto* wrong : {"[limits]\nmax_header_kb = 1\n", "[limits]\nstreams_per_token = 0\n",
                              "[metrics]\nlisten = \"localhost:1\"\n", "[log]\nrequests = \"some\"\n"}) {
        INFO(wrong);
        CHECK(std::holds_alternative<std::vector<layerline::settings::settings_fault>>(
            parse_configuration(wrong)));
    }
}
