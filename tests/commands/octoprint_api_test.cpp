// What slicers ask, and what becomes of it.
#include "commands/octoprint_api.hpp"
#include "tests/commands/api_desk.hpp"

using namespace layerline::commands;
using layerline::access::scope;
namespace printer = layerline::printer;
using printer::phase;

namespace {

struct slicer_desk : api_desk {
    octoprint_api slicers{printer, files, {"agent-1", "0.1.0"}};

    std::unique_ptr<told> ask(const std::string& method, const std::string& path,
                              const std::string& body = "", const std::string& type = "application/json")
    {
        auto all = std::make_unique<told>();
        all->call.head.method = method;
        all->call.head.target = "/api/" + path;
        all->call.head.headers.set("content-type", type);
        all->call.content = layerline::transport::make_body(body);
        layerline::fakes::run(context, slicers.serve(all->call, who, path));
        REQUIRE(all->call.answer);
        CHECK(all->call.finished);
        if (!all->call.sent.empty()) all->body = json::parse(all->call.sent);
        return all;
    }
    std::unique_ptr<told> upload(const std::vector<std::array<std::string, 3>>& parts)
    {
        std::string form;
        for (const auto& [name, filename, content] : parts)
            form += "--bound\r\nContent-Disposition: form-data; name=\"" + name + "\"" +
                    (filename.empty() ? "" : "; filename=\"" + filename + "\"") + "\r\n\r\n" + content +
                    "\r\n";
        return ask("POST", "files/local", form + "--bound--\r\n", "multipart/form-data; boundary=bound");
    }
};

} // namespace

TEST_CASE("a slicer's test of the connection is answered as by OctoPrint")
{
    slicer_desk desk;
    const auto version = desk.ask("GET", "version");
    CHECK(version->http() == 200);
    CHECK(version->body["api"] == "0.1");
    CHECK(version->body["text"].get<std::string>().starts_with("OctoPrint"));
    CHECK(desk.ask("GET", "nothing")->http() == 404);
    CHECK(desk.ask("DELETE", "version")->http() == 405);
    desk.who.scopes = {};
    CHECK(desk.ask("GET", "version")->http() == 403);
}

TEST_CASE("an upload is stored, and printed only where that is asked for and the bed is clear")
{
    slicer_desk desk;
    const auto stored =
        desk.upload({{"print", "", "false"}, {"path", "", "/sub/"}, {"file", "a b.gcode", "G28\n"}});
    CHECK(stored->http() == 201);
    CHECK(stored->body["files"]["local"]["path"] == "sub/a b.gcode");
    CHECK(desk.files.files.at("gcode/sub/a b.gcode") == "G28\n");
    CHECK(desk.printer.orders.empty());

    const auto printed = desk.upload({{"file", "C:\\x\\b.gcode", "G1\n"}, {"print", "", "true"}});
    CHECK(printed->http() == 201);
    CHECK(printed->body["effectivePrint"] == true);
    REQUIRE(desk.printer.orders.size() == 1);
    const auto start = std::get<printer::start_job>(desk.printer.orders[0].what);
    CHECK(start.path == "gcode/b.gcode");
    CHECK_FALSE(start.bed_clear); // a slicer does not see the bed
    CHECK(desk.printer.orders[0].how.principal == "t-abc");

    desk.printer.answers = [](const auto&) {
        return printer::printer_failure{printer::printer_errc::bed_not_clear, "Look first."};
    };
    const auto kept = desk.upload({{"print", "", "true"}, {"file", "c.gcode", "G1\n"}});
    CHECK(kept->http() == 409);
    CHECK_THAT(kept->body["error"].get<std::string>(),
               Catch::Contains("stored") && Catch::Contains("Look first."));
    CHECK(desk.files.files.count("gcode/c.gcode") == 1);
}

TEST_CASE("an upload that is no file for this printer leaves nothing behind")
{
    slicer_desk desk;
    CHECK(desk.ask("POST", "files/local", "x", "text/plain")->http() == 415);
    CHECK(desk.upload({{"file", "a.stl", "solid"}})->http() == 415);
    CHECK(desk.upload({{"file", "..", "x"}})->http() == 400);
    CHECK(desk.upload({{"path", "", "../.."}, {"file", "a.gcode", "x"}})->http() == 400);
    CHECK(desk.upload({{"print", "", "true"}})->http() == 400);
    CHECK(desk.upload({{"note", "", std::string(2000, 'x')}})->http() == 400);
    CHECK(desk.ask("POST", "files/local",
                   "--bound\r\nContent-Disposition: form-data; name=file; filename=a.gcode\r\n\r\nG28",
                   "multipart/form-data; boundary=bound")
              ->http() == 400);
    CHECK(desk.files.files.empty());
    desk.files.limit = 100;
    CHECK(desk.upload({{"file", "a.gcode", std::string(101, 'x')}})->http() == 413);
    desk.who.scopes = {scope::view, scope::control};
    CHECK(desk.upload({{"file", "a.gcode", "x"}})->http() == 403);
    CHECK(desk.files.files.empty());

    slicer_desk busy;
    busy.printer.become(printing("gcode/a.gcode"));
    CHECK(busy.upload({{"file", "a.gcode", "x"}})->http() == 409);
    CHECK(busy.files.files.empty());
    slicer_desk reader;
    reader.who.scopes = {scope::view, scope::files};
    const auto refused = reader.upload({{"print", "", "true"}, {"file", "a.gcode", "x"}});
    CHECK(refused->http() == 403);
    CHECK(reader.printer.orders.empty());
}

TEST_CASE("job and printer are told in OctoPrint's words, unknown values as null")
{
    slicer_desk desk;
    auto state = printing("gcode/sub/a.gcode");
    state.job->progress = 0.25;
    state.job->elapsed_s = 60;
    state.job->left_s = 180;
    state.heaters = {{"tool0", 199.987, 200.0}, {"bed", std::nullopt, std::nullopt}};
    desk.printer.become(state);
    const auto job = desk.ask("GET", "job")->body;
    CHECK(job["state"] == "Printing");
    CHECK(job["job"]["file"]["path"] == "sub/a.gcode");
    CHECK(job["job"]["estimatedPrintTime"] == 240);
    CHECK(job["progress"]["completion"] == 25);
    CHECK(job["progress"]["printTimeLeft"] == 180);
    CHECK(job["progress"]["filepos"].is_null());
    const auto told = desk.ask("GET", "printer")->body;
    CHECK(told["state"]["flags"]["printing"] == true);
    CHECK(told["state"]["flags"]["ready"] == false);
    CHECK(told["temperature"]["tool0"]["actual"] == 199.99);
    CHECK(told["temperature"]["bed"]["actual"].is_null());
    desk.printer.become(in_phase(phase::offline));
    CHECK(desk.ask("GET", "printer")->http() == 409);
    CHECK(desk.ask("GET", "job")->body["state"] == "Offline");
    CHECK(desk.ask("GET", "connection")->body["current"]["state"] == "Offline");
}

TEST_CASE("a job's commands are those of the Plugin API, under its scope")
{
    slicer_desk desk;
    desk.printer.become(printing("gcode/a.gcode"));
    CHECK(desk.ask("POST", "job", R"({"command":"pause"})")->http() == 204);
    CHECK(std::holds_alternative<printer::pause_job>(desk.printer.orders.back().what));
    desk.printer.become(in_phase(phase::paused));
    CHECK(desk.ask("POST", "job", R"({"command":"pause","action":"toggle"})")->http() == 204);
    CHECK(std::holds_alternative<printer::resume_job>(desk.printer.orders.back().what));
    CHECK(desk.ask("POST", "job", R"({"command":"pause","action":"pause"})")->http() == 204);
    CHECK(std::holds_alternative<printer::pause_job>(desk.printer.orders.back().what));
    CHECK(desk.ask("POST", "job", R"({"command":"cancel"})")->http() == 204);
    CHECK(std::holds_alternative<printer::cancel_job>(desk.printer.orders.back().what));
    CHECK(desk.ask("POST", "job", R"({"command":"start"})")->http() == 409); // nothing was chosen
    CHECK(desk.ask("POST", "job", R"({"command":"explode"})")->http() == 400);
    CHECK(desk.ask("POST", "job", "[]")->http() == 400);
    const auto before = desk.printer.orders.size();
    desk.who.scopes = {scope::view, scope::files};
    CHECK(desk.ask("POST", "job", R"({"command":"cancel"})")->http() == 403);
    CHECK(desk.printer.orders.size() == before);
}

TEST_CASE("a stored file is listed, and printed by its name")
{
    slicer_desk desk;
    desk.files.files["gcode/a.gcode"] = "G28\n";
    const auto all = desk.ask("GET", "files/local")->body;
    REQUIRE(all["files"].size() == 1);
    CHECK(all["files"][0]["path"] == "a.gcode");
    CHECK(all["files"][0]["size"] == 4);
    CHECK(desk.ask("POST", "files/local/a.gcode", R"({"command":"select","print":true})")->http() == 204);
    CHECK(std::get<printer::start_job>(desk.printer.orders.back().what).path == "gcode/a.gcode");
    CHECK(desk.ask("POST", "files/local/none.gcode", R"({"command":"select"})")->http() == 404);
    CHECK(desk.ask("POST", "files/local/../x.gcode", R"({"command":"select"})")->http() == 404);
}
