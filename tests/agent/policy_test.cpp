// policy.toml: the owner's last word.
#include "agent/policy.hpp"

#include <catch2/catch.hpp>

using namespace layerline;
using namespace layerline::agent;
using access::scope;
using access::scope_set;

namespace {
policy good(std::string_view toml)
{
    auto parsed = parse_policy(toml);
    REQUIRE(std::holds_alternative<policy>(parsed));
    return std::get<policy>(parsed);
}
} // namespace

TEST_CASE("without a policy, console and whole local pages are never granted")
{
    const scope_set everything{scope::control, scope::files, scope::console, scope::ui, scope::admin};
    const auto left = good("").permitted(everything);
    CHECK(left == scope_set{scope::control, scope::files, scope::admin});
}

TEST_CASE("the policy takes scopes from whoever grants them, and gives none")
{
    const auto p = good("forbidden_scopes = [\"control\", \"ui\"]\n");
    CHECK(p.permitted({scope::control}) == scope_set{scope::view});
    CHECK(p.permitted({scope::console}) == scope_set{scope::console});
    CHECK(p.permitted({scope::view}) == scope_set{scope::view});
    CHECK(p.permitted({}).empty());
}

TEST_CASE("forbidding view forbids everything")
{
    CHECK(good("forbidden_scopes = [\"view\"]\n").permitted({scope::control, scope::view}).empty());
}

TEST_CASE("caps lower the printer's limits and never raise them")
{
    const auto p = good("[caps]\nmax_tool_c = 240\nmax_bed_c = 90.5\n");
    auto c = p.capped({true, true, 300.0, 80.0, std::nullopt});
    CHECK(c.max_tool_c == 240.0);
    CHECK(c.max_bed_c == 80.0);
    CHECK_FALSE(c.max_chamber_c);
    CHECK(p.capped({}).max_tool_c == 240.0);
}

TEST_CASE("heat over a cap is refused with a sentence; cooling and other actions are not")
{
    const auto p = good("[caps]\nmax_tool_c = 240\nmax_bed_c = 90\n");
    CHECK_FALSE(p.forbids(printer::set_temperature{"tool0", 240}));
    CHECK_FALSE(p.forbids(printer::set_temperature{"tool1", 0}));
    CHECK_FALSE(p.forbids(printer::set_temperature{"chamber", 150}));
    const auto why = p.forbids(printer::set_temperature{"tool1", 241});
    REQUIRE(why);
    CHECK(why->code == printer::printer_errc::out_of_range);
    CHECK(why->detail.find("240") != std::string::npos);
    CHECK(p.forbids(printer::set_temperature{"bed", 91}));
    CHECK_FALSE(p.forbids(printer::emergency_stop{}));
}

TEST_CASE("a console line is held to the caps, in Marlin's words and in Klipper's")
{
    const auto p = good("[caps]\nmax_tool_c = 240\nmax_bed_c = 90\n");
    for (const auto* line : {"M104 S241", "m109 r250", "M140 S91", "M190 R100", "M303 E0 S250",
                             "SET_HEATER_TEMPERATURE HEATER=extruder TARGET=250",
                             "set_heater_temperature heater=heater_bed target=95"}) {
        CAPTURE(line);
        CHECK(p.forbids(printer::run_gcode{line}));
    }
    for (const auto* line :
         {"M104 S240", "M140 S0", "M115", "G1 X5", "SET_HEATER_TEMPERATURE HEATER=extruder",
          "SET_HEATER_TEMPERATURE HEATER=extruder TARGET=200"}) {
        CAPTURE(line);
        CHECK_FALSE(p.forbids(printer::run_gcode{line}));
    }
}

TEST_CASE("power is switched on from afar only where the owner allows it, and off at any time")
{
    const auto silent = good("");
    const auto why = silent.forbids(printer::set_power{"psu", true});
    REQUIRE(why);
    CHECK(why->code == printer::printer_errc::forbidden);
    CHECK_FALSE(silent.forbids(printer::set_power{"psu", false}));
    CHECK_FALSE(good("power_on = true\n").forbids(printer::set_power{"psu", true}));
}

TEST_CASE("an emergency stop may do beyond itself what the owner wrote, and nothing else")
{
    const auto silent = good("").emergency;
    CHECK_FALSE((silent.break_waits || silent.reset_board || !silent.power_device.empty()));
    const auto all =
        good("[emergency]\nbreak_waits = true\nreset_board = true\npower_device = \"psu\"\n").emergency;
    CHECK((all.break_waits && all.reset_board && all.power_device == "psu"));
}

TEST_CASE("faults of a policy are told with their line")
{
    const auto faults = [](std::string_view toml) {
        auto parsed = parse_policy(toml);
        auto* found = std::get_if<std::vector<layerline::settings::settings_fault>>(&parsed);
        REQUIRE(found);
        return describe(*found, "policy.toml");
    };
    CHECK(faults("forbidden_scopes = [\"everything\"]\n").find("policy.toml:1: forbidden_scopes must be") ==
          0);
    CHECK(faults("\nforbiden = []\n") == "policy.toml:2: unknown key forbiden");
    CHECK(faults("[caps]\nmax_tool_c = 1e9\n").find("policy.toml:2: caps.max_tool_c must be a number") == 0);
    CHECK(faults("[caps]\nmax_tool_c = nan\n").find("policy.toml:2:") == 0);
}
