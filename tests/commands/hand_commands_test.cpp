// What is done by hand reaches the printer as typed values, in the units of the API.
#include "tests/commands/api_desk.hpp"

using namespace layerline::commands;
using layerline::access::scope;
namespace printer = layerline::printer;

namespace {

// The one order that a call became.
template <class T>
T order_of(const std::string& command, const std::string& body)
{
    api_desk desk;
    desk.who.scopes.add(scope::console);
    const auto told = desk.call("POST", command, "", body);
    CAPTURE(command, body, told->body.dump());
    REQUIRE(told->status() == 200);
    REQUIRE(desk.printer.orders.size() == 1);
    REQUIRE(std::holds_alternative<T>(desk.printer.orders[0].what));
    return std::get<T>(desk.printer.orders[0].what);
}

int refused(const std::string& command, const std::string& body)
{
    api_desk desk;
    desk.who.scopes.add(scope::console);
    const auto told = desk.call("POST", command, "", body);
    CHECK(desk.printer.orders.empty());
    return told->status();
}

} // namespace

TEST_CASE("moves and extrusion are asked for in millimetres")
{
    const auto move =
        order_of<printer::move_axis>("move-axis", R"({"Axis":"Y","DistanceMm":-2.5,"FeedMmMin":900})");
    CHECK(move.axis == 'y');
    CHECK(move.distance_mm == -2.5);
    CHECK(move.feed_mm_min == 900);
    CHECK(order_of<printer::move_axis>("move-axis", R"({"Axis":"z","DistanceMm":1})").axis == 'z');
    const auto extrude = order_of<printer::extrude_filament>("extrude", R"({"Extruder":1,"DistanceMm":-5})");
    CHECK(extrude.tool == 1);
    CHECK(extrude.distance_mm == -5);
    for (const auto* body :
         {R"({"Axis":"E","DistanceMm":1})", R"({"Axis":"XY","DistanceMm":1})", R"({"Axis":"X"})",
          R"({"Axis":"X","DistanceMm":501})", R"({"Axis":"X","DistanceMm":"1"})"})
        CHECK(refused("move-axis", body) == 400);
    CHECK(refused("extrude", R"({"DistanceMm":301})") == 400);
}

TEST_CASE("fan, speed and flow are percents outside and shares inside")
{
    CHECK(order_of<printer::set_fan>("fan", R"({"Percent":50})").share == 0.5);
    CHECK(order_of<printer::set_speed>("speed", R"({"Percent":125})").factor == 1.25);
    CHECK(order_of<printer::set_flow>("flow", R"({"Percent":90})").factor == 0.9);
    CHECK(order_of<printer::babystep>("babystep", R"({"ZMm":-0.02})").z_mm == -0.02);
    CHECK(refused("fan", R"({"Percent":101})") == 400);
    CHECK(refused("speed", R"({"Percent":5})") == 400);
    CHECK(refused("flow", R"({"Percent":201})") == 400);
    CHECK(refused("babystep", R"({"ZMm":0.6})") == 400);
}

TEST_CASE("lights and power take a name and whether")
{
    const auto light = order_of<printer::set_light>("set-light", R"({"Name":"case","On":true})");
    CHECK(light.name == "case");
    CHECK(light.on);
    CHECK_FALSE(order_of<printer::set_power>("set-power", R"({"Device":"psu","On":false})").on);
    CHECK(refused("set-light", R"({"Name":"case"})") == 400);
    CHECK(refused("set-light", R"({"Name":"case","On":1})") == 400);
}

TEST_CASE("a macro's parameters are names and values, and nothing of them becomes a line of its own")
{
    const auto macro = order_of<printer::run_macro>(
        "macro", R"({"Name":"LOAD_FILAMENT","Parameters":" TEMP=200  KIND=PLA "})");
    CHECK(macro.name == "LOAD_FILAMENT");
    CHECK(macro.parameters ==
          std::vector<std::pair<std::string, std::string>>{{"TEMP", "200"}, {"KIND", "PLA"}});
    for (const auto* body : {R"({"Name":"A B"})", R"({"Name":"A\nM112"})", R"({"Name":"A;"})",
                             R"({"Name":"A","Parameters":"X"})", R"({"Name":"A","Parameters":"=1"})",
                             R"({"Name":"A","Parameters":"X=1\nM112"})"})
        CHECK(refused("macro", body) == 400);
}

TEST_CASE("a console line comes back with the printer's words")
{
    api_desk desk;
    desk.who.scopes.add(scope::console);
    desk.printer.answers = [](const auto&) {
        printer::performed done;
        done.reply = "ok T:21.0\nsecond \xff";
        return done;
    };
    const auto told = desk.call("POST", "console", "", R"({"Gcode":"M105"})");
    CHECK(told->status() == 200);
    CHECK(told->body["Result"]["Reply"] == "ok T:21.0\nsecond \xef\xbf\xbd");
    CHECK(std::get<printer::run_gcode>(desk.printer.orders[0].what).text == "M105");
    CHECK(refused("console", R"({"Gcode":"M105\nM112"})") == 400);
    CHECK(refused("console", R"({"Gcode":""})") == 400);
}

TEST_CASE("what a printer offers shows in the status bits and the capabilities")
{
    api_desk desk;
    CHECK(desk.call("GET", "status")->body["Result"]["Features"] == 52);
    api_desk rich;
    rich.printer.can.offers = {"set_light", "move_axis", "extrude"};
    CHECK(rich.call("GET", "status")->body["Result"]["Features"] == 63);
    CHECK(rich.call("GET", "capabilities")->body["Result"]["Printer"]["Offers"].size() == 3);
}
