// What takes a cleared bed away on Klipper, and the emergency stop that Klipper does not confirm.
#include "moonraker_bench.hpp"

using namespace layerline::printer;
using namespace layerline::printer::moonraker;
using namespace std::chrono_literals;
using json = nlohmann::json;

namespace {

struct gate_bench : moonraker_bench {
    gate_bench() { ready(); }
    std::string refusal_of_start()
    {
        const auto& out = outcome_of(ask(start_job{"gcode/a.gcode", false}));
        REQUIRE(out.has_error());
        CHECK(out.error().code == printer_errc::bed_not_clear);
        CHECK_FALSE(memory.bed_clear);
        return out.error().detail;
    }
    void head_at(double x, double y, double z, double e = 0)
    {
        status({{"gcode_move", {{"gcode_position", {x, y, z, e}}}}});
    }
    // Klipper has its power devices told.
    void with_power(const std::string& name)
    {
        notify("notify_power_changed", json::array({{{"device", name}, {"type", "gpio"}, {"status", "on"}}}));
    }
};

} // namespace

TEST_CASE("a head that another program moved takes the cleared bed away", "[moonraker]")
{
    gate_bench bench;
    CHECK(bench.state().bed_clear);
    bench.head_at(1.5, 2.5, 3.5);
    bench.status({{"fan", {{"speed", 0.5}}}});
    CHECK(bench.state().bed_clear);
    bench.head_at(1.5, 2.5, 13.5);
    CHECK_FALSE(bench.state().bed_clear);
    CHECK(bench.refusal_of_start().find("at the printer or by another program") != std::string::npos);
    REQUIRE(bench.outcome_of(bench.ask(confirm_bed_clear{})).has_value());
    bench.head_at(1.5, 2.5, 13.5);
    CHECK(bench.state().bed_clear);
}

TEST_CASE("homing and levelling of our own leave the cleared bed as it is", "[moonraker]")
{
    gate_bench bench;
    bench.ask(home_axes{});
    bench.head_at(0, 0, 10);
    bench.answer("printer.gcode.script", "ok");
    bench.head_at(0, 0, 5); // told a moment after the answer
    CHECK(bench.state().bed_clear);
    bench.pass(2s);
    bench.head_at(0, 0, 5);
    CHECK(bench.state().bed_clear);
    bench.head_at(0, 0, 6);
    CHECK_FALSE(bench.state().bed_clear);
}

TEST_CASE("a Klipper that stopped, or lost its boards, has a bed that nobody has cleared", "[moonraker]")
{
    gate_bench stopped;
    stopped.notify("notify_klippy_shutdown");
    stopped.answer("printer.info",
                   {{"state", "shutdown"}, {"state_message", "Lost communication with MCU 'mcu'"}});
    CHECK_FALSE(stopped.state().bed_clear);
    gate_bench unplugged;
    unplugged.notify("notify_klippy_disconnected");
    CHECK(unplugged.state().bed_clear); // a restart of Klipper alone
    unplugged.pass(1s);
    unplugged.answer("server.info", unplugged.server_info("error"));
    CHECK_FALSE(unplugged.state().bed_clear);
    CHECK(unplugged.memory.bed_since == bed_event::power_lost);
}

TEST_CASE("Klipper's confirmation of a stop is all that is needed", "[moonraker]")
{
    gate_bench bench;
    bench.with_power("psu");
    const auto stop = bench.ask(emergency_stop{false, false, "psu"});
    bench.answer("printer.emergency_stop", "ok");
    CHECK(bench.outcome_of(stop)->confirmed == true);
    CHECK(bench.outcome_of(stop)->note.empty());
    bench.pass(5s);
    CHECK(bench.count("machine.device_power.post_device") == 0);
}

TEST_CASE("a stop that Klipper does not confirm switches off the owner's power device, and says so",
          "[moonraker]")
{
    gate_bench silent;
    const auto stop = silent.ask(emergency_stop{false, false, "psu"});
    silent.pass(1999ms);
    CHECK(silent.count("machine.device_power.post_device") == 0);
    silent.pass(1ms);
    CHECK(silent.open("machine.device_power.post_device").params ==
          json{{"device", "psu"}, {"action", "off"}});
    silent.answer("machine.device_power.post_device", {{"psu", "off"}});
    CHECK(silent.outcome_of(stop)->confirmed == false);
    CHECK(silent.outcome_of(stop)->note.find("Moonraker switched the power device psu off") !=
          std::string::npos);

    gate_bench refused;
    const auto other = refused.ask(emergency_stop{false, false, "psu"});
    refused.refuse("printer.emergency_stop", 503, "Klippy Host not connected");
    refused.refuse("machine.device_power.post_device", 400, "No such device");
    REQUIRE(refused.outcome_of(other).has_value());
    CHECK(refused.outcome_of(other)->confirmed == false);
    CHECK(refused.outcome_of(other)->note.find("No such device") != std::string::npos);

    gate_bench not_allowed;
    const auto plain = not_allowed.ask(emergency_stop{});
    not_allowed.pass(11s);
    CHECK(not_allowed.count("machine.device_power.post_device") == 0);
    CHECK(not_allowed.outcome_of(plain).has_error());
}

TEST_CASE("a stop goes its way when the caller that asked for it has gone", "[moonraker]")
{
    gate_bench bench;
    const auto stop = bench.desk->ask(emergency_stop{false, false, "psu"}, {}, bench.now);
    bench.desk->forget(stop);
    bench.settle();
    CHECK(bench.count("printer.emergency_stop") == 1);
    bench.pass(2s);
    CHECK(bench.count("machine.device_power.post_device") == 1);
    bench.pass(20s);
    CHECK(bench.count("machine.device_power.post_device") == 1);
}

TEST_CASE("a hot nozzle keeps its fan's power; lights may go off", "[moonraker]")
{
    gate_bench bench;
    bench.with_power("psu");
    bench.with_power("Chamber_Light");
    bench.status({{"extruder", {{"temperature", 51.0}}}});
    CHECK(bench.code_of(set_power{"psu", false}) == printer_errc::wrong_state);
    bench.ask(set_power{"Chamber_Light", false});
    bench.answer("machine.device_power.post_device", {{"Chamber_Light", "off"}});
    bench.status({{"extruder", {{"temperature", 49.0}}}});
    const auto cold = bench.ask(set_power{"psu", false});
    bench.answer("machine.device_power.post_device", {{"psu", "off"}});
    CHECK(bench.outcome_of(cold).has_value());
    bench.status({{"extruder", {{"temperature", 210.0}}}});
    bench.notify("notify_klippy_disconnected"); // what it was is only remembered
    bench.ask(set_power{"psu", false});
    bench.answer("machine.device_power.post_device", {{"psu", "off"}});
}
