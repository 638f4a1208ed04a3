// What is asked of Klipper through Moonraker, and what Moonraker's answers are worth.
#include "moonraker_bench.hpp"

using namespace layerline::printer;
using namespace layerline::printer::moonraker;
using namespace std::chrono_literals;
using json = nlohmann::json;

TEST_CASE("pause, resume and cancel without a print are not asked: Moonraker would say ok", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    CHECK(bench.code_of(pause_job{}) == printer_errc::wrong_state);
    CHECK(bench.code_of(resume_job{}) == printer_errc::wrong_state);
    CHECK(bench.code_of(cancel_job{}) == printer_errc::wrong_state);
    CHECK(bench.count("printer.print.pause") + bench.count("printer.print.resume") +
              bench.count("printer.print.cancel") ==
          0);
}

TEST_CASE("a pause shows until Klipper has paused and parked", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    const auto id = bench.ask(pause_job{});
    CHECK(bench.state().now == phase::pausing);
    bench.status({{"print_stats", {{"state", "paused"}}}});
    CHECK(bench.state().now == phase::pausing); // the head is still on its way to its parking place
    bench.answer("printer.print.pause", "ok");
    CHECK(bench.state().now == phase::paused);
    REQUIRE(bench.outcome_of(id).has_value());
    CHECK(bench.outcome_of(id)->job_id == "m-00000C");
    CHECK(bench.code_of(pause_job{}) == printer_errc::wrong_state);

    const auto on = bench.ask(resume_job{});
    bench.answer("printer.print.resume", "ok");
    CHECK(bench.outcome_of(on).has_value());
    CHECK(bench.state().now == phase::resuming); // the state still reads paused after the ok
    bench.status({{"print_stats", {{"state", "printing"}}}});
    CHECK(bench.state().now == phase::printing);
}

TEST_CASE("a pause that waits for Klipper's lock is accepted, holds nobody and is never sent again",
          "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    const auto id = bench.ask(pause_job{});
    CHECK_FALSE(bench.ended(id));
    bench.pass(2s);
    REQUIRE(bench.outcome_of(id).has_value());
    CHECK_FALSE(bench.outcome_of(id)->note.empty());
    CHECK(bench.state().now == phase::pausing);
    CHECK(bench.code_of(pause_job{}) == printer_errc::wrong_state);
    // Others are not held.
    const auto heat = bench.ask(set_temperature{"bed", 60});
    bench.answer("printer.gcode.script", "ok");
    CHECK(bench.outcome_of(heat).has_value());
    const auto stop = bench.ask(emergency_stop{});
    bench.answer("printer.emergency_stop", "ok");
    CHECK(bench.outcome_of(stop).has_value());
    for (int i = 0; i < 120; ++i) {
        bench.notify("notify_proc_stat_update");
        bench.pass(1s);
        if (bench.is_open("server.info")) bench.answer("server.info", bench.server_info("ready"));
    }
    CHECK(bench.count("printer.print.pause") == 1);
    CHECK(bench.state().now == phase::pausing);
    bench.status({{"print_stats", {{"state", "paused"}}}});
    bench.answer("printer.print.pause", "ok");
    CHECK(bench.state().now == phase::paused);
}

TEST_CASE("a command that fails after it was accepted is told as a notice", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    bench.ask(pause_job{});
    bench.pass(2s);
    bench.refuse("printer.print.pause", 400, "Must home axis first");
    CHECK(bench.state().now == phase::printing);
    REQUIRE(bench.state().wants);
    CHECK(bench.state().wants->text == "The pause failed: Must home axis first.");
}

TEST_CASE("a cancel shows until the print is over", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    const auto id = bench.ask(cancel_job{});
    CHECK(bench.state().now == phase::cancelling);
    CHECK(bench.code_of(cancel_job{}) == printer_errc::wrong_state);
    bench.status({{"print_stats", {{"state", "cancelled"}}}});
    CHECK(bench.state().now == phase::cancelling);
    bench.answer("printer.print.cancel", "ok");
    CHECK(bench.outcome_of(id).has_value());
    CHECK(bench.state().now == phase::cancelled);
}

TEST_CASE("an ok that nothing comes of does not show for ever", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    bench.ask(pause_job{});
    bench.answer("printer.print.pause", "ok");
    CHECK(bench.state().now == phase::pausing);
    bench.pass(5s);
    CHECK(bench.state().now == phase::printing);
}

TEST_CASE("a start looks anew, begins, and comes back with the job's id", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    const auto id = bench.ask(start_job{"gcode/sub dir/short.gcode", false});
    CHECK_FALSE(bench.memory.bed_clear); // on the disk before anything is asked of Klipper
    CHECK(bench.count("printer.print.start") == 0);
    bench.answer("printer.objects.query",
                 {{"status", {{"print_stats", {{"state", "standby"}}}, {"webhooks", {{"state", "ready"}}}}}});
    CHECK(bench.open("printer.print.start").params.at("filename") == "sub dir/short.gcode");
    bench.answer("printer.print.start", "ok");
    CHECK_FALSE(bench.ended(id));
    CHECK(bench.code_of(start_job{"gcode/b.gcode", true}) == printer_errc::wrong_state);
    bench.print("sub dir/short.gcode", "00000D");
    REQUIRE(bench.outcome_of(id).has_value());
    CHECK(bench.outcome_of(id)->job_id == "m-00000D");
}

TEST_CASE("a start during a pause is refused: Moonraker would drop the paused job", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    bench.status({{"print_stats", {{"state", "paused"}}}});
    CHECK(bench.code_of(start_job{"gcode/b.gcode", true}) == printer_errc::wrong_state);
    CHECK(bench.count("printer.print.start") == 0);
}

TEST_CASE("a print that somebody else began a moment ago is found before ours is sent", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    const auto id = bench.ask(start_job{"gcode/a.gcode", true});
    bench.answer("printer.objects.query",
                 {{"status", {{"print_stats", {{"state", "paused"}}}, {"webhooks", {{"state", "ready"}}}}}});
    REQUIRE(bench.outcome_of(id).has_error());
    CHECK(bench.outcome_of(id).error().code == printer_errc::wrong_state);
    CHECK(bench.count("printer.print.start") == 0);
}

TEST_CASE("a start needs a bed that is clear and a file to print", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    bench.status({{"print_stats", {{"state", "complete"}}}});
    CHECK(bench.code_of(start_job{"gcode/a.gcode", false}) == printer_errc::bed_not_clear);
    CHECK(bench.code_of(start_job{"config/printer.cfg", true}) == printer_errc::out_of_range);
}

TEST_CASE("a start waits a moment for a Klipper that is still busy, and no longer", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    const auto check = [&](const std::string& idle) {
        bench.answer("printer.objects.query", {{"status",
                                                {{"print_stats", {{"state", "standby"}}},
                                                 {"webhooks", {{"state", "ready"}}},
                                                 {"idle_timeout", {{"state", idle}}}}}});
    };
    const auto soon = bench.ask(start_job{"gcode/a.gcode", true});
    check("Printing");
    CHECK_FALSE(bench.is_open("printer.objects.query"));
    CHECK(bench.desk->next_wakeup() == bench.now + 250ms);
    bench.pass(250ms);
    check("Ready");
    CHECK(bench.open("printer.print.start").params.at("filename") == "a.gcode");
    bench.refuse("printer.print.start", 400, "SD busy");
    CHECK(bench.ended(soon));

    const auto never = bench.ask(start_job{"gcode/a.gcode", true});
    for (int i = 0; i < 24; ++i) {
        check("Printing");
        CHECK_FALSE(bench.ended(never));
        bench.pass(250ms);
    }
    check("Printing");
    CHECK(bench.outcome_of(never).error().code == printer_errc::wrong_state);
    CHECK(bench.state().bed_clear);

    terms brief;
    brief.time_left = 400ms;
    const auto late = bench.ask(start_job{"gcode/a.gcode", true}, brief);
    check("Printing");
    bench.pass(250ms);
    check("Printing");
    bench.pass(200ms);
    CHECK(bench.outcome_of(late).error().code == printer_errc::late);
    const auto gone = bench.ask(start_job{"gcode/a.gcode", true});
    check("Printing");
    bench.notify("notify_klippy_disconnected");
    bench.pass(250ms);
    CHECK(bench.outcome_of(gone).error().code == printer_errc::host_gone);
    CHECK(bench.count("printer.print.start") == 1);
}

TEST_CASE("a start whose record cannot be written is not sent", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.saves = false;
    while (bench.desk->next_to_keep()) {
    }
    const auto id = bench.ask(start_job{"gcode/a.gcode", true});
    const auto kept = bench.desk->next_to_keep();
    REQUIRE(kept);
    REQUIRE(kept->commit);
    bench.desk->kept(*kept->commit, printer_failure{printer_errc::host_failure, "disk full"}, bench.now);
    REQUIRE(bench.outcome_of(id).has_error());
    CHECK(bench.outcome_of(id).error().code == printer_errc::host_failure);
    CHECK(bench.count("printer.print.start") == 0);
}

TEST_CASE("refusals of a start leave the bed as clear as it was", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    const auto begin = [&] {
        const auto id = bench.ask(start_job{"gcode/nope.gcode", true});
        bench.answer(
            "printer.objects.query",
            {{"status", {{"print_stats", {{"state", "standby"}}}, {"webhooks", {{"state", "ready"}}}}}});
        return id;
    };
    auto id = begin();
    bench.refuse("printer.print.start", 400, "Unable to open file");
    CHECK(bench.outcome_of(id).error().code == printer_errc::no_such_file);
    CHECK(bench.state().bed_clear);
    id = begin();
    bench.refuse("printer.print.start", 400, "SD busy");
    CHECK(bench.outcome_of(id).error().code == printer_errc::wrong_state);
}

TEST_CASE("what Klipper refuses comes back with its words", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    const auto id = bench.ask(home_axes{true, false, false});
    CHECK(bench.open("printer.gcode.script").params.at("script") == "G28 X");
    bench.refuse("printer.gcode.script", 400, "Must home axis first: 10.000 0.000 0.000 [0.000]");
    CHECK(bench.outcome_of(id).error().code == printer_errc::refused);
    CHECK(bench.outcome_of(id).error().detail == "Must home axis first: 10.000 0.000 0.000 [0.000].");
    const auto other = bench.ask(home_axes{});
    bench.refuse("printer.gcode.script", -32601, "Method not found");
    CHECK(bench.outcome_of(other).error().code == printer_errc::unsupported);
    const auto away = bench.ask(home_axes{});
    bench.refuse("printer.gcode.script", 503, "Klippy Host not connected");
    CHECK(bench.outcome_of(away).error().code == printer_errc::host_gone);
    const auto stopped = bench.ask(home_axes{});
    bench.refuse("printer.gcode.script", 400, "Lost communication with MCU 'mcu'\nPrinter is shutdown\n");
    CHECK(bench.outcome_of(stopped).error().code == printer_errc::halted);
}

TEST_CASE("an unknown command that Klipper answers with ok counts as not supported", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    const auto id = bench.ask(home_axes{true, true, false});
    bench.open("printer.gcode.script");
    bench.notify("notify_gcode_response", json::array({"// Unknown command:\"G28\""}));
    bench.answer("printer.gcode.script", "ok");
    CHECK(bench.outcome_of(id).error().code == printer_errc::unsupported);
}

TEST_CASE("temperatures go to Klipper's own heaters within Klipper's own limits", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    CHECK(bench.desk->capabilities().max_tool_c == 300.0);
    CHECK(bench.desk->capabilities().max_bed_c == 120.0);
    CHECK(bench.desk->capabilities().travel == layerline::printer::travel_area{-6, 250, 0, 255, 240});
    CHECK(bench.code_of(set_temperature{"tool0", 301}) == printer_errc::out_of_range);
    CHECK(bench.code_of(set_temperature{"tool7", 100}) == printer_errc::unsupported);
    bench.ask(set_temperature{"tool0", 215.5});
    CHECK(bench.open("printer.gcode.script").params.at("script") ==
          "SET_HEATER_TEMPERATURE HEATER=extruder TARGET=215.5");
    bench.answer("printer.gcode.script", "ok");
    bench.ask(set_temperature{"chamber", 40});
    CHECK(bench.open("printer.gcode.script").params.at("script") ==
          "SET_HEATER_TEMPERATURE HEATER=chamber TARGET=40");
}

TEST_CASE("an emergency stop goes first, whatever the state", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    // Not settled: nothing has gone out yet.
    bench.desk->ask(set_temperature{"bed", 50}, {}, bench.now);
    bench.desk->ask(emergency_stop{}, {}, bench.now);
    const auto first = bench.desk->next_message(bench.now);
    REQUIRE(first);
    CHECK(json::parse(*first).at("method") == "printer.emergency_stop");
    bench.desk->disconnected(printer_errc::host_gone, "Moonraker went away.", bench.now);
    const auto& gone = bench.outcome_of(bench.ask(emergency_stop{}));
    REQUIRE(gone.has_error());
    CHECK(gone.error().detail.find("cut the printer's power") != std::string::npos);
}

TEST_CASE("terms hold: expected state, expected job and time", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    terms how;
    how.expected_state = phase::paused;
    CHECK(bench.code_of(pause_job{}, how) == printer_errc::wrong_state);
    how = {};
    how.expected_job = "m-other";
    CHECK(bench.code_of(pause_job{}, how) == printer_errc::wrong_state);
    how = {};
    how.time_left = 0ms;
    CHECK(bench.code_of(pause_job{}, how) == printer_errc::late);
    how.time_left = 500ms;
    const auto id = bench.ask(pause_job{}, how);
    bench.pass(500ms);
    CHECK(bench.outcome_of(id).error().code == printer_errc::no_answer);
    CHECK(bench.count("printer.print.pause") == 1);
}

TEST_CASE("a lost connection leaves what was sent in doubt, and nothing is sent again", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    const auto sent = bench.ask(cancel_job{});
    const auto unsent = bench.desk->ask(set_temperature{"bed", 0}, {}, bench.now);
    bench.desk->disconnected(printer_errc::host_gone, "Moonraker went away.", bench.now);
    CHECK(bench.outcome_of(sent).error().code == printer_errc::no_answer);
    CHECK(bench.outcome_of(unsent).error().code == printer_errc::host_gone);
    CHECK(bench.state().reason == "Moonraker went away.");
    auto printing = bench.idle_status();
    printing["print_stats"]["state"] = "printing";
    printing["print_stats"]["filename"] = "long.gcode";
    for (auto& one : bench.calls)
        one.answered = true;
    bench.ready(printing, bench.job("00000C", "long.gcode", "in_progress"));
    CHECK(bench.count("printer.print.cancel") == 1);
    CHECK(bench.count("printer.gcode.script") == 0);
    CHECK(bench.state().job->id == "m-00000C");
}

TEST_CASE("a caller that left takes back what has not gone out", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    const auto heat = bench.desk->ask(set_temperature{"bed", 50}, {}, bench.now);
    const auto stop = bench.desk->ask(emergency_stop{}, {}, bench.now);
    bench.desk->forget(heat);
    bench.desk->forget(stop);
    CHECK(bench.count("printer.gcode.script") == 0);
    CHECK(bench.count("printer.emergency_stop") == 1);
    CHECK_FALSE(bench.ended(heat));
}
