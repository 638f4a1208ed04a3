// The desk's connection and picture of the printer, against what a real Moonraker was seen to say.
#include "moonraker_bench.hpp"

using namespace layerline::printer;
using namespace layerline::printer::moonraker;
using namespace std::chrono_literals;
using json = nlohmann::json;

TEST_CASE("the desk identifies itself as an agent, with the key when there is one", "[moonraker]")
{
    desk_settings settings;
    settings.api_key = "k3y";
    settings.version = "0.9";
    moonraker_bench bench(settings);
    bench.desk->connected(bench.now);
    const auto& params = bench.open("server.connection.identify").params;
    CHECK(params.at("client_name") == "Layerline");
    CHECK(params.at("type") == "agent");
    CHECK(params.at("version") == "0.9");
    CHECK(params.at("api_key") == "k3y");
    moonraker_bench without;
    without.desk->connected(without.now);
    CHECK_FALSE(without.open("server.connection.identify").params.contains("api_key"));
}

TEST_CASE("one subscription names its fields, and only objects that exist", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    CHECK(bench.count("printer.objects.subscribe") == 1);
    for (const auto& one : bench.calls) {
        if (one.method != "printer.objects.subscribe") continue;
        const auto& objects = one.params.at("objects");
        for (const auto& [name, fields] : objects.items()) {
            INFO(name);
            CHECK(fields.is_array());
            CHECK_FALSE(fields.empty());
        }
        CHECK(objects.contains("heater_generic chamber"));
        CHECK_FALSE(objects.contains("extruder_stepper belt"));
        CHECK_FALSE(objects.contains("motion_report"));
        CHECK(objects.at("toolhead") == json::array({"homed_axes", "extruder"}));
    }
}

TEST_CASE("Klipper's first state and its changes are merged", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    auto state = bench.state();
    CHECK(state.now == phase::idle);
    REQUIRE(state.heaters.size() == 3);
    CHECK(state.heaters[0] == heater_state{"tool0", 21.5, 0.0});
    CHECK(state.heaters[1].name == "bed");
    CHECK(state.heaters[2].name == "chamber");
    CHECK(state.homed == "xy");
    CHECK(state.fan == 0.25);
    CHECK(state.position.z_mm == 3.5);
    REQUIRE(state.firmware);
    CHECK(state.firmware->name == "Klipper v0.13.0-730");

    bench.status({{"extruder", {{"temperature", 150.25}}}, {"toolhead", {{"homed_axes", "xyz"}}}});
    state = bench.state();
    CHECK(state.heaters[0] == heater_state{"tool0", 150.25, 0.0});
    CHECK(state.homed == "xyz");
    CHECK(state.position.x_mm == 1.5);

    bench.status({{"extruder", {{"temperature", nullptr}}}, {"unasked", {{"a", 1}}}});
    CHECK_FALSE(bench.state().heaters[0].actual_c);
}

TEST_CASE("a print has the history's id, its figures and its layers", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print("sub dir/short.gcode");
    bench.status(
        {{"print_stats", {{"print_duration", 13.5}, {"info", {{"current_layer", 3}, {"total_layer", 40}}}}}});
    const auto state = bench.state();
    CHECK(state.now == phase::printing);
    REQUIRE(state.job);
    CHECK(state.job->id == "m-00000C");
    CHECK(state.job->path == "gcode/sub dir/short.gcode");
    CHECK(state.job->progress == 0.25);
    CHECK(state.job->size_bytes == 76914U);
    CHECK(state.job->done_bytes == 1111U);
    CHECK(state.job->elapsed_s == 13.5);
    CHECK(state.job->left_s == 750.0);
    CHECK(state.job->layer == 3);
    CHECK(state.job->layers == 40);
    CHECK_FALSE(state.bed_clear);
    CHECK_FALSE(bench.memory.bed_clear);
}

TEST_CASE("layers that the file does not tell are unknown, not 0", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    CHECK_FALSE(bench.state().job->layer);
    CHECK_FALSE(bench.state().job->layers);
}

TEST_CASE("after an emergency stop print_stats says paused, and the state says error", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    bench.notify("notify_klippy_shutdown");
    bench.answer(
        "printer.info",
        {{"state", "shutdown"},
         {"state_message", "Shutdown due to webhooks request\nOnce the underlying issue is corrected, "
                           "use the\n\"FIRMWARE_RESTART\" command"}});
    bench.status({{"print_stats", {{"total_duration", 2.748}, {"state", "paused"}}}});
    const auto state = bench.state();
    CHECK(state.now == phase::error);
    CHECK(state.reason.starts_with("Shutdown due to webhooks request Once the underlying"));
    CHECK(bench.code_of(resume_job{}) == printer_errc::halted);
    CHECK(bench.code_of(start_job{"gcode/a.gcode", true}) == printer_errc::halted);
    CHECK(bench.count("printer.print.resume") == 0);
}

TEST_CASE("a shutdown that only webhooks tells counts as well", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.status({{"webhooks", {{"state", "shutdown"}}}, {"print_stats", {{"state", "paused"}}}});
    CHECK(bench.state().now == phase::error);
}

TEST_CASE("subscriptions are dead after a restart of Klipper and are made anew", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.notify("notify_klippy_disconnected");
    CHECK(bench.state().now == phase::offline);
    CHECK(bench.state().away == printer_errc::host_gone);
    bench.notify("notify_klippy_ready");
    CHECK(bench.state().now == phase::connecting);
    bench.answer("printer.info", {{"state", "ready"}, {"state_message", "Printer is ready"}});
    bench.follow();
    CHECK(bench.state().now == phase::idle);
    CHECK(bench.count("printer.objects.subscribe") == 2);
}

TEST_CASE("a bad configuration brings no event: the desk asks until it knows", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.notify("notify_klippy_disconnected");
    bench.pass(1s);
    bench.answer("server.info", bench.server_info("startup"));
    CHECK(bench.state().now == phase::connecting);
    bench.answer("printer.info", {{"state", "startup"}, {"state_message", "\nPrinter is not ready\n"}});
    CHECK(bench.state().reason == "Printer is not ready");
    bench.pass(1s);
    bench.answer("server.info", bench.server_info("error"));
    bench.answer("printer.info",
                 {{"state", "error"},
                  {"state_message", "Option 'gcode' in section 'gcode_macro BROKEN' must be specified\n"}});
    CHECK(bench.state().now == phase::error);
    CHECK(bench.state().reason == "Option 'gcode' in section 'gcode_macro BROKEN' must be specified");
    CHECK(bench.code_of(home_axes{}) == printer_errc::halted);
    // It goes on asking, so that a repair is seen.
    bench.pass(1s);
    bench.answer("server.info", bench.server_info("ready"));
    bench.answer("printer.info", {{"state", "ready"}});
    bench.follow();
    CHECK(bench.state().now == phase::idle);
}

TEST_CASE("server.info that lags behind the ready event takes nothing back", "[moonraker]")
{
    moonraker_bench bench;
    bench.connect();
    bench.answer("server.info", bench.server_info("startup"));
    bench.answer("printer.info", {{"state", "startup"}});
    bench.pass(1s);
    bench.open("server.info");
    bench.notify("notify_klippy_ready");
    bench.answer("printer.info", {{"state", "ready"}});
    bench.answer("server.info", bench.server_info("startup"));
    bench.follow();
    CHECK(bench.state().now == phase::idle);
}

TEST_CASE("without Klipper the printer is away, and Moonraker's own answer is not needed", "[moonraker]")
{
    moonraker_bench bench;
    bench.connect();
    bench.answer("server.info", bench.server_info("disconnected"));
    CHECK(bench.state().now == phase::offline);
    CHECK(bench.state().away == printer_errc::host_gone);
    CHECK(bench.code_of(pause_job{}) == printer_errc::host_gone);
    CHECK(failure_of({1, 503, "Klippy Host not connected"}).code == printer_errc::host_gone);
}

TEST_CASE("an agent that is not let in says so and hangs up", "[moonraker]")
{
    desk_settings settings;
    settings.api_key = "wrong";
    moonraker_bench bench(settings);
    bench.desk->connected(bench.now);
    CHECK_FALSE(bench.refuse("server.connection.identify", -32602, "Invalid API Key"));
    bench.desk->disconnected(printer_errc::host_gone, "closed", bench.now);
    CHECK(bench.state().away == printer_errc::port_forbidden);
    CHECK(bench.state().reason.find("printer.api_key_file") != std::string::npos);
    CHECK(bench.desk->retry_delay() == settings.refused_retry);

    moonraker_bench keyless;
    keyless.desk->connected(keyless.now);
    keyless.answer("server.connection.identify", {{"connection_id", 1}});
    CHECK_FALSE(keyless.refuse("server.info", -32602, "Unauthorized"));
}

TEST_CASE("a half-open twin of our name does not keep us from working", "[moonraker]")
{
    moonraker_bench bench;
    bench.desk->connected(bench.now);
    CHECK(bench.refuse("server.connection.identify", 400,
                       "Agent 'Layerline' already registered and connected'"));
    bench.answer("server.info", bench.server_info("ready"));
    bench.answer("printer.info", {{"state", "ready"}});
    bench.follow();
    CHECK(bench.state().now == phase::idle);
    bench.settings.calm_poll = 24h;
    for (int i = 0; i < 31; ++i) {
        bench.notify("notify_proc_stat_update");
        bench.pass(1s);
    }
    CHECK(bench.is_open("server.connection.identify"));
}

TEST_CASE("a silent line is asked and then given up", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    const auto before = bench.count("server.info");
    bench.pass(4s);
    CHECK(bench.count("server.info") == before + 1);
    CHECK(bench.alive);
    bench.pass(7s);
    CHECK(bench.alive);
    bench.pass(1s);
    CHECK_FALSE(bench.alive);
}

TEST_CASE("a print that was cancelled by an error keeps the error's text", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    bench.notify("notify_gcode_response",
                 json::array({"!! Move out of range: 999.000 0.000 -0.003 [44.250]"}));
    bench.status({{"print_stats", {{"state", "cancelled"}, {"message", ""}}}});
    CHECK(bench.state().now == phase::cancelled);
    CHECK(bench.state().reason == "Move out of range: 999.000 0.000 -0.003 [44.250]");
}

TEST_CASE("a print that fails is an error with Klipper's words", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    bench.status({{"print_stats", {{"state", "error"}, {"message", "Move out of range: 999.000"}}}});
    CHECK(bench.state().now == phase::error);
    CHECK(bench.state().reason == "Move out of range: 999.000");
    CHECK(bench.memory.last_job->outcome == "failed");
}

TEST_CASE("a finished print is whole, and idle once the bed is clear", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    bench.status({{"print_stats", {{"state", "complete"}, {"print_duration", 25.91}}},
                  {"virtual_sdcard", {{"progress", 1.0}, {"is_active", false}, {"file_position", 76914}}},
                  {"display_status", {{"progress", 0.0}}}});
    CHECK(bench.state().now == phase::finished);
    CHECK(bench.state().job->progress == 1.0);
    CHECK(bench.state().job->left_s == 0.0);
    CHECK(bench.memory.last_job->outcome == "finished");
    const auto id = bench.ask(confirm_bed_clear{});
    CHECK(bench.outcome_of(id).has_value());
    CHECK(bench.state().now == phase::idle);
    CHECK(bench.memory.bed_clear);
}

TEST_CASE("SDCARD_RESET_FILE brings a finished print back to idle with its figures kept", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print();
    bench.status({{"print_stats", {{"state", "complete"}}}});
    bench.status({{"print_stats", {{"state", "standby"}, {"filename", ""}}},
                  {"virtual_sdcard", {{"file_position", 0}, {"file_size", 0}, {"progress", 0.0}}}});
    CHECK(bench.state().now == phase::idle);
    CHECK_FALSE(bench.state().bed_clear);
    CHECK(bench.state().job->progress == 1.0);
}

TEST_CASE("a print that was begun while nobody looked leaves a bed that is not clear", "[moonraker]")
{
    serial::durable_state kept;
    kept.bed_clear = true;
    kept.last_job = serial::job_record{"m-000001", "gcode/old.gcode", "finished", ""};
    moonraker_bench bench({}, kept);
    bench.ready(bench.idle_status(), bench.job("000002", "other.gcode", "completed"));
    CHECK_FALSE(bench.state().bed_clear);
    CHECK(bench.state().job->id == "m-000002");

    moonraker_bench same({}, kept);
    same.ready(same.idle_status(), same.job("000001", "old.gcode", "completed"));
    CHECK(same.state().bed_clear);
}

TEST_CASE("the same file printed anew behind our back is another job", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.print("a.gcode", "000001");
    bench.desk->disconnected(printer_errc::host_gone, "Moonraker went away.", bench.now);
    CHECK(bench.state().now == phase::offline);
    auto printing = bench.idle_status();
    printing["print_stats"]["state"] = "printing";
    printing["print_stats"]["filename"] = "a.gcode";
    bench.calls.clear();
    bench.ready(printing, bench.job("000002", "a.gcode", "in_progress"));
    CHECK(bench.state().now == phase::printing);
    CHECK(bench.state().job->id == "m-000002");
}

TEST_CASE("hostile messages are skipped and counted", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    const auto before = bench.state();
    for (const auto* text : {"", "{bad json", "[]", "null", "{\"id\":1}", "{\"id\":null,\"error\":{}}",
                             "{\"result\":1,\"id\":-4}", "{\"method\":7}"})
        CHECK(bench.desk->receive(text, bench.now));
    CHECK(bench.desk->malformed() == 8);
    bench.status({{"print_stats", 7}, {"extruder", {{"temperature", "hot"}}}, {"fan", json::array()}});
    bench.notify("notify_history_changed", json::array({7}));
    bench.notify("notify_gcode_response", json::array({json::object()}));
    CHECK_FALSE(bench.state().heaters[0].actual_c);
    CHECK(bench.state().now == before.now);
}

TEST_CASE("others' words become one printable line", "[moonraker]")
{
    CHECK(plain_words("a\n\tb\x01\x7f c", 100) == "a b c");
    CHECK(plain_words("\xff", 100) == "\xef\xbf\xbd");
    CHECK(plain_words("\xc3\xa4\xc3\xa4", 3) == "\xc3\xa4");
    CHECK(plain_words("", 10).empty());
}

TEST_CASE("a Klipper that says it is ready after we followed it already stays known meanwhile", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    bench.notify("notify_klippy_ready");
    CHECK(bench.state().now == phase::idle);
    bench.answer("printer.objects.list", bench.all_objects());
    CHECK(bench.state().now == phase::idle);
    auto status = bench.idle_status();
    status["print_stats"]["state"] = "printing";
    status["print_stats"]["filename"] = "a.gcode";
    bench.answer("printer.objects.subscribe", {{"status", status}});
    CHECK(bench.state().now == phase::printing);
}
