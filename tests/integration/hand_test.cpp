// What people do by hand, through the real programs to the virtual printer and back.
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace layerline::tests;
using nlohmann::json;

namespace {

json status_of(const rig& at)
{
    return json::parse(at.at_relay("GET", "status").body).at("Result").at("Layerline");
}

int code_of(const rig& at, const std::string& command, const std::string& body)
{
    return json::parse(at.at_relay("POST", command, body).body).at("Status").get<int>();
}

} // namespace

TEST_CASE("a phone moves the head, sets fan and speed, and sees them in the status", "[hand]")
{
    rig at({.relay_toml = "[limits]\nrequests_per_minute = 100000\n"});
    at.start_all();
    CHECK(code_of(at, "move-axis", R"({"Axis":"X","DistanceMm":10})") == 786); // not homed
    CHECK(code_of(at, "home", "{}") == 200);
    REQUIRE(at.becomes([&] { return status_of(at).at("Homed") == "xyz"; }));
    REQUIRE(at.becomes([&] { return status_of(at).at("Position").at("ZMm").is_number(); }));
    const auto height = status_of(at).at("Position").at("ZMm").get<double>();
    const auto moved = [&](const char* body) { return code_of(at, "move-axis", body) == 200; };
    REQUIRE(at.becomes([&] { return moved(R"({"Axis":"Z","DistanceMm":15})"); })); // once the homing is over
    REQUIRE(at.becomes([&] { return moved(R"({"Axis":"X","DistanceMm":12.5})"); }));
    CHECK(at.becomes([&] {
        const auto now = status_of(at);
        const auto& position = now.at("Position");
        return position.at("XMm") == 12.5 && position.at("ZMm") == height + 15;
    }));
    CHECK(code_of(at, "fan", R"({"Percent":40})") == 200);
    CHECK(code_of(at, "speed", R"({"Percent":120})") == 200);
    CHECK(at.becomes([&] {
        const auto now = status_of(at);
        return now.at("SpeedPercent") == 120 && now.at("Fan") > 0.39 && now.at("Fan") < 0.41;
    }));
    CHECK(code_of(at, "extrude", R"({"DistanceMm":5})") == 786); // cold
    CHECK(code_of(at, "macro", R"({"Name":"PARK"})") == 788);
    CHECK(status_of(at).at("BedClear") == false);
}

TEST_CASE("the console is shut until the owner opens it, and then answers with the printer's words", "[hand]")
{
    rig shut;
    shut.start_all();
    const auto token = shut.make_relay_token("view,console").secret;
    shut.use_relay_token(token);
    CHECK(shut.at_relay("POST", "console", R"({"Gcode":"M115"})").status == 403);

    rig open;
    std::ofstream(open.path("policy.toml")) << "forbidden_scopes = []\n[caps]\nmax_tool_c = 240\n";
    open.options().agent_toml =
        "[files]\nreserve_mb = 1\n[policy]\nfile = \"" + open.path("policy.toml").string() + "\"\n";
    open.start_all();
    open.use_relay_token(open.make_relay_token("view,console").secret);
    const auto said = json::parse(open.at_relay("POST", "console", R"({"Gcode":"m115"})").body);
    CAPTURE(said.dump());
    REQUIRE(said.at("Status") == 200);
    CHECK(said.at("Result").at("Reply").get<std::string>().find("FIRMWARE_NAME:") == 0);
    const auto heat = json::parse(open.at_relay("POST", "console", R"({"Gcode":"M105"})").body);
    CHECK(heat.at("Result").at("Reply").get<std::string>().find("ok T:") == 0);
    CHECK(code_of(open, "console", R"({"Gcode":"M104 S245"})") == 400);
    CHECK(code_of(open, "console", R"({"Gcode":"M112"})") == 788);
    const auto unknown = json::parse(open.at_relay("POST", "console", R"({"Gcode":"M9876"})").body);
    CHECK(unknown.at("Result").at("Reply").get<std::string>().find("nknown command") != std::string::npos);
}
