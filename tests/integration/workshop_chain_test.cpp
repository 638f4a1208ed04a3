// Chains, event streams, callbacks and figures of the workshop's service.
#include "workshop_rig.hpp"

#include "tests/workshop/shapes.hpp"
#include "workshop/models/stl.hpp"
#include "workshop/service/callback.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

using namespace layerline::tests;
using nlohmann::json;
namespace workshop = layerline::workshop;

namespace {

std::string cut_cube()
{
    auto box = workshop::shapes::box(10, 20, 30);
    box.triangles.pop_back();
    return workshop::binary_stl(box);
}

const std::string& large_sphere()
{
    static const auto bytes = workshop::binary_stl(workshop::shapes::sphere(50, 7));
    return bytes;
}

std::string begin_chain(const workshop_rig& at, const json& body)
{
    const auto answer = at.ask("POST", "/models/v1/operations", body.dump(), "application/json");
    INFO(answer.status << ' ' << answer.body);
    REQUIRE(answer.status == 202);
    return answer.json().value("operationId", "");
}

// A caller's server: keeps each request's head and body in a file, answers 500 to the first `fail` of them.
class listener {
public:
    listener(const workshop_rig& at, int fail)
        : folder_(at.path("heard")),
          program_({"python3", "-c",
                    "import http.server, json, os, sys\n"
                    "folder, fail = sys.argv[1], int(sys.argv[2])\n"
                    "count = 0\n"
                    "class handler(http.server.BaseHTTPRequestHandler):\n"
                    "    def do_POST(self):\n"
                    "        global count\n"
                    "        count += 1\n"
                    "        body = self.rfile.read(int(self.headers['content-length'])).decode()\n"
                    "        told = {'signature': self.headers['x-layerline-signature'], 'body': body}\n"
                    "        with open(f'{folder}/{count}.new', 'w') as out: json.dump(told, out)\n"
                    "        os.rename(f'{folder}/{count}.new', f'{folder}/{count}')\n"
                    "        self.send_response(500 if count <= fail else 204)\n"
                    "        self.end_headers()\n"
                    "    def log_message(self, *words): pass\n"
                    "server = http.server.HTTPServer(('127.0.0.1', 0), handler)\n"
                    "open(f'{folder}/port.new', 'w').write(str(server.server_port))\n"
                    "os.rename(f'{folder}/port.new', f'{folder}/port')\n"
                    "server.serve_forever()\n",
                    (std::filesystem::create_directories(folder_), folder_.string()), std::to_string(fail)},
                   at.path("listener.log"))
    {
        program_.wait_for_file(folder_ / "port");
    }
    std::string url() const { return "http://127.0.0.1:" + content_of(folder_ / "port") + "/done?x=1"; }
    json heard(int number) const
    {
        program_.wait_for_file(folder_ / std::to_string(number), seconds(60));
        return json::parse(content_of(folder_ / std::to_string(number)));
    }

private:
    std::filesystem::path folder_;
    program program_;
};

} // namespace

TEST_CASE("a chain feeds each step's result to the next, also over a kill of the service", "[workshop]")
{
    workshop_rig at;
    const auto file = at.upload(cut_cube());
    const auto id = begin_chain(at, {{"steps",
                                      {{{"operation", "import"}, {"fileId", file}},
                                       {{"operation", "repair"}},
                                       {{"operation", "analyze"}},
                                       {{"operation", "scale"}, {"axis", "Z"}, {"scaleToSizeMm", 60}},
                                       {{"operation", "export"}, {"exportToFormat", "stl"}}}}});
    at.service->signal(SIGKILL);
    (void)at.service->wait();
    at.start();
    const auto told = at.over(id);
    INFO(told.dump());
    REQUIRE(told["state"] == "succeeded");
    REQUIRE(told["steps"].size() == 5);
    CHECK(told["steps"][1]["holesFilled"] == 1);
    CHECK(told["steps"][2]["volumeMm3"] == Approx(6000));
    CHECK(told["steps"][2]["printable"] == true);
    CHECK(told["steps"][3]["factor"] == Approx(2));
    const auto result = at.ask("GET", "/models/v1/operations/" + id + "/result");
    REQUIRE(result.status == 200);
    CHECK(result.json()["operationId"] == id);
    const auto written = at.ask("GET", "/models/v1/files/" + result.json().value("fileId", ""));
    CHECK(written.body.size() == 84 + 12 * 50);
    const auto middle = told["steps"][0].value("resultId", "");
    CHECK(at.ask("GET", "/models/v1/files/" + middle).status == 200);
}

TEST_CASE("a step that fails ends its chain, and the steps before it are told", "[workshop]")
{
    const workshop_rig at;
    const auto bad = at.upload(cut_cube().substr(0, 300));
    auto told = at.over(begin_chain(
        at, {{"steps", {{{"operation", "import"}, {"fileId", bad}}, {{"operation", "repair"}}}}}));
    CHECK(told["state"] == "failed");
    CHECK(workshop_rig::code_of(told) == 202);
    CHECK(told["step"] == 1);
    CHECK(told["steps"].empty());
    auto answer = at.ask("POST", "/models/v1/operations",
                         json{{"steps",
                               {{{"operation", "import"}, {"fileId", bad}},
                                {{"operation", "scale"}, {"axis", "W"}, {"scaleToSizeMm", 1}}}}}
                             .dump());
    CHECK(answer.status == 400);
    CHECK(workshop_rig::code_of(answer) == 401); // before anything is begun
    answer = at.ask("POST", "/models/v1/operations", "{}");
    CHECK(workshop_rig::code_of(answer) == 13);
}

TEST_CASE("an event stream tells an operation's states, and ends with it", "[workshop]")
{
    const workshop_rig at;
    const auto id = at.begin("repair", {{"inputId", at.upload(large_sphere())}});
    const auto answer = at.ask("GET", "/models/v1/operations/" + id + "/events");
    CHECK(answer.status == 200);
    CHECK(answer.headers.find("content-type") == "text/event-stream");
    std::vector<json> seen;
    std::istringstream lines(answer.body);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("data: ")) seen.push_back(json::parse(line.substr(6)));
    REQUIRE(seen.size() >= 2);
    CHECK((seen.front()["state"] == "queued" || seen.front()["state"] == "running"));
    CHECK(seen.back()["state"] == "succeeded");
    CHECK(seen.back()["progress"] == 1.0);
    for (std::size_t i = 1; i < seen.size(); ++i)
        CHECK(seen[i - 1]["progress"].get<double>() <= seen[i]["progress"].get<double>());
    CHECK(at.ask("GET", "/models/v1/operations/o-x/events").status == 404);
}

TEST_CASE("a callback is signed, tried again when it fails, and tells the end", "[workshop]")
{
    const workshop_rig at("[callbacks]\nlocal = true\n");
    const listener caller(at, 1);
    const auto id = at.begin("analyze", {{"inputId", at.upload(cut_cube())}, {"callbackUrl", caller.url()}});
    const auto first = caller.heard(1), second = caller.heard(2);
    const auto body = second.value("body", "");
    const auto told = json::parse(body);
    CHECK(told["operationId"] == id);
    CHECK(told["state"] == "succeeded");
    CHECK(told["result"]["triangles"] == 11);
    CHECK(first["body"] == body);
    auto secret = content_of(at.path("state/callback.secret"));
    secret.pop_back(); // the line's end
    const auto signature = second.value("signature", "");
    const auto time = std::stoll(signature.substr(2));
    CHECK(workshop::signature_of(secret, time, body) == signature);
}

TEST_CASE("a callback to the workshop's own host is not made unless the owner allows it", "[workshop]")
{
    const workshop_rig at;
    const listener caller(at, 0);
    const auto file = at.upload(cut_cube());
    const auto id = at.begin("analyze", {{"inputId", file}, {"callbackUrl", caller.url()}});
    CHECK(at.over(id)["state"] == "succeeded");
    const auto until = std::chrono::steady_clock::now() + seconds(30);
    while (at.service->log().find(id + ": its callback was not taken") == std::string::npos) {
        REQUIRE(std::chrono::steady_clock::now() < until);
        std::this_thread::sleep_for(std::chrono::milliseconds(20)); // what a reader of the log does
    }
    CHECK_FALSE(std::filesystem::exists(at.path("heard/1")));
    for (const auto* url : {"ftp://example.org/", "http://user:pass@example.org/", "file:///etc/passwd"})
        CHECK(workshop_rig::code_of(at.ask("POST", "/models/v1/operations/analyze",
                                           json{{"inputId", file}, {"callbackUrl", url}}.dump())) == 13);
}

TEST_CASE("figures tell requests and operations", "[workshop]")
{
    const workshop_rig at;
    CHECK(at.over(at.begin("analyze", {{"inputId", at.upload(cut_cube())}}))["state"] == "succeeded");
    web_request asked;
    asked.url = at.metrics;
    const auto answer = web(asked);
    INFO(answer.body);
    CHECK(answer.status == 200);
    CHECK(answer.body.find("layerline_workshop_succeeded 1") != std::string::npos);
    CHECK(answer.body.find("layerline_workshop_requests_total{status=\"2xx\"}") != std::string::npos);
}

TEST_CASE("the database of the version before is brought up to date, with what is in it", "[workshop]")
{
    workshop_rig at;
    const auto file = at.upload(cut_cube());
    const auto id = at.begin("analyze", {{"inputId", file}});
    (void)at.over(id);
    CHECK(at.service->stop() == 0);
    const auto made =
        run({"python3", "-c",
             "import sqlite3, sys\n"
             "store = sqlite3.connect(sys.argv[1])\n"
             "store.executescript('''drop index jobs_to_tell;\n"
             "drop table job_inputs; drop table uploads; drop table uploads_made; drop table sessions;\n"
             "alter table jobs drop column steps; alter table jobs drop column step;\n"
             "alter table jobs drop column callback; alter table jobs drop column tells;\n"
             "alter table jobs drop column tell_at; pragma user_version = 1;''')\n",
             at.path("state/workshop.db").string()});
    INFO(made.output);
    REQUIRE(made.exit_code == 0);
    at.start();
    CHECK(at.ask("GET", "/models/v1/operations/" + id + "/result").json()["triangles"] == 11);
    CHECK(at.over(at.begin("analyze", {{"inputId", file}}))["state"] == "succeeded");
    CHECK(at.ask("POST", "/models/v1/uploads", R"({"bytes":5})").status == 201);
}
