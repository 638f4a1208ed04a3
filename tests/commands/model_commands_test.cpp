#include "tests/commands/api_desk.hpp"

#include "commands/model_printer.hpp"

#include <catch2/catch.hpp>

using namespace layerline::commands;

namespace {

constexpr const char* good = R"({"FileId":"f-1","Printer":"ender-3","Material":"pla","Quality":"0.2",
    "Settings":{"infill":{"amount":40}},"BedClear":true,"ExpectedState":"idle"})";

struct noting_printer final : model_printer {
    std::vector<model_wish> wishes;
    layerline::printer::terms how;
    outcome<json> begin(model_wish wish, const caller&, layerline::printer::terms terms) override
    {
        wishes.push_back(std::move(wish));
        how = std::move(terms);
        return outcome<json>(boost::system::in_place_value, json{{"PrintId", "p-1"}});
    }
    outcome<json> look(const std::string& id, const caller&) override { return fail(404, id); }
    outcome<json> cancel(const std::string& id, const caller&) override { return fail(409, id); }
};

struct model_desk : api_desk {
    noting_printer models;
    model_desk()
    {
        plugin_parts parts;
        parts.models = &models;
        api = make_plugin_api(printer, files, {"agent-1", "0.1.0"}, parts);
    }
};

} // namespace

TEST_CASE("model/print hands its wish and its terms on, and starts nothing by itself")
{
    model_desk desk;
    CHECK(desk.call("POST", "model/print", "", good)->body["Result"]["PrintId"] == "p-1");
    REQUIRE(desk.models.wishes.size() == 1);
    const auto& wish = desk.models.wishes[0];
    CHECK(wish.path == "gcode/f-1.gcode");
    CHECK(wish.start);
    CHECK(wish.bed_clear);
    CHECK(json::parse(wish.settings)["infill"]["amount"] == 40);
    CHECK(desk.models.how.expected_state == layerline::printer::phase::idle);
    CHECK(desk.printer.orders.empty());
}

TEST_CASE("model/print needs control and files, and a name that the printer's files can have")
{
    model_desk desk;
    for (const char* name : {"../x.gcode", "a.stl", "/etc/x.gcode"}) {
        CAPTURE(name);
        auto body = json::parse(good);
        body["Name"] = name;
        CHECK(desk.call("POST", "model/print", "", body.dump())->status() == 400);
    }
    for (const auto one : {layerline::access::scope::control, layerline::access::scope::files}) {
        desk.who.scopes = {layerline::access::scope::view, one};
        CHECK(desk.call("POST", "model/print", "", good)->status() == 403);
    }
    CHECK(desk.models.wishes.empty());
}

TEST_CASE("without a workshop model/print says so")
{
    api_desk desk;
    const auto said = desk.call("POST", "model/print", "", good);
    CHECK(said->status() == 788);
    CHECK_THAT(said->error(), Catch::Contains("workshop"));
}
