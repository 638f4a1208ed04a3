// Where requests go, and whom the relay may speak for.
#include "agent/routing.hpp"

#include <catch2/catch.hpp>

using namespace layerline::agent;

TEST_CASE("both prefixes lead to commands, without the query")
{
    auto r = route_of("/plugin-api/v1/files/list?Path=gcode");
    CHECK(r.to == destination::command);
    CHECK(r.command == "files/list");
    r = route_of("/octoeverywhere-command-api/pause");
    CHECK(r.to == destination::seed_command);
    CHECK(r.command == "pause");
    CHECK(route_of("/api/files/local?x=1").to == destination::slicer);
    CHECK(route_of("/workshop/models/v1/files").to == destination::workshop);
    CHECK(route_of("/workshop/emergency-stop").command.empty()); // no command, whatever it is called
    CHECK(route_of("/workshop").to == destination::nowhere);
    CHECK(route_of("/api/files/local?x=1").command == "files/local");
    CHECK(route_of("/apis").to == destination::nowhere);
}

TEST_CASE("only exact prefixes are routes")
{
    for (const auto* target :
         {"/", "", "*", "/plugin-api", "/plugin-api/v2/ping", "//plugin-api/v1/ping", "/plugin-api/v1",
          "/Plugin-Api/v1/ping", "/healthz/", "/healthz2", "/app/", "/%70lugin-api/v1/ping",
          "http://x/plugin-api/v1/ping", "/api", "/apix/version"})
        CHECK(route_of(target).to == destination::nowhere);
    CHECK(route_of("/healthz?x").to == destination::health);
    CHECK(route_of("/plugin-api/v1/../../etc").command == "../../etc"); // a name that no command has
}

TEST_CASE("a log shows no query and no control character")
{
    CHECK(loggable("/a/b?token=ll_secret") == "/a/b");
    CHECK(loggable("/a\x1b[31m\nb") == "/a?[31m?b");
    CHECK(loggable("/" + std::string(5000, 'x')).size() == 200);
}

TEST_CASE("a relayed principal needs both headers in their form")
{
    auto p = relayed("t-abc", "view,control");
    REQUIRE(p);
    CHECK(p->id == "t-abc");
    CHECK_FALSE(relayed(std::nullopt, "view"));
    CHECK_FALSE(relayed("t-abc", std::nullopt));
    CHECK_FALSE(relayed("", "view"));
    CHECK_FALSE(relayed("t-abc", ""));
    CHECK_FALSE(relayed("t-abc", "root"));
    CHECK_FALSE(relayed("a\nb", "view"));
    CHECK_FALSE(relayed(std::string(129, 'a'), "view"));
}

TEST_CASE("a principal's name comes in a form that a header can hold, or is no name")
{
    const auto name_in = [](std::optional<std::string_view> field) {
        const auto who = relayed("t-1", "view", field);
        REQUIRE(who);
        return who->name;
    };
    CHECK(name_in("cGhvbmU") == "phone");
    CHECK(name_in("VMOpbMOpcGhvbmU") == "T\xc3\xa9l\xc3\xa9phone");
    CHECK(name_in({}).empty());
    CHECK(name_in("").empty());
    CHECK(name_in("phone!").empty()); // no base64url
    CHECK(name_in("YQpi").empty());   // "a\nb"
    CHECK(name_in("_w").empty());     // 0xff is no UTF-8
    CHECK(name_in(std::string(4000, 'A')).empty());
}
