// The workshop's service through HTTP: files, operations, every code that this much of it can raise, and what
// happens when its processes die.
#include "workshop_rig.hpp"

#include "tests/workshop/shapes.hpp"
#include "workshop/models/stl.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <set>

using namespace layerline::tests;
using nlohmann::json;
namespace workshop = layerline::workshop;

namespace {

const std::string& cube()
{
    static const auto bytes = workshop::binary_stl(workshop::shapes::box(10, 20, 30));
    return bytes;
}

// Takes long enough that its process can be caught.
const std::string& large_sphere()
{
    static const auto bytes = workshop::binary_stl(workshop::shapes::sphere(50, 7));
    return bytes;
}

std::string first_message(const web_answer& answer)
{
    return answer.json()["errors"][0].value("message", "");
}

// Another program that holds the workshop's database for itself.
class locker {
public:
    explicit locker(const workshop_rig& at)
        : program_({"python3", "-c",
                    "import signal, sqlite3, sys\n"
                    "store = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)\n"
                    "store.execute('begin exclusive')\n"
                    "open(sys.argv[2], 'w').write('locked')\n"
                    "signal.pause()\n",
                    at.path("state/workshop.db").string(), at.path("locked").string()},
                   at.path("locker.log"))
    {
        program_.wait_for_file(at.path("locked"));
    }

private:
    program program_;
};

} // namespace

TEST_CASE("a model is uploaded, imported, analysed and exported, and comes back as it was", "[workshop]")
{
    const workshop_rig at;
    const auto file = at.upload(cube());
    CHECK(at.ask("GET", "/models/v1/files/" + file).body == cube());

    const auto imported = at.over(at.begin("import", {{"fileId", file}, {"measurementUnits", "mm"}}));
    INFO(imported.dump());
    REQUIRE(imported["state"] == "succeeded");
    CHECK(imported["progress"] == 1.0);
    const auto model = imported["result"].value("resultId", "");

    const auto analysis = at.over(at.begin("analyze", {{"inputId", model}}));
    REQUIRE(analysis["state"] == "succeeded");
    CHECK(analysis["result"]["triangles"] == 12);
    CHECK(analysis["result"]["volumeMm3"] == Approx(6000));
    CHECK(analysis["result"]["printable"] == true);

    const auto id = at.begin("export", {{"inputId", model}, {"exportToFormat", "STL"}});
    REQUIRE(at.over(id)["state"] == "succeeded");
    const auto result = at.ask("GET", "/models/v1/operations/" + id + "/result");
    REQUIRE(result.status == 200);
    CHECK(result.json()["operationId"] == id);
    const auto written = at.ask("GET", "/models/v1/files/" + result.json().value("fileId", ""));
    CHECK(written.status == 200);
    CHECK(written.body == cube());
    CHECK(written.headers.find("content-disposition")->find("model.stl") != std::string_view::npos);

    const auto cut = at.upload(workshop::binary_stl([] {
        auto box = workshop::shapes::box(10, 20, 30);
        box.triangles.pop_back();
        return box;
    }()));
    const auto repaired = at.over(at.begin("geometrical-repair", {{"inputId", cut}}));
    INFO(repaired.dump());
    CHECK(repaired["result"]["holesFilled"] == 1);
    CHECK(repaired["result"]["watertight"] == true);
    const auto scaled = at.over(at.begin(
        "scale", {{"inputId", repaired["result"]["resultId"]}, {"axis", "z"}, {"scaleToSizeMm", 60}}));
    const auto sized = at.over(at.begin("analyse", {{"inputId", scaled["result"]["resultId"]}}));
    CHECK(sized["result"]["printable"] == true);
    CHECK(sized["result"]["volumeMm3"] == Approx(48000));

    CHECK(at.ask("DELETE", "/models/v1/files/" + file).status == 200);
    CHECK(at.ask("GET", "/models/v1/files/" + file).status == 404);
}

TEST_CASE("an upload may be a form, also of clients that name nothing but the file", "[workshop]")
{
    const workshop_rig at;
    for (const auto* disposition : {"form-data; name=\"file\"; filename=\"a/b/part.stl\"",
                                    "form-data; fileName=\"part.stl\"", "attachment; filename=part.stl"}) {
        const auto form = "--XX\r\nContent-Disposition: " + std::string(disposition) +
                          "\r\nContent-Type: application/octet-stream\r\n\r\n" + cube() + "\r\n--XX--\r\n";
        const auto answer = at.ask("POST", "/models/v1/files", form, "multipart/form-data; boundary=XX");
        INFO(disposition << ' ' << answer.status << ' ' << answer.body);
        REQUIRE(answer.status == 201);
        CHECK(answer.json()["name"] == "part.stl");
        CHECK(at.ask("GET", "/models/v1/files/" + answer.json().value("fileId", "")).body == cube());
    }
    const auto cut = at.ask("POST", "/models/v1/files",
                            "--XX\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\nx",
                            "multipart/form-data; boundary=XX");
    CHECK(cut.status == 400);
    CHECK(workshop_rig::code_of(cut) == 13);
}

TEST_CASE("12: a request without a good token, or with one that may not, is refused", "[workshop][status]")
{
    workshop_rig at;
    const auto file = at.upload(cube());
    const auto good = at.token;
    at.token = "ll_nonsense";
    auto answer = at.ask("GET", "/models/v1/files/" + file);
    CHECK(answer.status == 401);
    CHECK(workshop_rig::code_of(answer) == 12);
    at.token = at.make_token("view,control");
    answer = at.ask("GET", "/models/v1/files/" + file);
    CHECK(answer.status == 403);
    CHECK(workshop_rig::code_of(answer) == 12);
    // Somebody else's files and operations are not there.
    at.token = good;
    const auto id = at.begin("analyze", {{"inputId", file}});
    (void)at.over(id);
    at.token = at.make_token("files");
    answer = at.ask("GET", "/models/v1/files/" + file);
    CHECK(answer.status == 404);
    CHECK(workshop_rig::code_of(answer) == 52);
    CHECK(first_message(answer) ==
          "File was not found or you are not the owner of the file. File id " + file);
    answer = at.ask("GET", "/models/v1/operations/" + id);
    CHECK(answer.status == 404);
    CHECK(workshop_rig::code_of(answer) == 71);
    CHECK(first_message(answer) ==
          "Operation was not found or you are not the owner of the operation. Operation id " + id);
    CHECK(workshop_rig::code_of(
              at.ask("POST", "/models/v1/operations/analyze", json{{"inputId", file}}.dump())) == 52);
}

TEST_CASE("13, 50, 51, 53, 200, 400, 401, 900: what is wrong with a request is said at once",
          "[workshop][status]")
{
    const workshop_rig at("[limits]\nmax_upload_mb = 1\n");
    const auto file = at.upload(cube());
    const auto refused = [&](const std::string& operation, const std::string& body) {
        return at.ask("POST", "/models/v1/operations/" + operation, body, "application/json");
    };
    auto answer = refused("import", "{}");
    CHECK(answer.status == 400);
    CHECK(workshop_rig::code_of(answer) == 13);
    CHECK(first_message(answer) == "The value supplied for parameter 'fileId' is invalid.");
    CHECK(first_message(refused("import", "not JSON")) ==
          "The value supplied for parameter 'body' is invalid.");
    CHECK(first_message(refused("analyze", R"({"inputId":7})")) ==
          "The value supplied for parameter 'inputId' is invalid.");
    CHECK(refused("nonsense", "{}").status == 404);
    answer = refused("import", json{{"fileId", file}, {"measurementUnits", "furlong"}}.dump());
    CHECK(answer.status == 400);
    CHECK(workshop_rig::code_of(answer) == 200);
    answer = refused("scale", json{{"inputId", file}, {"axis", "W"}, {"scaleToSizeMm", 5}}.dump());
    CHECK(answer.status == 400);
    CHECK(workshop_rig::code_of(answer) == 401);
    answer = refused("scale", json{{"inputId", file}, {"axis", "X"}, {"scaleToSizeMm", 10001}}.dump());
    CHECK(answer.status == 400);
    CHECK(workshop_rig::code_of(answer) == 400);
    answer = refused("export", json{{"inputId", file}, {"exportToFormat", "dwg"}}.dump());
    CHECK(answer.status == 400);
    CHECK(workshop_rig::code_of(answer) == 900);

    answer = at.ask("POST", "/models/v1/files", "%PDF-1.7 and so on", "application/octet-stream");
    CHECK(answer.status == 415);
    CHECK(workshop_rig::code_of(answer) == 50);
    CHECK(first_message(answer).find("STL") != std::string::npos);
    answer = at.ask("POST", "/models/v1/files", "", "application/octet-stream");
    CHECK(answer.status == 400);
    CHECK(workshop_rig::code_of(answer) == 53);
    answer =
        at.ask("POST", "/models/v1/files", std::string(2UL * 1024 * 1024, 'x'), "application/octet-stream");
    CHECK(answer.status == 413);
    CHECK(workshop_rig::code_of(answer) == 51);
    // None of these left anything.
    const auto kept = std::filesystem::directory_iterator(at.path("state/files"));
    CHECK(std::distance(begin(kept), end(kept)) == 1);
}

TEST_CASE("201, 202: a file that is no model fails with the reason and the place", "[workshop][status]")
{
    const workshop_rig at;
    auto told =
        at.over(at.begin("import", {{"fileId", at.upload("\x89PNG\r\n\x1a\n" + std::string(200, 'x'))}}));
    CHECK(told["state"] == "failed");
    CHECK(workshop_rig::code_of(told) == 201);
    const auto id = at.begin("import", {{"fileId", at.upload(cube().substr(0, 300))}});
    told = at.over(id);
    INFO(told.dump());
    CHECK(workshop_rig::code_of(told) == 202);
    const auto result = at.ask("GET", "/models/v1/operations/" + id + "/result");
    CHECK(result.status == 422);
    CHECK(workshop_rig::code_of(result) == 202);
}

TEST_CASE("11, 73 and cancelling: a full queue, a result asked too early, a job that is ended",
          "[workshop][status]")
{
    const workshop_rig at("[jobs]\nwaiting = 1\n");
    const auto file = at.upload(large_sphere());
    const auto first = at.begin("analyze", {{"inputId", file}});
    ::kill(at.wait_for_child(), SIGSTOP); // runs and does not end
    const auto early = at.ask("GET", "/models/v1/operations/" + first + "/result");
    CHECK(early.status == 409);
    CHECK(workshop_rig::code_of(early) == 73);
    CHECK(first_message(early) == "Operation with id " + first + " has not been finished yet.");
    const auto second = at.begin("analyze", {{"inputId", file}});
    const auto third = at.ask("POST", "/models/v1/operations/analyze", json{{"inputId", file}}.dump());
    CHECK(third.status == 503);
    CHECK(workshop_rig::code_of(third) == 11);
    CHECK(third.headers.find("retry-after"));
    CHECK(at.ask("DELETE", "/models/v1/operations/" + first).json()["state"] == "cancelled");
    CHECK(at.over(first)["state"] == "cancelled");
    CHECK(at.over(second)["state"] == "succeeded");
    CHECK(at.ask("DELETE", "/models/v1/operations/" + second).json()["state"] == "succeeded");
}

TEST_CASE("72: an operation that takes longer than it may is ended", "[workshop][status]")
{
    const workshop_rig at("[jobs]\ntime_s = 1\n");
    const auto id = at.begin("analyze", {{"inputId", at.upload(large_sphere())}});
    ::kill(at.wait_for_child(), SIGSTOP);
    CHECK(workshop_rig::code_of(at.over(id)) == 72);
    CHECK(at.ask("GET", "/models/v1/operations/" + id + "/result").status == 422);
    CHECK(at.children().empty());
}

TEST_CASE("74: an operation whose process dies is tried once more, then fails; the service goes on",
          "[workshop][status]")
{
    const workshop_rig at;
    const auto file = at.upload(large_sphere());
    auto id = at.begin("analyze", {{"inputId", file}});
    ::kill(at.wait_for_child(), SIGKILL);
    CHECK(at.over(id)["state"] == "succeeded");
    id = at.begin("analyze", {{"inputId", file}});
    const auto killed = at.wait_for_child();
    ::kill(killed, SIGKILL);
    pid_t next = killed;
    while (next == killed)
        next = at.wait_for_child();
    ::kill(next, SIGSEGV);
    CHECK(workshop_rig::code_of(at.over(id)) == 74);
    CHECK(at.over(at.begin("analyze", {{"inputId", file}}))["state"] == "succeeded");
}

TEST_CASE("201: an operation that needs more memory than it may have says so", "[workshop][status]")
{
    const workshop_rig at("[jobs]\nmemory_mb = 128\n");
    CHECK(at.over(at.begin("analyze", {{"inputId", at.upload(cube())}}))["state"] == "succeeded");
    const auto told = at.over(
        at.begin("analyze", {{"inputId", at.upload(workshop::binary_stl(workshop::shapes::sphere(50, 8)))}}));
    INFO(told.dump());
    CHECK(workshop_rig::code_of(told) == 201);
    CHECK(told["errors"][0].value("message", "").find("memory") != std::string::npos);
}

TEST_CASE("10: a database that is held by another process is said, and nothing is kept", "[workshop][status]")
{
    const workshop_rig at;
    const auto file = at.upload(cube());
    const locker other(at);
    auto answer = at.ask("POST", "/models/v1/files", cube(), "application/octet-stream");
    CHECK(answer.status == 500);
    CHECK(workshop_rig::code_of(answer) == 10);
    answer = at.ask("POST", "/models/v1/operations/analyze", json{{"inputId", file}}.dump());
    CHECK(answer.status == 500);
    CHECK(workshop_rig::code_of(answer) == 10);
    CHECK(at.ask("GET", "/models/v1/files/" + file).status == 200); // what is there can be had
}

TEST_CASE("70: an operation that cannot be started says so", "[workshop][status]")
{
    const workshop_rig at;
    const auto file = at.upload(cube());
    std::filesystem::remove_all(at.path("state/work"));
    std::ofstream(at.path("state/work")) << "in the way";
    const auto told = at.over(at.begin("analyze", {{"inputId", file}}));
    INFO(told.dump());
    CHECK(workshop_rig::code_of(told) == 70);
}

TEST_CASE("a service that is killed loses no accepted operation and no file", "[workshop]")
{
    workshop_rig at;
    const auto file = at.upload(large_sphere());
    std::set<std::string> accepted;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 3; ++i)
            accepted.insert(at.begin(i == 0 ? "import" : "analyze",
                                     i == 0 ? json{{"fileId", file}} : json{{"inputId", file}}));
        const auto child = at.wait_for_child();
        at.service->signal(SIGKILL);
        (void)at.service->wait();
        // Its process ends with it.
        for (int i = 0; i < 1000 && ::kill(child, 0) == 0 &&
                        std::filesystem::exists("/proc/" + std::to_string(child) + "/exe");
             ++i)
            ::usleep(1000);
        at.start();
    }
    std::set<std::string> results;
    for (const auto& id : accepted) {
        const auto told = at.over(id);
        INFO(told.dump());
        CHECK(told["state"] == "succeeded");
        if (told["operation"] == "import") results.insert(told["result"].value("resultId", ""));
    }
    CHECK(results.size() == 3);
    for (const auto& id : results)
        CHECK(at.ask("GET", "/models/v1/files/" + id).body.size() == large_sphere().size());
    CHECK(at.service->stop() == 0);
}

TEST_CASE("the layerline command has models worked on by the workshop's program", "[workshop]")
{
    const temp_folder folder;
    const auto broken = (folder.path() / "broken.stl").string(), good = (folder.path() / "good.obj").string();
    std::ofstream(broken, std::ios::binary) << workshop::binary_stl([] {
        auto box = workshop::shapes::box(10, 20, 30);
        box.triangles.pop_back();
        return box;
    }());
    const auto cli = program_path("layerline").string();
    CHECK(run({cli, "model", "analyse", broken}).exit_code == 3);
    const auto repaired = run({cli, "model", "repair", broken, "-o", good, "--to", "obj"});
    INFO(repaired.output);
    CHECK(repaired.exit_code == 0);
    CHECK(repaired.output.find("1 holes filled") != std::string::npos);
    const auto analysed = run({cli, "model", "analyse", good, "--json"});
    CHECK(analysed.exit_code == 0);
    CHECK(json::parse(analysed.output)["volumeMm3"] == Approx(6000));
    CHECK(run({cli, "model", "convert", broken, "-o", good, "--to", "dwg"}).exit_code == 1);
}
