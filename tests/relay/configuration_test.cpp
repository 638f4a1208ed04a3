#include "relay/configuration.hpp"

#include <catch2/catch.hpp>

using namespace layerline::relay;

namespace {
std::string fault_of(std::string_view toml)
{
    const auto read = parse_configuration(toml, "relay.toml");
    REQUIRE(std::holds_alternative<configuration_fault>(read));
    return std::get<configuration_fault>(read).text;
}
} // namespace

TEST_CASE("an empty configuration gives the defaults", "[relay][configuration]")
{
    const auto read = parse_configuration("", "relay.toml");
    REQUIRE(std::holds_alternative<configuration>(read));
    CHECK(std::get<configuration>(read).port == 8480);
    CHECK(std::get<configuration>(read).address == "127.0.0.1");
}

TEST_CASE("what the owner wrote is read", "[relay][configuration]")
{
    const auto read =
        parse_configuration("[listen]\naddress = \"::\"\nport = 0\nnames = [\"print.example\"]\n"
                            "[limits]\nanswer_timeout_s = 5\n",
                            "relay.toml");
    REQUIRE(std::holds_alternative<configuration>(read));
    const auto& got = std::get<configuration>(read);
    CHECK(got.address == "::");
    CHECK(got.port == 0);
    CHECK(got.names == std::vector<std::string>{"print.example"});
    CHECK(got.answer_timeout_s == 5);
}

TEST_CASE("a mistake in the configuration is told with its line", "[relay][configuration]")
{
    CHECK(fault_of("[listen]\n\nprot = 1\n") == "relay.toml:3: unknown key listen.prot");
    CHECK(fault_of("[lisen]\nport = 1\n").find("relay.toml:2: unknown key lisen.port") == 0);
    CHECK(fault_of("[listen]\nport = 70000\n").find("relay.toml:2: listen.port must be") == 0);
    CHECK(fault_of("[listen]\nport = \"80\"\n").find("relay.toml:2:") == 0);
    CHECK(fault_of("[listen\n").find("relay.toml:") == 0);
    CHECK(fault_of("[listen]\ncertificate = \"a.pem\"\n").find("go together") != std::string::npos);
}

TEST_CASE("limits, figures and the requests' log are read and checked", "[relay][configuration]")
{
    const auto read = parse_configuration(
        "[limits]\nconnections_per_address = 0\nstreams_per_token = 3\nmax_rate_kb_s = 64\n"
        "camera_streams_per_token = 2\n"
        "[metrics]\nlisten = \"off\"\n[log]\nrequests = \"none\"\n",
        "relay.toml");
    REQUIRE(std::holds_alternative<configuration>(read));
    const auto& got = std::get<configuration>(read);
    CHECK(got.connections_per_address == 0);
    CHECK(got.streams_per_token == 3);
    CHECK(got.camera_streams_per_token == 2);
    CHECK(got.max_rate_kb_s == 64);
    CHECK(got.metrics.address.empty());
    CHECK(got.log_requests == logged_requests::none);
    CHECK(fault_of("[metrics]\nlisten = \"9480\"\n").find("relay.toml:2: metrics.listen must be") == 0);
    CHECK(fault_of("[log]\nrequests = \"some\"\n").find("relay.toml:2: log.requests must be") == 0);
    CHECK(fault_of("[limits]\nstreams_per_token = 0\n")
              .find("relay.toml:2: limits.streams_per_token must be") == 0);
}

TEST_CASE("the least agent version stands above the sections and is a version", "[relay][configuration]")
{
    const auto read =
        parse_configuration("minimum_agent_version = \"1.2.3\"\n[listen]\nport = 0\n", "relay.toml");
    REQUIRE(std::holds_alternative<configuration>(read));
    CHECK(std::get<configuration>(read).minimum_agent_version == "1.2.3");
    CHECK(
        fault_of("\nminimum_agent_version = \"new\"\n").find("relay.toml:2: minimum_agent_version must be") ==
        0);
    CHECK(fault_of("minimum_agent_version = 1.2\n").find("relay.toml:1: minimum_agent_version must be") == 0);
    CHECK(fault_of("least = 1\n").find("relay.toml:1: unknown key least") == 0);
}
