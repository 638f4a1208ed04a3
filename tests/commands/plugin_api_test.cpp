// The way of a call: command, scope, method, arguments, terms, envelope.
#include "tests/commands/api_desk.hpp"
#include "tests/commands/command_examples.hpp"
#include "tests/fakes/memory_camera_store.hpp"
#include "tests/fakes/scratch_folder.hpp"
#include "tests/fakes/talkative_printer.hpp"

#include "commands/agent_parts.hpp"
#include "commands/command.hpp"
#include "commands/queue_desk.hpp"
#include "commands/upload_desk.hpp"

#include <array>
#include <set>

using namespace layerline::commands;
using layerline::access::scope;
using layerline::access::scope_set;
using layerline::printer::phase;
using layerline::printer::printer_errc;
namespace printer = layerline::printer;

namespace {

// One layer, and a picture: the first bytes of a PNG.
constexpr const char* picture_file = "; thumbnail begin 16x12 8\n; iVBORw0K\n; thumbnail end\n"
                                     "G28\n;LAYER:0\nG1 X5 Y5 Z1 E1\n";

struct told_log final : log_source {
    std::string newest(std::size_t) const override { return "a line\n"; }
};
struct told_host final : host_api {
    layerline::transport::task<printer::printer_result<host_answer>> ask(host_request) override
    {
        host_answer answer;
        answer.status = 200;
        co_return answer;
    }
};

} // namespace

TEST_CASE("every command of the table is called with the right method and scope, and with nothing less")
{
    std::set<std::string> seen;
    for (const auto& one : examples) {
        CAPTURE(one.path);
        seen.insert(one.path);
        api_desk desk;
        layerline::fakes::talkative_printer all;
        desk.printer.more = &all;
        desk.files.files["gcode/a.gcode"] = picture_file;
        layerline::fakes::memory_camera_store cameras;
        cameras.add("bed");
        layerline::fakes::scratch_folder folder;
        upload_limits limits;
        limits.reserve_bytes = 0;
        auto shelf = upload_shelf::open(folder.at / "uploads", limits, layerline::transport::clock::now());
        REQUIRE(shelf.has_value());
        upload_desk uploads(desk.context, desk.files, std::move(*shelf), [](const auto&) { return false; });
        told_log own_log;
        told_host host;
        queue_desk queue(desk.printer, desk.files, folder.at / "queue.json", [](const auto&) {});
        desk.api = make_plugin_api(desk.printer, desk.files, {"agent-1", "0.1.0"},
                                   {&cameras, &uploads, &queue, &own_log, &host});
        const auto* row = find_command(one.path);
        REQUIRE(row);
        CHECK(row->needs == one.needs);

        desk.who.scopes = {};
        const auto refused = desk.call(one.method, one.path, one.query, one.body);
        CHECK(refused->http() == 403);
        CHECK(refused->status() == 403);
        CHECK_THAT(refused->error(), Catch::Contains(std::string(layerline::access::name_of(one.needs))));
        CHECK(desk.printer.orders.empty());

        desk.who.scopes = scope_set{scope::view, one.needs};
        if (one.path == std::string("model/print")) desk.who.scopes = {scope::control, scope::files};
        const auto wrong = desk.call("TRACE", one.path, one.query, one.body);
        CHECK(wrong->status() == 405);
        CHECK(wrong->http() == (row->run_raw ? 405 : 200));
        CHECK_FALSE(wrong->call.header("allow").empty());
        CHECK_THAT(wrong->error(), Catch::Contains(one.method));

        const std::string given_query = one.query;
        const auto unknown = desk.call(one.method, one.path, given_query + "&Zzz=1", one.body);
        if (row->always)
            CHECK(unknown->status() == 200);
        else
            CHECK(unknown->status() == 400);

        if (one.path == std::string("events")) continue; // has tests of its own
        const auto good = desk.call(one.method, one.path, one.query, one.body);
        CHECK(good->call.finished);
        const std::string path = one.path;
        if (given_query.find("uploadid") != std::string::npos || path == "queue/remove" ||
            path == "queue/move") { // there is none of that id
            CHECK(good->status() == 404);
            continue;
        }
        if (path.starts_with("model/")) { // no workshop here; see model_commands_test.cpp
            CHECK(good->status() == 788);
            continue;
        }
        if (path == "queue/start-next") {
            CHECK(good->status() == 786); // nothing waits
            continue;
        }
        if (path == "rekey" || path == "proxy/mqtt") { // never done here
            CHECK(good->status() == (path == "rekey" ? 403 : 788));
            continue;
        }
        CHECK(good->http() == 200);
        if (!row->run_raw) {
            CHECK(good->status() == 200);
            CHECK(good->body.at("Result").is_object());
            CHECK_FALSE(good->body.contains("Error"));
            CHECK(good->call.header("content-type") == "application/json");
        }
    }
    CHECK(seen.size() == command_table().size());
}

TEST_CASE("other scopes than its own open no command")
{
    api_desk desk;
    desk.who.scopes = {scope::files, scope::console, scope::ui, scope::admin};
    CHECK(desk.call("POST", "pause")->http() == 403);
    CHECK(desk.call("POST", "emergency-stop")->http() == 403);
    desk.who.scopes = {scope::control};
    CHECK(desk.call("GET", "files/download", "path=gcode/a.gcode")->http() == 403);
    CHECK(desk.call("PUT", "files/upload", "path=gcode/a.gcode", "x")->http() == 403);
    CHECK(desk.call("GET", "status")->http() == 200);
    CHECK(desk.printer.orders.empty());
}

TEST_CASE("only exact paths are commands")
{
    api_desk desk;
    for (const char* path :
         {"homeXYZ", "Home", "home/", "", "files", "files/list/x", "../ping", "nonsense"}) {
        CAPTURE(path);
        const auto told = desk.call("POST", path);
        CHECK(told->http() == 200);
        CHECK(told->status() == 754);
        CHECK(told->cause() == "unknown_command");
    }
    CHECK(desk.printer.orders.empty());
}

TEST_CASE("the seed's dialect takes GET, POST and PUT and ignores what it does not know")
{
    api_desk desk;
    desk.how = dialect::seed;
    for (const char* method : {"GET", "POST", "PUT"})
        CHECK(desk.call(method, "pause", "", R"({"SmartPause":true,"ZLiftMm":2,"Whatever":[1]})")->status() ==
              200);
    CHECK(desk.printer.orders.size() == 3);
    CHECK(desk.call("PATCH", "pause")->status() == 405);
    CHECK(desk.call("GET", "set-temp", "bedc=60&TOOLNUMBER=1&toolc=200")->status() == 200);
    CHECK(desk.printer.orders.size() == 5);
    CHECK(desk.call("POST", "ping", "x=1")->body.at("Result").at("Message") == "Pong");
    CHECK(desk.call("GET", "pause", "", "{")->status() == 751);
}

TEST_CASE("a body that is not JSON is 751, one that is too large 413, one that never comes 751")
{
    api_desk desk;
    CHECK(desk.call("POST", "pause", "", "nonsense")->status() == 751);
    CHECK(desk.call("POST", "pause", "", std::string(max_argument_bytes + 1, ' '))->status() == 413);
    layerline::fakes::memory_exchange call("POST", "/plugin-api/v1/pause");
    call.head.deadline = layerline::transport::clock::now() + std::chrono::milliseconds(1);
    call.content = std::make_shared<layerline::fakes::silent_body>();
    desk.serve(call, "pause");
    CHECK(json::parse(call.sent).at("Status") == 751);
    layerline::fakes::memory_exchange broken("POST", "/plugin-api/v1/pause");
    broken.content =
        std::make_shared<layerline::fakes::scripted_body>(std::deque<std::string>{"{\"Pa"}, true);
    desk.serve(broken, "pause");
    CHECK(json::parse(broken.sent).at("Status") == 751);
    CHECK(desk.printer.orders.empty());
}

TEST_CASE("the request's id is in the envelope and in the answer's head")
{
    api_desk desk;
    const auto given = desk.call("GET", "ping", "", "", {{"x-request-id", "abc-1"}});
    CHECK(given->body.at("RequestId") == "abc-1");
    CHECK(given->call.header("x-request-id") == "abc-1");
    const auto hostile = desk.call("GET", "ping", "", "", {{"x-request-id", "a\r\nb"}});
    const auto made = hostile->body.at("RequestId").get<std::string>();
    CHECK(made.substr(0, 2) == "r-");
    CHECK(hostile->call.header("x-request-id") == made);
}

TEST_CASE("the terms of a command reach the printer")
{
    api_desk desk;
    layerline::fakes::memory_exchange call("POST", "/x");
    call.head.headers = {{"idempotency-key", "key_1"}, {"x-layerline-expect-job", "j-1"}};
    call.head.deadline = layerline::transport::clock::now() + std::chrono::seconds(20);
    call.content = layerline::transport::make_body(R"({"ExpectedState":"printing","Park":false})");
    desk.serve(call, "pause");
    REQUIRE(desk.printer.orders.size() == 1);
    const auto& order = desk.printer.orders.front();
    CHECK(order.how.idempotency_key == "key_1");
    CHECK(order.how.expected_job == "j-1");
    CHECK(order.how.expected_state == phase::printing);
    CHECK(order.how.principal == "t-abc");
    REQUIRE(order.how.time_left);
    CHECK(order.how.time_left->count() > 0);
    CHECK(order.how.time_left->count() <= 20000);
    CHECK(std::get<printer::pause_job>(order.what).park == false);
}

TEST_CASE("malformed or contradicting terms are refused before anything is done")
{
    api_desk desk;
    CHECK(desk.call("POST", "pause", "", "", {{"idempotency-key", "no spaces"}})->status() == 400);
    CHECK(desk.call("POST", "pause", "", "", {{"idempotency-key", std::string(65, 'a')}})->status() == 400);
    CHECK(desk.call("POST", "pause", "ExpectedState=melting")->status() == 400);
    CHECK(desk.call("POST", "pause", "ExpectedJobId=a%20b")->status() == 400);
    CHECK(desk.call("POST", "pause", "ExpectedJobId=a", "", {{"x-layerline-expect-job", "b"}})->status() ==
          400);
    CHECK(desk.call("POST", "pause", "", "", {{"x-layerline-expect-state", "melting"}})->status() == 400);
    CHECK(desk.printer.orders.empty());
}

TEST_CASE("a command whose time has run out does nothing and says so")
{
    api_desk desk;
    layerline::fakes::memory_exchange call("POST", "/x");
    call.head.deadline = layerline::transport::clock::now() - std::chrono::milliseconds(1);
    desk.serve(call, "resume");
    const auto body = json::parse(call.sent);
    CHECK(body.at("Status") == 786);
    CHECK(body.at("Cause").at("Code") == "late");
    CHECK(desk.printer.orders.empty());
}

TEST_CASE("nothing can refuse an emergency stop but the scope")
{
    api_desk desk;
    layerline::fakes::memory_exchange call("POST", "/x?%zz=%");
    call.head.headers = {{"idempotency-key", "not a key"}, {"x-layerline-expect-state", "nonsense"}};
    call.head.deadline = layerline::transport::clock::now() - std::chrono::hours(1);
    call.content = std::make_shared<layerline::fakes::silent_body>();
    desk.serve(call, "emergency-stop");
    CHECK(json::parse(call.sent).at("Result").at("Confirmed") == true);
    REQUIRE(desk.printer.orders.size() == 1);
    CHECK_FALSE(desk.printer.orders[0].how.time_left);
    CHECK_FALSE(desk.printer.orders[0].how.idempotency_key);
    CHECK_FALSE(desk.printer.orders[0].how.expected_state);
}

TEST_CASE("an emergency stop that was not confirmed says so")
{
    api_desk desk;
    desk.printer.answers = [](const auto&) {
        printer::performed done;
        done.note = "The firmware did not confirm it.";
        return done;
    };
    const auto noted = desk.call("POST", "emergency-stop");
    CHECK(noted->status() == 200);
    CHECK(noted->body.at("Result").at("Confirmed") == false);
    CHECK(noted->body.at("Result").at("Note") == "The firmware did not confirm it.");
    desk.printer.answers = [](const auto&) { return printer::printer_failure{printer_errc::silent, ""}; };
    const auto failed = desk.call("POST", "emergency-stop");
    CHECK(failed->status() == 785);
    CHECK(failed->body.at("Result").at("Confirmed") == false);
}

TEST_CASE("start needs a file that is there and a bed that is clear")
{
    api_desk desk;
    desk.files.files["gcode/a.gcode"] = "G28\n";
    CHECK(desk.call("POST", "start", "", R"({"Path":"gcode/missing.gcode"})")->status() == 404);
    CHECK(desk.call("POST", "start", "", R"({"Path":"gcode/../a.gcode"})")->status() == 400);
    CHECK(desk.call("POST", "start", "", R"({"Path":"gcode/a.gcode\nM112"})")->status() == 400);
    CHECK(desk.call("POST", "start", "", R"({"Path":"gcode/a.txt"})")->status() == 400);
    CHECK(desk.printer.orders.empty());
    desk.printer.answers = [](const auto&) {
        return printer::printer_failure{printer_errc::bed_not_clear, ""};
    };
    const auto refused = desk.call("POST", "start", "", R"({"Path":"gcode/a.gcode"})");
    CHECK(refused->status() == 786);
    CHECK(refused->cause() == "bed_not_clear");
    desk.printer.answers = [](const auto&) {
        printer::performed done;
        done.job_id = "j-1";
        return done;
    };
    const auto begun = desk.call("POST", "start", "", R"({"Path":"gcode/a.gcode","BedClear":true})");
    CHECK(begun->body.at("Result").at("JobId") == "j-1");
    CHECK(begun->body.at("Result").at("VirtualPath") == "gcode/a.gcode");
    const auto& order = std::get<printer::start_job>(desk.printer.orders.back().what);
    CHECK(order.path == "gcode/a.gcode");
    CHECK(order.bed_clear);
}

TEST_CASE("a file of the printer's own card is started by the path that its list tells")
{
    api_desk desk;
    for (const auto* bad : {"card/", "card/../A.GCO", "card/A B.GCO", "card/A.GCO\\nM112", "card/A"}) {
        INFO(bad);
        const auto body = std::string(R"({"Path":")") + bad + R"("})";
        CHECK(desk.call("POST", "start", "", body.c_str())->status() == 400);
    }
    CHECK(desk.printer.orders.empty());
    const auto begun = desk.call("POST", "start", "", R"({"Path":"card/SUB/PART~1.GCO","BedClear":true})");
    CHECK(begun->status() == 200);
    CHECK(begun->body.at("Result").at("VirtualPath") == "card/SUB/PART~1.GCO");
    const auto& order = std::get<printer::start_job>(desk.printer.orders.back().what);
    CHECK(order.path == "card/SUB/PART~1.GCO");
    CHECK(order.bed_clear);
}

TEST_CASE("the printer's card is listed with what is unknown as null")
{
    api_desk desk;
    desk.printer.answers = [](const auto& order) {
        printer::performed done;
        CHECK(std::get<printer::list_card>(order.what).first == 5);
        done.card = printer::card_page{{{"card/A.GCO", "a long name.gcode", {}}}, 6};
        return done;
    };
    const auto told = desk.call("GET", "card/list", "Offset=5");
    REQUIRE(told->status() == 200);
    const auto& result = told->body.at("Result");
    CHECK(result.at("Total") == 6);
    CHECK(result.at("Offset") == 5);
    CHECK(result.at("Files")[0].at("Path") == "card/A.GCO");
    CHECK(result.at("Files")[0].at("Name") == "a long name.gcode");
    CHECK(result.at("Files")[0].at("SizeBytes").is_null());
    desk.printer.answers = [](const auto&) {
        return printer::printer_failure{printer_errc::unsupported, "This printer has no card of its own."};
    };
    CHECK(desk.call("GET", "card/list")->status() == 788);
}

TEST_CASE("home takes axes, each at most once")
{
    api_desk desk;
    CHECK(desk.call("POST", "home")->status() == 200);
    CHECK(desk.call("POST", "home", "", R"({"Axes":"xY"})")->status() == 200);
    REQUIRE(desk.printer.orders.size() == 2);
    const auto& axes = std::get<printer::home_axes>(desk.printer.orders[1].what);
    CHECK((axes.x && axes.y && !axes.z));
    for (const char* body : {R"({"Axes":""})", R"({"Axes":"xx"})", R"({"Axes":"e"})", R"({"Axes":"xyzx"})",
                             R"({"Axes":"x\n"})", R"({"Axes":7})"}) {
        const auto told = desk.call("POST", "home", "", body);
        CHECK(told->status() == 400);
        CHECK_THAT(told->error(), Catch::Contains("Axes"));
    }
    CHECK(desk.printer.orders.size() == 2);
}

TEST_CASE("set-temp keeps the limits in force and tells where they are raised")
{
    api_desk desk;
    desk.printer.can.max_bed_c = 110;
    desk.printer.can.max_tool_c = 285;
    const auto over = desk.call("POST", "set-temp", "", R"({"ToolC":285.5})");
    CHECK(over->status() == 400);
    CHECK_THAT(over->error(), Catch::Contains("285") && Catch::Contains("max_tool_c"));
    // Where it is raised depends on what drives the printer.
    CHECK_THAT(over->error(), Catch::Contains("max_temp of [extruder] in Klipper's configuration") &&
                                  !Catch::Contains("print host"));
    desk.printer.can.serial = true;
    CHECK_THAT(desk.call("POST", "set-temp", "", R"({"BedC":111})")->error(),
               Catch::Contains("limits.bed in the print host's configuration") &&
                   !Catch::Contains("Klipper"));
    // One value over its limit keeps the others from being set.
    CHECK(desk.call("POST", "set-temp", "", R"({"BedC":111,"ToolC":200})")->status() == 400);
    for (const char* body :
         {"", R"({"BedC":true})", R"({"BedC":-1})", R"({"BedC":"60"})", R"({"ToolNumber":0})",
          R"({"ToolC":200,"ToolNumber":-1})", R"({"ToolC":200,"ToolNumber":1.5})", R"({"BedC":501})"})
        CHECK(desk.call("POST", "set-temp", "", body)->status() == 400);
    CHECK(desk.printer.orders.empty());
}

TEST_CASE("set-temp sets several heaters, each under a key of its own")
{
    api_desk desk;
    const auto told =
        desk.call("POST", "set-temp", "", R"({"ToolC":200,"ToolNumber":1,"BedC":60,"ChamberC":0})",
                  {{"idempotency-key", "k"}});
    CHECK(told->body.at("Result").at("Set").size() == 3);
    REQUIRE(desk.printer.orders.size() == 3);
    CHECK(std::get<printer::set_temperature>(desk.printer.orders[0].what).heater == "bed");
    CHECK(desk.printer.orders[0].how.idempotency_key == "k-bed");
    CHECK(std::get<printer::set_temperature>(desk.printer.orders[1].what).heater == "chamber");
    CHECK(std::get<printer::set_temperature>(desk.printer.orders[2].what).heater == "tool1");
    CHECK(std::get<printer::set_temperature>(desk.printer.orders[2].what).celsius == 200);
    CHECK(desk.printer.orders[2].how.idempotency_key == "k-tool1");

    desk.call("POST", "set-temp", "BedC=0", "", {{"idempotency-key", "k2"}});
    CHECK(desk.printer.orders.back().how.idempotency_key == "k2");
    CHECK(desk.call("POST", "set-temp", "BedC=0&ToolC=0", "", {{"idempotency-key", std::string(57, 'k')}})
              ->status() == 400);
}

TEST_CASE("set-temp tells which heaters were set when a later one fails")
{
    api_desk desk;
    desk.printer.answers = [&](const auto& order) -> printer::printer_result<printer::performed> {
        if (std::get<printer::set_temperature>(order.what).heater == "bed") return printer::performed{};
        return printer::printer_failure{printer_errc::unsupported, "There is no chamber heater."};
    };
    const auto told = desk.call("POST", "set-temp", "", R"({"BedC":60,"ChamberC":40})");
    CHECK(told->status() == 788);
    REQUIRE(told->body.at("Result").at("Set").size() == 1);
    CHECK(told->body.at("Result").at("Set")[0].at("Heater") == "bed");
}

TEST_CASE("text of the printer that is not UTF-8 is shown with U+FFFD, never an error")
{
    api_desk desk;
    auto state = in_phase(phase::paused);
    state.reason = "Filament \xff\xfe out";
    desk.printer.become(state);
    const auto told = desk.call("GET", "status");
    CHECK(told->status() == 200);
    CHECK(told->body.at("Result").at("Layerline").at("Reason") == "Filament \xEF\xBF\xBD\xEF\xBF\xBD out");
}

TEST_CASE("a result that exceeds an answer is 753 with the advice to page")
{
    api_desk desk;
    for (int i = 0; i < 9000; ++i)
        desk.files.files["gcode/" + std::to_string(100000 + i) + std::string(60, 'x') + ".gcode"] = "";
    const auto all = desk.call("GET", "files/list");
    CHECK(all->status() == 753);
    CHECK_THAT(all->body.at("Cause").at("Advice").get<std::string>(), Catch::Contains("Offset"));
    const auto page = desk.call("GET", "files/list", "offset=8990&limit=100");
    CHECK(page->status() == 200);
    CHECK(page->body.at("Result").at("Root").size() == 10);
    CHECK(page->body.at("Result").at("Total") == 9000);
}

TEST_CASE("a bug inside a command is 750, and the next call is served")
{
    api_desk desk;
    desk.printer.answers = [](const auto&) -> printer::printer_result<printer::performed> {
        throw std::logic_error("broken");
    };
    CHECK(desk.call("POST", "pause")->status() == 750);
    CHECK(desk.call("GET", "ping")->status() == 200);
}

TEST_CASE("capabilities lists every command with its arguments, and the limits")
{
    api_desk desk;
    desk.printer.can.max_bed_c = 100;
    const auto told = desk.call("GET", "capabilities");
    const auto& result = told->body.at("Result");
    CHECK(result.at("Commands").size() == command_table().size());
    CHECK(result.at("Printer").at("MaxBedC") == 100);
    CHECK(result.at("Printer").at("MaxToolC").is_null());
    CHECK(result.at("Scopes") == "view,control,files");
    for (const auto& command : result.at("Commands"))
        if (command.at("Name") == "start") {
            CHECK(command.at("Arguments")[0].at("Name") == "Path");
            CHECK(command.at("Arguments")[0].at("Required") == true);
            CHECK(command.at("Scope") == "control");
        }
}

TEST_CASE("an agent tells where it is in its own network, and never what would open it")
{
    api_desk desk;
    desk.who.scopes = {scope::admin, scope::console};
    const auto info = [&] { return desk.call("GET", "get-connection-info")->body["Result"]; };
    const auto alone = info();
    for (const auto& [name, value] : alone.items())
        CHECK(value.is_null());
    CHECK(alone.size() == 7);
    desk.api = make_plugin_api(desk.printer, desk.files, {"agent-1", "0.1.0"}, {.lan = [] {
                                   return lan_place{"192.168.1.20", 8481};
                               }});
    CHECK(info()["LocalIp"] == "192.168.1.20");
    CHECK(info()["LocalPort"] == 8481);
    CHECK(info()["ApiKey"].is_null());
    const auto rekeyed = desk.call("POST", "rekey");
    CHECK(rekeyed->body["Status"] == 403);
    CHECK(rekeyed->body["Error"].get<std::string>().find("layerline-agent rekey") != std::string::npos);
    CHECK(desk.call("GET", "proxy/mqtt")->status() == 788);
    desk.who.scopes = {scope::control};
    CHECK(desk.call("GET", "get-connection-info")->status() == 403);
}
