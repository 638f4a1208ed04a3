// Which printer a host is for, and whether another site's page is behind a request.
#include "relay/configuration.hpp"
#include "relay/host_mode.hpp"
#include "relay/routing.hpp"

#include <catch2/catch.hpp>

using namespace layerline::relay;
using layerline::access::scope;
using layerline::transport::fields;

namespace {

const host_mode_settings on{"print.example", "https"};
const public_host place{"https", "lab.print.example"};

bool elsewhere(const std::string& method, const fields& headers, bool websocket = false, bool api = false)
{
    return from_elsewhere(method, headers, websocket, place, api);
}

} // namespace

TEST_CASE("a host below the domain has a label and a place", "[relay][host]")
{
    auto found = host_of_printer("lab.print.example", on);
    REQUIRE(found);
    CHECK(found->label == "lab");
    CHECK(found->place.origin() == "https://lab.print.example");
    found = host_of_printer("LAB.Print.Example:8480", on);
    REQUIRE(found);
    CHECK(found->label == "lab");
    CHECK(found->place.origin() == "https://lab.print.example:8480");
    CHECK(host_of_printer("lab.print.example:443", on)->place.host == "lab.print.example");
    CHECK(host_of_printer("lab.print.example:80", on)->place.host == "lab.print.example:80");
    CHECK(host_of_printer("lab.print.example:80", {"print.example", "http"})->place.host ==
          "lab.print.example");
}

TEST_CASE("a host that is not below the domain is not a printer's", "[relay][host]")
{
    for (const auto* host : {"", "print.example", ".print.example:1x", "labprint.example",
                             "lab.print.example.evil", "127.0.0.1", "[::1]:8480", "lab.print.example:",
                             "lab.print.example:99999999", "lab.print.example.", "print.example:8480"})
        CHECK_FALSE(host_of_printer(host, on));
    CHECK_FALSE(host_of_printer("lab.print.example", {}));
    CHECK_FALSE(host_of_printer(std::string(300, 'a') + ".print.example", on));
}

TEST_CASE("what is no label finds no printer, but stays in host mode", "[relay][host]")
{
    for (const auto* host :
         {".print.example", "a.b.print.example", "-a.print.example", "a-.print.example", "a_b.print.example",
          "a b.print.example", "%61.print.example", "\xc3\xa4.print.example"}) {
        INFO(host);
        const auto found = host_of_printer(host, on);
        REQUIRE(found);
        CHECK(found->label.empty());
    }
    CHECK(is_domain("print.example"));
    CHECK(is_domain("localhost"));
    for (const auto* bad : {"", ".", "a..b", "A.b", "a.b.", "-a.b", "a.b:80", "https://a.b", "*.a"})
        CHECK_FALSE(is_domain(bad));
}

TEST_CASE("a printer's host carries everything to its UI but the commands", "[relay][host]")
{
    const auto route = [](const std::string& target) {
        auto found = route_of(target, "lab.print.example", on);
        REQUIRE(std::holds_alternative<to_printer>(found));
        return std::get<to_printer>(found);
    };
    for (const auto* target :
         {"/", "/server/info?x=1", "/healthz", "/tunnel/v1", "/app/", "/workshop/x", "/api/version", "*", "",
          "/printers/abcdefghijklmnopqrstuvwxy2/plugin-api/v1/status", "//plugin-api/v1/ping", "/plugin-api",
          "/./plugin-api/v1/ping", "/%70lugin-api/v1/ping", "/Plugin-Api/v1/ping",
          "/x/../plugin-api/v1/ping"}) {
        INFO(target);
        const auto found = route(target);
        CHECK(found.ui);
        CHECK(found.needed == scope::ui);
        CHECK(found.target == target);
        CHECK(found.label == "lab");
        CHECK(found.agent_id.empty());
        CHECK(found.place->host == "lab.print.example");
    }
    for (const auto* target :
         {"/plugin-api/v1/status", "/octoeverywhere-command-api/pause", "/plugin-api/../server/x"}) {
        INFO(target);
        const auto found = route(target);
        CHECK_FALSE(found.ui);
        CHECK(found.needed == scope::view);
    }
    CHECK(std::holds_alternative<to_health>(route_of("/healthz", "relay.example", on)));
    CHECK(std::holds_alternative<to_health>(route_of("/healthz", "print.example", on)));
    CHECK(std::holds_alternative<to_nowhere>(route_of("/", "relay.example", on)));
    CHECK(std::holds_alternative<to_nowhere>(route_of("/", "lab.print.example", {})));
}

TEST_CASE("another site's origin is refused, whatever the method", "[relay][host]")
{
    for (const auto* bad : {"https://evil.example", "https://other.print.example", "http://lab.print.example",
                            "null", "", "https://lab.print.example:8443", "https://lab.print.example/",
                            "https://print.example", "https://lab.print.example.evil.example"}) {
        INFO(bad);
        for (const auto* method : {"GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
            CHECK(elsewhere(method, {{"origin", bad}}));
        CHECK(elsewhere("GET", {{"origin", bad}}, true));
    }
    CHECK_FALSE(elsewhere("POST", {{"origin", "https://lab.print.example"}}));
    CHECK_FALSE(elsewhere("POST", {{"origin", "https://LAB.print.example"}}));
    CHECK_FALSE(elsewhere("GET", {{"origin", "https://lab.print.example"}}, true));
    CHECK(elsewhere("POST", {{"origin", "https://lab.print.example"}, {"origin", "https://evil.example"}}));
}

TEST_CASE("programs send no origin and pass", "[relay][host]")
{
    for (const auto* method : {"GET", "POST", "PUT", "DELETE"})
        CHECK_FALSE(elsewhere(method, {}));
    CHECK_FALSE(elsewhere("GET", {}, true));
    CHECK_FALSE(elsewhere("POST", {}, false, true));
}

TEST_CASE("what a browser says of the asking site counts, and only a followed link may come from elsewhere",
          "[relay][host]")
{
    const fields link{
        {"sec-fetch-site", "cross-site"}, {"sec-fetch-mode", "navigate"}, {"sec-fetch-dest", "document"}};
    CHECK_FALSE(elsewhere("GET", link));
    CHECK(elsewhere("GET", link, false, true)); // a link to a command
    CHECK(elsewhere("POST", link));
    CHECK(elsewhere("GET", link, true));
    const fields frame{
        {"sec-fetch-site", "cross-site"}, {"sec-fetch-mode", "navigate"}, {"sec-fetch-dest", "iframe"}};
    CHECK(elsewhere("GET", frame));
    const fields image{
        {"sec-fetch-site", "same-site"}, {"sec-fetch-mode", "no-cors"}, {"sec-fetch-dest", "image"}};
    CHECK(elsewhere("GET", image)); // another printer's page, under the same domain
    for (const auto* own : {"same-origin", "none"}) {
        CHECK_FALSE(elsewhere("GET", {{"sec-fetch-site", own}, {"sec-fetch-mode", "cors"}}));
        CHECK_FALSE(elsewhere("GET", {{"sec-fetch-site", own}}, false, true));
    }
    CHECK(elsewhere("GET", {{"sec-fetch-site", "nonsense"}}));
}

TEST_CASE("a change whose referer is another site's is refused where there is no origin", "[relay][host]")
{
    CHECK(elsewhere("POST", {{"referer", "https://evil.example/"}}));
    CHECK(elsewhere("GET", {{"referer", "https://evil.example/"}}, true));
    CHECK(elsewhere("POST", {{"referer", "https://lab.print.example.evil.example/"}}));
    CHECK_FALSE(elsewhere("POST", {{"referer", "https://lab.print.example/dash"}}));
    CHECK_FALSE(elsewhere("GET", {{"referer", "https://evil.example/"}}));
}

TEST_CASE("host mode is off until a domain is given, and then https unless it says otherwise",
          "[relay][host]")
{
    const auto read = [](const std::string& toml) { return parse_configuration(toml, "relay.toml"); };
    CHECK(std::get<configuration>(read("")).host_mode.domain.empty());
    const auto on_by_name = std::get<configuration>(read("[host_mode]\ndomain = \"print.example\"\n"));
    CHECK(on_by_name.host_mode.domain == "print.example");
    CHECK(on_by_name.host_mode.scheme == "https");
    CHECK(std::get<configuration>(read("[host_mode]\ndomain = \"a.b\"\nscheme = \"http\"\n"))
              .host_mode.scheme == "http");
    for (const auto* bad : {"domain = \"Print.example\"", "domain = \"*.print.example\"", "domain = \"\"",
                            "domain = \"print.example:80\"", "scheme = \"ftp\"", "scheme = 1"}) {
        INFO(bad);
        const auto fault = read(std::string("[host_mode]\n") + bad + "\n");
        REQUIRE(std::holds_alternative<configuration_fault>(fault));
        CHECK(std::get<configuration_fault>(fault).text.find("relay.toml:2: host_mode.") == 0);
    }
}
