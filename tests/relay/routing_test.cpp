#include "relay/routing.hpp"

#include <catch2/catch.hpp>

using namespace layerline::relay;

namespace {
const std::string id = "abcdefghijklmnopqrstuvwxy2";
}

TEST_CASE("the path mode carries the reserved paths of an agent and nothing else", "[relay][routing]")
{
    const auto route = route_of("/printers/" + id + "/plugin-api/v1/status?x=1");
    REQUIRE(std::holds_alternative<to_printer>(route));
    CHECK(std::get<to_printer>(route).agent_id == id);
    CHECK(std::get<to_printer>(route).target == "/plugin-api/v1/status?x=1");
    CHECK(std::get<to_printer>(route).needed == layerline::access::scope::view);
    CHECK(
        std::holds_alternative<to_printer>(route_of("/printers/" + id + "/octoeverywhere-command-api/ping")));
    CHECK(std::get<to_printer>(route_of("/printers/" + id + "/api/version")).target == "/api/version");
    CHECK(std::get<to_printer>(route_of("/printers/" + id + "/workshop/models/v1/files")).needed ==
          layerline::access::scope::files);
    const auto beside = std::get<to_printer>(route_of("/workshop/models/v1/files?name=x"));
    CHECK(beside.workshop);
    CHECK(beside.target == "/models/v1/files?name=x");
    CHECK(beside.needed == layerline::access::scope::files);
    CHECK(std::holds_alternative<to_nowhere>(route_of("/printers/" + id + "/")));
    CHECK(std::holds_alternative<to_nowhere>(route_of("/printers/" + id)));
    CHECK(std::holds_alternative<to_nowhere>(route_of("/printers/" + id + "/control/tokens")));
}

TEST_CASE("what is no agent id is no printer", "[relay][routing]")
{
    for (const std::string bad : {"", "short", "ABCDEFGHIJKLMNOPQRSTUVWXY2", "abcdefghijklmnopqrstuvwxy1",
                                  "../../../../etc/passwd/abc", "abcdefghijklmnopqrstuvwxyz22"})
        CHECK(std::holds_alternative<to_nowhere>(route_of("/printers/" + bad + "/plugin-api/v1/status")));
}

TEST_CASE("health and the tunnel's door are found whatever the query", "[relay][routing]")
{
    CHECK(std::holds_alternative<to_health>(route_of("/healthz")));
    CHECK(std::holds_alternative<to_health>(route_of("/healthz?now")));
    CHECK(std::holds_alternative<to_tunnel_door>(route_of("/tunnel/v1")));
    CHECK(std::holds_alternative<to_nowhere>(route_of("/tunnel/v2")));
    CHECK(std::holds_alternative<to_nowhere>(route_of("/")));
    CHECK(std::holds_alternative<to_nowhere>(route_of("")));
}

TEST_CASE("a camera's stream is known by its path alone, in both dialects", "[relay][routing]")
{
    const auto is = [](const std::string& target) {
        to_printer where;
        where.target = target;
        return is_camera_stream(where);
    };
    CHECK(is("/plugin-api/v1/webcam/stream"));
    CHECK(is("/octoeverywhere-command-api/webcam/stream?index=1"));
    CHECK_FALSE(is("/plugin-api/v1/webcam/snapshot?x=/webcam/stream"));
    CHECK_FALSE(is("/webcam/stream"));
    CHECK_FALSE(is("/plugin-api/v1/status"));
}
