// What a printer tells beside its state.
#include "tests/commands/api_desk.hpp"
#include "tests/fakes/talkative_printer.hpp"

using namespace layerline::commands;
using layerline::access::scope;

TEST_CASE("what a printer does not have is 788 with a sentence")
{
    api_desk desk;
    desk.who.scopes.add(scope::console);
    for (const auto* command : {"power/list", "macro/list", "console/lines", "history", "bed-mesh"}) {
        CAPTURE(command);
        const auto told = desk.call("GET", command);
        CHECK(told->status() == 788);
        CHECK_THAT(told->error(), Catch::Contains("has no"));
    }
}

TEST_CASE("lists are told with their units, unknown as null")
{
    api_desk desk;
    layerline::fakes::talkative_printer all;
    desk.printer.more = &all;
    desk.who.scopes.add(scope::console);
    const auto result = [&](const std::string& command, const std::string& query = "") {
        return desk.call("GET", command, query)->body.at("Result");
    };
    CHECK(result("power/list")["Devices"][0]["On"].is_null());
    CHECK(result("macro/list")["Macros"][0]["Parameters"][0]["Default"] == "10");
    const auto lines = result("console/lines", "After=3");
    CHECK(lines["Newest"] == 7);
    CHECK(lines["Missed"] == false);
    CHECK(lines["Lines"][0]["Text"] == "// ok <b>");
    const auto history = result("history", "Offset=20&Limit=10");
    CHECK(all.asked_first == 20);
    CHECK(all.asked_most == 10);
    CHECK(history["Total"] == 9);
    CHECK(history["Jobs"][0]["PrintSec"] == 61.24);
    CHECK(history["Jobs"][0]["StartedTimeSec"].is_null());
    CHECK(result("bed-mesh")["HeightsMm"][1][0] == -0.1);
    CHECK(desk.call("GET", "history", "Limit=101")->status() == 400);
}
