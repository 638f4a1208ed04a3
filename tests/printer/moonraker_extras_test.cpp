// What the desk keeps beside the state, what it is asked for others, and what macros tell it.
#include "moonraker_bench.hpp"

using namespace layerline::printer;
using namespace layerline::printer::moonraker;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

json with_power()
{
    auto info = moonraker_bench::server_info("ready");
    info["components"].push_back("power");
    return info;
}

const json one_camera{{"webcams", {{{"name", "door"}, {"uid", "u1"}, {"stream_url", "/webcam/"}}}}};

} // namespace

TEST_CASE("cameras and power devices are asked for once a connection, and followed", "[moonraker]")
{
    moonraker_bench bench;
    bench.connect();
    bench.answer("server.info", with_power());
    CHECK_FALSE(bench.desk->webcams());
    const auto before = bench.desk->sequence();
    bench.answer("server.webcams.list", one_camera);
    CHECK(bench.desk->sequence() > before);
    REQUIRE(bench.desk->webcams());
    CHECK(bench.desk->webcams()->front().name == "door");
    bench.answer("machine.device_power.devices", {{"devices", {{{"device", "psu"}, {"status", "on"}}}}});
    CHECK(bench.desk->power_devices()->front().on == true);
    bench.pass(5s);
    bench.answer("server.info", with_power());
    CHECK(bench.count("server.webcams.list") == 1);

    bench.notify("notify_power_changed", json::array({{{"device", "psu"}, {"status", "off"}}}));
    CHECK(bench.desk->power_devices()->front().on == false);
    bench.notify("notify_webcams_changed", json::array({{{"webcams", json::array()}}}));
    CHECK(bench.desk->webcams()->empty());

    bench.desk->disconnected(printer_errc::host_gone, "gone", bench.now);
    CHECK(bench.desk->webcams());
    bench.calls.clear();
    bench.connect();
    bench.answer("server.info", with_power());
    CHECK(bench.is_open("server.webcams.list"));
}

TEST_CASE("a Moonraker without power devices has none, and says nothing of them", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    CHECK_FALSE(bench.is_open("machine.device_power.devices"));
    CHECK_FALSE(bench.desk->power_devices());
}

TEST_CASE("macros come out of Klipper's configuration", "[moonraker]")
{
    moonraker_bench bench;
    bench.connect();
    bench.answer("server.info", bench.server_info("ready"));
    bench.answer("printer.info", {{"state", "ready"}});
    bench.answer("printer.objects.list", bench.all_objects());
    bench.answer("printer.objects.subscribe", {{"status", bench.idle_status()}});
    bench.answer("printer.objects.query",
                 {{"status", {{"configfile", {{"settings", {{"gcode_macro CLEAN", {{"gcode", "G28"}}}}}}}}}});
    REQUIRE(bench.desk->macros());
    CHECK(bench.desk->macros()->front().name == "CLEAN");
}

TEST_CASE("a question gets its answer, its refusal or the end of its time, once", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    const auto good = bench.desk->query("server.history.totals", nullptr, 5s, bench.now);
    bench.answer("server.history.totals", {{"jobs", 5}});
    auto reply = bench.desk->next_reply();
    REQUIRE(reply);
    CHECK(reply->id == good);
    CHECK(reply->what->at("jobs") == 5);
    CHECK_FALSE(bench.desk->next_reply());

    (void)bench.desk->query("server.history.get_job", json{{"uid", "x"}}, 5s, bench.now);
    bench.refuse("server.history.get_job", -32601, "Invalid job uid: x");
    reply = bench.desk->next_reply();
    REQUIRE(reply);
    CHECK(reply->what.error().code == printer_errc::no_such_file);

    (void)bench.desk->query("server.history.totals", nullptr, 5s, bench.now);
    bench.settle();
    bench.pass(4s);
    CHECK_FALSE(bench.desk->next_reply());
    bench.pass(1s);
    reply = bench.desk->next_reply();
    REQUIRE(reply);
    CHECK(reply->what.error().code == printer_errc::no_answer);

    (void)bench.desk->query("server.history.totals", nullptr, 5s, bench.now);
    bench.desk->disconnected(printer_errc::host_gone, "gone", bench.now);
    reply = bench.desk->next_reply();
    REQUIRE(reply);
    CHECK(reply->what.error().code == printer_errc::host_gone);
    (void)bench.desk->query("server.history.totals", nullptr, 5s, bench.now);
    reply = bench.desk->next_reply();
    REQUIRE(reply);
    CHECK(reply->what.error().code == printer_errc::host_gone);
    CHECK_FALSE(bench.desk->next_reply());
}

TEST_CASE("a question that nobody waits for any more is not asked", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    const auto id = bench.desk->query("server.history.totals", nullptr, 5s, bench.now);
    bench.desk->forget_query(id);
    CHECK(bench.count("server.history.totals") == 0);
    for (int i = 0; i < 100; ++i)
        (void)bench.desk->query("server.history.totals", nullptr, 5s, bench.now);
    CHECK(bench.count("server.history.totals") <= bench.settings.most_waiting);
    const auto reply = bench.desk->next_reply();
    REQUIRE(reply);
    CHECK(reply->what.error().code == printer_errc::too_many_clients);
}

TEST_CASE("macros call the agent: a notice, and the reason of a pause", "[moonraker]")
{
    moonraker_bench bench;
    bench.connect();
    std::vector<std::string> methods;
    bench.settle();
    for (const auto& one : bench.calls)
        if (one.method == "connection.register_remote_method")
            methods.push_back(one.params.at("method_name"));
    CHECK(methods == std::vector<std::string>{"layerline_notify", "layerline_pause_reason"});
    bench.answer("connection.register_remote_method", "ok");
    bench.refuse("connection.register_remote_method", 400, "already registered");
    bench.answer("server.info", bench.server_info("ready"));
    bench.answer("printer.info", {{"state", "ready"}});
    bench.follow();

    const auto call = [&](const std::string& method, const json& params) {
        bench.say({{"jsonrpc", "2.0"}, {"method", method}, {"params", params}});
    };
    call("layerline_notify", {{"message", "Chamber is warm\x07"}, {"title", "Heat"}});
    REQUIRE(bench.state().wants);
    CHECK(bench.state().wants->kind == "notice");
    CHECK(bench.state().wants->text == "Heat: Chamber is warm");
    call("layerline_notify", {{"message", json::array()}});
    CHECK(bench.state().wants->text == "Heat: Chamber is warm");

    bench.print();
    CHECK_FALSE(bench.state().wants);
    call("layerline_pause_reason", {{"reason", "the door is open"}});
    CHECK(bench.state().reason.empty());
    bench.status({{"print_stats", {{"state", "paused"}}}});
    CHECK(bench.state().reason == "the door is open");
    bench.status({{"print_stats", {{"state", "printing"}}}});
    CHECK(bench.state().reason.empty());
    bench.status({{"print_stats", {{"state", "paused"}}}});
    CHECK(bench.state().reason.empty());
}

TEST_CASE("a prompt of Klipper's is what the printer wants, until it ends or Klipper goes", "[moonraker]")
{
    moonraker_bench bench;
    bench.ready();
    const auto hear = [&](const std::string& line) {
        bench.notify("notify_gcode_response", json::array({line}));
    };
    hear("// action:prompt_begin Filament change");
    hear("// action:prompt_button Done|RESUME");
    CHECK_FALSE(bench.state().wants);
    hear("// action:prompt_show");
    REQUIRE(bench.state().wants);
    CHECK(bench.state().wants->kind == "prompt");
    CHECK(bench.state().wants->text == "Filament change");
    hear("// action:prompt_end");
    CHECK_FALSE(bench.state().wants);
    hear("// action:prompt_begin Again");
    hear("// action:prompt_show");
    bench.notify("notify_klippy_disconnected");
    CHECK_FALSE(bench.state().wants);
    CHECK(bench.desk->console().page(0, 100).lines.size() == 6);
}

TEST_CASE("a pause without filament says which sensor saw none", "[moonraker]")
{
    moonraker_bench bench;
    bench.connect();
    bench.answer("server.info", bench.server_info("ready"));
    bench.answer("printer.info", {{"state", "ready"}});
    auto names = bench.all_objects();
    names["objects"].push_back("filament_switch_sensor spool");
    bench.answer("printer.objects.list", names);
    auto status = bench.idle_status();
    status["filament_switch_sensor spool"] = {{"filament_detected", true}, {"enabled", true}};
    bench.answer("printer.objects.subscribe", {{"status", status}});
    bench.print();
    bench.status({{"filament_switch_sensor spool", {{"filament_detected", false}}}});
    CHECK_FALSE(bench.state().wants);
    bench.status({{"print_stats", {{"state", "paused"}}}});
    REQUIRE(bench.state().wants);
    CHECK(bench.state().wants->kind == "runout");
    CHECK(bench.state().wants->text.find("spool") != std::string::npos);
    bench.status({{"filament_switch_sensor spool", {{"filament_detected", true}}}});
    CHECK_FALSE(bench.state().wants);
}
