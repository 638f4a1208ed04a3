// Every command of the Plugin API, asked of a printer on a serial port and of a Klipper, in the same states
// and with the same expectations. Where the two differ the table says so, and docs/plugin-api.md has to.
#include "moonraker_rig.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <fstream>
#include <map>
#include <set>

using namespace layerline::tests;
using layerline::fakes::fake_moonraker;
using nlohmann::json;

namespace {

enum state_of_printer : std::size_t { idle, printing, paused, away };
constexpr const char* no_upload = "?UploadId=00000000000000000000000000000000";
constexpr const char* no_upload_part = "?UploadId=00000000000000000000000000000000&Offset=0";
constexpr const char* no_upload_json = R"({"UploadId":"00000000000000000000000000000000"})";
constexpr std::array<const char*, 4> names_of_states{"idle", "printing", "paused", "away"};

// The status on the serial port and on Klipper.
struct expected {
    int serial, klipper;
    expected(int both) : serial(both), klipper(both) {}
    expected(int on_serial, int on_klipper) : serial(on_serial), klipper(on_klipper) {}
    bool differs() const { return serial != klipper; }
};

struct in_states {
    expected in_idle, in_printing, in_paused, in_away;
    const expected& at(std::size_t state) const
    {
        return state == idle       ? in_idle
               : state == printing ? in_printing
               : state == paused   ? in_paused
                                   : in_away;
    }
    static constexpr std::size_t size() { return 4; }
};

struct row {
    const char* command;
    const char* method;
    const char* given; // a body, or a query that begins with "?"
    in_states in;
};

// Asked in this order in each state.
const std::vector<row>& table()
{
    static const std::vector<row> all{
        {"ping", "GET", "", {200, 200, 200, 200}},
        {"status", "GET", "", {200, 200, 200, 785}},
        {"capabilities", "GET", "", {200, 200, 200, 200}},
        {"events", "GET", "", {200, 200, 200, 200}},
        {"pause", "POST", "{}", {786, 200, 786, 785}},
        {"resume", "POST", "{}", {786, 786, 200, 785}},
        {"cancel", "POST", "{}", {786, 200, 200, 785}},
        {"start", "POST", R"({"Path":"gcode/long.gcode","BedClear":true})", {200, 786, 786, 785}},
        {"start", "POST", R"({"Path":"gcode/none.gcode","BedClear":true})", {404, 404, 404, {404, 785}}},
        {"bed-clear", "POST", "{}", {200, 786, 786, 785}},
        {"home", "POST", "{}", {200, 786, 786, 785}},
        {"set-temp", "POST", R"({"BedC":40})", {200, 200, 200, 785}},
        {"set-temp", "POST", R"({"BedC":400})", {400, 400, 400, 400}},
        {"move-axis", "POST", R"({"Axis":"X","DistanceMm":1})", {200, 786, 200, 785}},
        {"extrude", "POST", R"({"DistanceMm":1})", {786, 786, 786, 785}},
        {"fan", "POST", R"({"Percent":40})", {200, 200, 200, 785}},
        {"speed", "POST", R"({"Percent":110})", {200, 200, 200, 785}},
        {"flow", "POST", R"({"Percent":95})", {200, 200, 200, 785}},
        {"babystep", "POST", R"({"ZMm":0.05})", {{788, 200}, {788, 200}, {788, 200}, 785}},
        {"level-bed", "POST", "{}", {{788, 786}, 786, 786, 785}}, // the bed is not clear after a move
        {"set-light", "POST", R"({"Name":"case","On":true})", {{788, 200}, {788, 200}, {788, 200}, 785}},
        {"set-light", "POST", R"({"Name":"none","On":true})", {788, 788, 788, 785}},
        {"set-power", "POST", R"({"Device":"psu","On":true})", {403, 403, 403, 403}},
        {"set-power", "POST", R"({"Device":"none","On":false})", {788, 788, 788, 785}},
        {"set-power", "POST", R"({"Device":"psu","On":false})", {{788, 200}, {788, 786}, {788, 786}, 785}},
        {"macro", "POST", R"({"Name":"PARK"})", {{788, 200}, {788, 786}, {788, 200}, 785}},
        {"exclude-object", "POST", R"({"Name":"CUBE"})", {{788, 786}, {788, 200}, {788, 200}, 785}},
        {"prompt/answer", "POST", R"({"Choice":0})", {786, 786, 786, 785}},
        {"console", "POST", R"({"Gcode":"M115"})", {200, 200, 200, 785}},
        {"console", "POST", R"({"Gcode":"G1 X5"})", {200, 786, 786, 785}},
        {"power/list", "GET", "", {{788, 200}, {788, 200}, {788, 200}, {788, 200}}},
        {"macro/list", "GET", "", {{788, 200}, {788, 200}, {788, 200}, {788, 200}}},
        {"console/lines", "GET", "", {200, 200, 200, 200}},
        {"history", "GET", "", {200, 200, 200, {200, 785}}},
        {"bed-mesh", "GET", "", {{788, 200}, {788, 200}, {788, 200}, {788, 785}}},
        {"motors-off", "POST", "{}", {200, 786, 786, 785}},
        {"card/list", "GET", "", {788, 788, 788, 785}}, // neither has one: firmware_test.cpp has
        {"start", "POST", R"({"Path":"card/A.GCO","BedClear":true})", {788, {786, 788}, {786, 788}, 785}},
        {"start", "POST", R"({"Path":"card/../A.GCO","BedClear":true})", {400, 400, 400, 400}},
        {"files/list", "GET", "", {200, 200, 200, {200, 785}}},
        {"files/details", "GET", "?Path=gcode/long.gcode", {200, 200, 200, {200, 785}}},
        {"files/details", "GET", "?Path=gcode/none.gcode", {404, 404, 404, {404, 785}}},
        {"files/upload", "PUT", "?Path=gcode/new.gcode", {200, 200, 200, {200, 785}}},
        {"files/download", "GET", "?Path=gcode/new.gcode", {200, 200, 200, {200, 785}}},
        {"files/layers", "GET", "?Path=gcode/new.gcode", {200, 200, 200, {200, 785}}},
        {"files/thumbnail", "GET", "?Path=gcode/new.gcode", {404, 404, 404, {404, 785}}},
        {"files/delete", "POST", R"({"Path":"gcode/new.gcode"})", {200, 200, 200, {200, 785}}},
        {"files/folder/create", "POST", R"({"Path":"gcode/shelf"})", {200, 200, 200, {200, 785}}},
        {"files/move", "POST", R"({"Path":"gcode/shelf","To":"gcode/drawer"})", {200, 200, 200, {200, 785}}},
        {"files/delete", "POST", R"({"Path":"gcode/drawer"})", {200, 200, 200, {200, 785}}},
        {"files/upload/create", "POST", R"({"Path":"gcode/parts.gcode","Bytes":4})", {200, 200, 200, 200}},
        {"files/upload/part", "PUT", no_upload_part, {404, 404, 404, 404}},
        {"files/upload/state", "GET", no_upload, {404, 404, 404, 404}},
        {"files/upload/commit", "POST", no_upload_json, {404, 404, 404, 404}},
        {"files/upload/cancel", "POST", no_upload_json, {404, 404, 404, 404}},
        {"files/upload/list", "GET", "", {200, 200, 200, 200}},
        {"queue/list", "GET", "", {200, 200, 200, 200}},
        {"queue/add", "POST", R"({"Path":"gcode/none.gcode"})", {404, 404, 404, {404, 785}}},
        {"queue/remove", "POST", R"({"QueueId":"q-none"})", {404, 404, 404, 404}},
        {"queue/move", "POST", R"({"QueueId":"q-none","Position":0})", {404, 404, 404, 404}},
        {"queue/pause", "POST", "{}", {200, 200, 200, 200}},
        {"queue/resume", "POST", "{}", {200, 200, 200, 200}},
        {"queue/start-next", "POST", "{}", {786, 786, 786, 786}}, // nothing waits
        {"get-plugin-logs", "GET", "", {200, 200, 200, 200}},
        {"send-command",
         "POST",
         R"({"Request":{"Path":"/server/info"}})",
         {{788, 200}, {788, 200}, {788, 200}, {788, 785}}},
        {"get-connection-info", "GET", "", {200, 200, 200, 200}},
        {"rekey", "POST", "{}", {403, 403, 403, 403}},
        {"proxy/mqtt", "GET", "", {788, 788, 788, 788}},
        // No workshop is configured here: model_print_test.cpp has one.
        {"model/print",
         "POST",
         R"({"FileId":"f-aaaaaaaaaaaaaaaaaaaaaaaaaa","Printer":"ender-3","Material":"pla","Quality":"0.2"})",
         {788, 788, 788, 788}},
        {"model/print/state", "GET", "?PrintId=m-1", {788, 788, 788, 788}},
        {"model/print/cancel", "POST", R"({"PrintId":"m-1"})", {788, 788, 788, 788}},
        {"webcam/list", "GET", "", {200, 200, 200, 200}},
        {"list-webcam", "GET", "", {200, 200, 200, 200}},
        {"webcam/snapshot", "GET", "", {404, 404, 404, 404}},
        {"webcam/stream", "GET", "", {404, 404, 404, 404}},
        {"set-default-webcam", "POST", R"({"Name":"none"})", {404, 404, 404, 404}},
        {"set-local-plugin-webcam-items", "POST", R"({"LocalPluginWebcams":[]})", {200, 200, 200, 200}},
        {"get-local-plugin-webcam-items", "GET", "", {200, 200, 200, 200}},
        // What it leaves behind is nothing to go on from: asked below, of printers of its own.
        {"emergency-stop", "POST", "{}", {200, 200, 200, 785}},
    };
    return all;
}

constexpr const char* policy = "forbidden_scopes = []\n";

// One of the two, with the same to say of it.
class printer_rig {
public:
    virtual ~printer_rig() = default;
    printer_rig() = default;
    printer_rig(const printer_rig&) = delete;
    printer_rig& operator=(const printer_rig&) = delete;
    virtual rig& at() = 0;
    virtual void go_away() = 0;
    // The printer asks a question with these buttons, with a print under way or without.
    virtual void ask_question() = 0;

    web_answer ask(const row& what)
    {
        web_request asked;
        asked.method = what.method;
        const std::string given = what.given;
        const bool query = given.starts_with('?');
        asked.url = at().agent_url() + "/plugin-api/v1/" + what.command + (query ? given : "");
        asked.token = token_;
        if (asked.method == "PUT")
            asked.body = "G28\nG1 X10 Y10 Z1 E1 F3000\n";
        else if (!query)
            asked.body = given;
        return web(asked);
    }
    // A serial printer answers a move when it has begun: until it is over nothing else moves.
    web_answer ask_until_free(const row& what)
    {
        web_answer answer;
        (void)at().becomes([&] {
            answer = ask(what);
            return answer.body.find("still moving by an earlier command") == std::string::npos;
        });
        return answer;
    }
    std::string phase()
    {
        return ask({"status", "GET", "", {200, 200, 200, 200}})
            .json()
            .value("/Result/Layerline/Phase"_json_pointer, "");
    }
    void post(const char* command, const char* body = "{}")
    {
        const row what{command, "POST", body, {200, 200, 200, 200}};
        const auto answer = ask_until_free(what);
        INFO(command << ": " << answer.body << answer.error);
        REQUIRE(answer.code() == 200);
    }
    void wait_for(const std::string& wanted)
    {
        INFO("waiting for " << wanted << ", it is " << phase());
        REQUIRE(at().becomes([&] { return phase() == wanted; }));
    }
    void enter(state_of_printer state)
    {
        auto now = phase();
        (void)at().becomes([&] {
            now = phase();
            return now != "pausing" && now != "resuming" && now != "cancelling" && now != "connecting";
        });
        if (state == away) {
            if (now != "offline") go_away();
            return wait_for("offline");
        }
        if (now == names_of_states.at(state)) return;
        if (state == idle) {
            if (now == "printing" || now == "paused" || now == "cancelling") {
                if (now != "cancelling") post("cancel");
                wait_for("cancelled");
            }
            post("bed-clear");
            return wait_for("idle");
        }
        if (now == "cancelling" || now == "cancelled" || now == "finished") enter(idle);
        now = phase();
        if (now == "paused" && state == printing) post("resume");
        if (now == "idle") post("start", R"({"Path":"gcode/long.gcode","BedClear":true})");
        if (now == "idle" || state == printing) wait_for("printing");
        if (state == paused) {
            post("pause");
            wait_for("paused");
        }
    }

protected:
    void use_all_scopes() { token_ = at().make_agent_token("view,control,files,console,admin").secret; }
    static std::string agent_toml(const rig& at)
    {
        std::ofstream(at.path("policy.toml")) << policy;
        return "[files]\nreserve_mb = 1\n[limits]\nrequests_per_minute = 100000\n[policy]\nfile = \"" +
               at.path("policy.toml").string() + "\"\n";
    }

private:
    std::string token_;
};

class serial_printer final : public printer_rig {
public:
    serial_printer()
    {
        at_.options().agent_toml = agent_toml(at_);
        at_.start_printer();
        at_.start_host();
        at_.start_agent();
        use_all_scopes();
        at_.put_file("long.gcode", small_job(20'000, 600));
        wait_for("idle");
        post("home");
    }
    rig& at() override { return at_; }
    void go_away() override { at_.host->stop(); }
    void ask_question() override
    {
        at_.put_file("change.gcode", "G28\nM600\nG1 X20 F6000\n");
        post("start", R"({"Path":"gcode/change.gcode","BedClear":true})");
    }

private:
    rig at_;
};

class klipper_printer final : public printer_rig {
public:
    klipper_printer()
    {
        far_.with([](fake_moonraker& far) {
            far.store.files["long.gcode"].content = small_job(100);
            far.objects["toolhead"]["homed_axes"] = "xyz";
            far.objects["extruder"]["can_extrude"] = false;
            far.objects["neopixel case"] = {{"color_data", {{0.0, 0.0, 0.0, 0.0}}}};
            far.objects["bed_mesh"] = {{"profile_name", "default"},
                                       {"mesh_min", {0, 0}},
                                       {"mesh_max", {100, 100}},
                                       {"probed_matrix", {{0.1, 0.2}, {0.3, 0.4}}}};
            far.objects["exclude_object"] = {{"objects", json::array({{{"name", "CUBE"}}})},
                                             {"current_object", nullptr},
                                             {"excluded_objects", json::array()}};
            far.objects["configfile"]["settings"]["gcode_macro park"] = {{"gcode", "G1 X0"}};
            far.power = json::array({{{"device", "psu"}, {"type", "gpio"}, {"status", "on"}}});
        });
        far_.at.options().agent_toml = agent_toml(far_.at);
        far_.at.start_agent();
        use_all_scopes();
        wait_for("idle");
    }
    rig& at() override { return far_.at; }
    void go_away() override { far_.end_moonraker(); }
    void ask_question() override
    {
        far_.with([](fake_moonraker& far) {
            for (const auto* line : {"// action:prompt_begin Nozzle Parked",
                                     "// action:prompt_button Continue|M117 on", "// action:prompt_show"})
                far.notify("notify_gcode_response", json::array({line}));
        });
    }

private:
    moonraker_rig far_;
};

bool is_stream(const std::string& command)
{
    return command == "events";
}

// The members of a result, so that clients of one kind of printer find them on the other.
std::set<std::string> members_of(const web_answer& answer)
{
    std::set<std::string> names;
    const auto told = answer.json();
    if (told.is_object() && told.contains("Result") && told["Result"].is_object())
        for (const auto& [name, value] : told["Result"].items())
            names.insert(name);
    return names;
}

} // namespace

TEST_CASE("the table of both links has a row for every command, and no others", "[both]")
{
    serial_printer serial;
    std::set<std::string> commands, rows;
    const auto told = serial.ask({"capabilities", "GET", "", {200, 200, 200, 200}}).json();
    for (const auto& command : told.at("Result").at("Commands"))
        commands.insert(command.at("Name"));
    for (const auto& one : table())
        rows.insert(one.command);
    CHECK(commands == rows);
}

TEST_CASE("what differs between the two kinds of printer stands in the documentation", "[both]")
{
    const auto page = content_of(LAYERLINE_DOCS_DIR "/plugin-api.md");
    const auto from = page.find("## Where the two kinds of printer differ");
    REQUIRE(from != std::string::npos);
    const auto section = page.substr(from, page.find("\n## ", from + 5) - from);
    for (const auto& one : table())
        for (std::size_t state = 0; state < one.in.size(); ++state) {
            if (!one.in.at(state).differs()) continue;
            INFO(one.command << " when " << names_of_states.at(state));
            CHECK(section.find("`" + std::string(one.command) + "`") != std::string::npos);
        }
}

TEST_CASE("every command gives the same status on both kinds of printer, in each state", "[both]")
{
    serial_printer serial;
    klipper_printer klipper;
    for (const auto state : {idle, printing, paused, away})
        for (const auto& one : table()) {
            if (std::string(one.command) == "emergency-stop") continue;
            serial.enter(state);
            klipper.enter(state);
            INFO(one.command << " " << one.given << " when " << names_of_states.at(state));
            if (is_stream(one.command)) {
                for (auto* each : std::array<printer_rig*, 2>{&serial, &klipper})
                    (void)wait_for_state(each->at().agent_url(), each->at().agent_token(),
                                         [](const json& seen) { return seen.contains("now"); });
                continue;
            }
            const auto on_serial = serial.ask_until_free(one), on_klipper = klipper.ask_until_free(one);
            INFO("serial:  " << on_serial.body.substr(0, 600) << on_serial.error);
            INFO("Klipper: " << on_klipper.body.substr(0, 600) << on_klipper.error);
            CHECK(on_serial.code() == one.in.at(state).serial);
            CHECK(on_klipper.code() == one.in.at(state).klipper);
            if (on_serial.code() == 200 && on_klipper.code() == 200)
                CHECK(members_of(on_serial) == members_of(on_klipper));
        }
}

TEST_CASE("an emergency stop gives the same on both kinds of printer, in each state", "[both]")
{
    const auto& stop = table().back();
    REQUIRE(std::string(stop.command) == "emergency-stop");
    for (const auto state : {idle, printing, paused, away}) {
        serial_printer serial;
        klipper_printer klipper;
        for (auto* each : std::array<printer_rig*, 2>{&serial, &klipper}) {
            each->enter(state);
            const auto answer = each->ask(stop);
            INFO(names_of_states.at(state) << ": " << answer.body << answer.error);
            CHECK(answer.code() == stop.in.at(state).serial);
            CHECK(answer.json().at("Result").at("Confirmed") == (state != away));
            if (state != away) each->wait_for("error");
        }
    }
}

TEST_CASE("a question of the printer's looks the same on both, and is answered by the same command", "[both]")
{
    serial_printer serial;
    klipper_printer klipper;
    const row choose{"prompt/answer", "POST", R"({"Choice":0})", {200, 200, 200, 200}};
    const row wrong{"prompt/answer", "POST", R"({"Choice":1})", {400, 400, 400, 400}};
    for (auto* each : std::array<printer_rig*, 2>{&serial, &klipper}) {
        const auto attention = [&] {
            return each->ask({"status", "GET", "", {200, 200, 200, 200}})
                .json()
                .value("/Result/Layerline/Attention"_json_pointer, json());
        };
        each->ask_question();
        const json asked{{"Kind", "prompt"}, {"Text", "Nozzle Parked"}, {"Buttons", {"Continue"}}};
        CHECK(each->at().becomes([&] { return attention() == asked; }));
        CHECK(each->ask(wrong).code() == 400);
        CHECK(each->ask(choose).code() == 200);
        CHECK(each->at().becomes([&] { return attention() != asked; }));
    }
}
