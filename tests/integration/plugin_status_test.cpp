// Every status of the Plugin API with a real cause, straight at the agent and through the relay.
#include "rig.hpp"
#include "small_disk.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace layerline::tests;
using nlohmann::json;

namespace {

constexpr uid_t nobody = 65534;
const std::string exact = "/plugin-api/v1/", seed = "/octoeverywhere-command-api/";

struct way {
    std::string name, base, token;
};
way straight(const rig& at)
{
    return {"straight", at.agent_url(), at.agent_token()};
}
way relayed(const rig& at)
{
    return {"through the relay", at.printer_url(), at.relay_token()};
}

struct asked {
    std::string method, command, body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
};

web_answer ask(const way& by, const asked& what, const std::string& prefix = exact)
{
    web_request request;
    request.method = what.method;
    request.url = by.base + prefix + what.command;
    request.token = by.token;
    request.body = what.body;
    for (const auto& [name, value] : what.headers)
        request.headers.set(name, value);
    request.headers.set("x-request-id", "asked-by-test");
    return web(request);
}

// What every answer has, and what every failure has beside it.
void check_envelope(const web_answer& answer, int status, const std::string& code)
{
    INFO("HTTP " << answer.status << " " << answer.error << "\n" << answer.body.substr(0, 2000));
    REQUIRE(answer.json().is_object());
    const auto told = answer.json();
    CHECK(told.value("Status", 0) == status);
    CHECK(told.value("RequestId", "") == "asked-by-test");
    CHECK(answer.headers.find("x-request-id") == std::optional<std::string_view>("asked-by-test"));
    if (status != 403) CHECK(answer.status == 200);
    if (status == 200) {
        CHECK(told.contains("Result"));
        CHECK_FALSE(told.contains("Error"));
        return;
    }
    CHECK_FALSE(told.value("Error", "").empty());
    REQUIRE(told.value("Cause", json()).is_object());
    CHECK(told["Cause"].value("Code", "") == code);
    CHECK_FALSE(told["Cause"].value("Text", "").empty());
    CHECK_FALSE(told["Cause"].value("Advice", "").empty());
    const auto hop = told["Cause"].value("Hop", "");
    CHECK((hop == "agent" || hop == "host" || hop == "printer"));
}

// Both ways and under both prefixes.
void check_everywhere(const rig& at, const asked& what, int status, const std::string& code)
{
    for (const auto& by : {straight(at), relayed(at)})
        for (const auto& prefix : {exact, seed}) {
            INFO(what.method << " " << prefix << what.command.substr(0, 100) << " "
                             << what.body.substr(0, 100) << ", " << by.name);
            check_envelope(ask(by, what, prefix), status, code);
        }
}

void check_both(const rig& at, const asked& what, int status, const std::string& code)
{
    for (const auto& by : {straight(at), relayed(at)}) {
        INFO(what.method << " " << what.command << " " << what.body.substr(0, 100) << ", " << by.name);
        check_envelope(ask(by, what), status, code);
    }
}

json wait_for_away(const rig& at, const std::string& away)
{
    INFO("waiting for " << away);
    return wait_for_state(at.agent_url(), at.agent_token(),
                          [&](const json& state) { return state["away"] == away; });
}

json wait_until_idle(const rig& at)
{
    return wait_for_phase(at.agent_url(), at.agent_token(), "idle");
}

// `status` while the printer is away: the cause, and what was known last beside it.
void check_last_known(const web_answer& answer)
{
    const auto result = answer.json().value("Result", json());
    INFO(answer.body);
    REQUIRE(result.is_object());
    CHECK(result["JobStatus"]["State"] == "error");
    CHECK(result["JobStatus"]["Error"].is_string());
    CHECK_FALSE(result["Layerline"]["Connected"].get<bool>());
    CHECK(result["Layerline"]["AgeMs"].is_number());
}

} // namespace

TEST_CASE("requests that cannot be carried out are told apart, both ways and under both prefixes", "[status]")
{
    rig at({.agent_toml = "[files]\nreserve_mb = 1\nmax_upload_mb = 1\n"});
    at.start_all();
    struct row {
        asked what;
        int status;
        std::string code;
    };
    const std::vector<row> rows{
        {{"GET", "ping"}, 200, ""},
        {{"GET", "status"}, 200, ""},
        {{"POST", "set-temp", "{\"BedC\":"}, 751, "undecodable"},
        {{"POST", "set-temp", "[1]"}, 751, "undecodable"},
        {{"POST", "set-temp", "{\"BedC\":\"\xff\"}"}, 751, "undecodable"},
        {{"GET", "status?IncludeMaterialSystem=%zz"}, 751, "undecodable"},
        {{"GET", "homeXYZ"}, 754, "unknown_command"},
        {{"GET", "status/"}, 754, "unknown_command"},
        {{"POST", "set-temp", "{}"}, 400, "bad_argument"},
        {{"POST", "set-temp", R"({"BedC":"60"})"}, 400, "bad_argument"},
        {{"POST", "set-temp", R"({"BedC":true})"}, 400, "bad_argument"},
        {{"POST", "set-temp", R"({"ToolC":251})"}, 400, "bad_argument"},
        {{"POST", "set-temp", R"({"ToolC":-1})"}, 400, "bad_argument"},
        {{"POST", "start", "{}"}, 400, "bad_argument"},
        {{"POST", "home", R"({"Axes":"q"})"}, 400, "bad_argument"},
        {{"POST", "start", R"({"Path":"gcode/none.gcode"})"}, 404, "no_such_file"},
        {{"GET", "files/details?Path=gcode/none.gcode"}, 404, "no_such_file"},
        {{"GET", "files/list?Path=gcode/none"}, 404, "no_such_file"},
        {{"POST", "files/delete", R"({"Path":"gcode/none.gcode"})"}, 404, "no_such_file"},
        {{"DELETE", "home"}, 405, "wrong_method"},
        {{"POST", "set-temp", "{\"BedC\":60," + std::string(70'000, ' ') + "\"ToolC\":0}"}, 413, "too_large"},
        {{"PUT", "files/upload?Path=gcode/big.gcode", std::string(1'200'000, 'G')}, 413, "too_large"},
        {{"POST", "set-temp", R"({"ChamberC":40})"}, 788, "unsupported"},
        {{"POST", "set-temp", R"({"ToolC":40,"ToolNumber":1})"}, 788, "unsupported"},
        {{"POST", "pause"}, 786, "wrong_state"},
        {{"POST", "resume"}, 786, "wrong_state"},
        {{"POST", "cancel"}, 786, "wrong_state"},
        {{"POST", "bed-clear", R"({"ExpectedState":"printing"})"}, 786, "wrong_state"},
    };
    for (const auto& each : rows)
        check_everywhere(at, each.what, each.status, each.code);
    // The exact dialect alone minds GET for an action, and names that it does not know.
    check_both(at, {"GET", "home"}, 405, "wrong_method");
    check_both(at, {"POST", "pause", R"({"Prak":true})"}, 400, "bad_argument");

    // Nothing of all this reached the printer.
    const auto report = at.report();
    CHECK(report["executed_count"] == 0);
    CHECK(report["wire"]["unknown_commands"] == 0);
    CHECK_FALSE(std::filesystem::exists(at.path("agent/files/gcode/big.gcode")));
}

TEST_CASE("a token without the scope is told which one it lacks", "[status]")
{
    rig at;
    at.start_all();
    const auto view_here = at.make_agent_token("view"), view_there = at.make_relay_token("view");
    for (const auto& prefix : {exact, seed}) {
        check_envelope(ask({"", at.agent_url(), view_here.secret}, {"POST", "pause"}, prefix), 403,
                       "scope_missing");
        const auto answer =
            ask({"", at.printer_url(), view_there.secret}, {"POST", "emergency-stop"}, prefix);
        check_envelope(answer, 403, "scope_missing");
        CHECK(answer.status == 403);
        CHECK(answer.json()["Error"].get<std::string>().find("control") != std::string::npos);
    }
}

TEST_CASE("a list of very many files is refused whole and given in pages", "[status]")
{
    rig at;
    at.start_all();
    constexpr int count = 6000;
    for (int i = 0; i < count; ++i)
        at.put_file(std::to_string(i) + std::string(150, 'n') + ".gcode", ";");
    check_both(at, {"GET", "files/list"}, 753, "result_too_large");
    for (const auto& by : {straight(at), relayed(at)}) {
        const auto page = ask(by, {"GET", "files/list?Offset=5000&Limit=1500"});
        check_envelope(page, 200, "");
        CHECK(page.json()["Result"]["Total"] == count);
        CHECK(page.json()["Result"]["Root"].size() == 1000);
    }
}

TEST_CASE("a job holds its file and the printer, and leaves a bed that somebody has to clear", "[status]")
{
    rig at({.speed = "20"});
    at.start_all();
    at.put_file("job.gcode", small_job(3000));
    at.put_file("hot.gcode", "M104 S400\n");
    at.put_file("empty.gcode", "; nothing\n");
    const asked start{"POST", "start", R"({"Path":"gcode/job.gcode","BedClear":true})"};
    auto once = start;
    once.headers = {{"idempotency-key", "once"}};

    check_both(at, {"POST", "start", R"({"Path":"gcode/empty.gcode"})"}, 752, "refused");
    check_envelope(ask(relayed(at), once), 200, "");
    const auto again = ask(straight(at), once);
    check_envelope(again, 200, "");
    CHECK(again.json()["Result"]["Repeated"] == true);
    (void)wait_for_state(at.agent_url(), at.agent_token(), [](const json& state) {
        return state["now"] == "printing" && state["job"]["lines_acknowledged"].get<int>() > 20;
    });
    check_everywhere(at, start, 786, "wrong_state");
    check_both(at, {"POST", "home"}, 786, "wrong_state");
    check_both(at, {"POST", "bed-clear"}, 786, "wrong_state");
    check_both(at, {"POST", "pause", R"({"ExpectedJobId":"j-0000000000000000"})"}, 786, "wrong_state");
    check_everywhere(at, {"PUT", "files/upload?Path=gcode/job.gcode", "G28\n"}, 409, "conflict");
    check_everywhere(at, {"POST", "files/delete", R"({"Path":"gcode/job.gcode"})"}, 409, "conflict");

    check_envelope(ask(relayed(at), {"POST", "cancel"}), 200, "");
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "cancelled");
    check_everywhere(at, {"POST", "start", R"({"Path":"gcode/job.gcode"})"}, 786, "bed_not_clear");
    check_both(at, {"POST", "home"}, 786, "bed_not_clear");
    check_envelope(ask(relayed(at), {"POST", "bed-clear"}), 200, "");
    check_envelope(ask(straight(at), {"POST", "home"}), 200, "");
}

TEST_CASE("an emergency stop halts the printer until somebody resets it", "[status]")
{
    rig at;
    at.start_all();
    struct row {
        way by;
        std::string prefix, body;
    };
    // Whatever stands in the body: a stop is never refused for it.
    for (const auto& each : {row{straight(at), exact, ""}, row{relayed(at), exact, "{not json"},
                             row{straight(at), seed, "{}"}, row{relayed(at), seed, ""}}) {
        INFO(each.by.name << each.prefix << each.body);
        const auto stopped = ask(each.by, {"POST", "emergency-stop", each.body}, each.prefix);
        check_envelope(stopped, 200, "");
        CHECK(stopped.json()["Result"]["Confirmed"] == true);
        (void)wait_for_away(at, "halted");
        CHECK(at.report()["killed"] == true);
        check_both(at, {"GET", "status"}, 785, "halted");
        check_last_known(ask(each.by, {"GET", "status"}));
        check_both(at, {"POST", "home"}, 785, "halted");
        check_both(at, {"GET", "ping"}, 200, "");

        at.printer->signal(SIGUSR1);
        (void)wait_for_phase(at.agent_url(), at.agent_token(), "error");
        (void)wait_for_state(at.agent_url(), at.agent_token(),
                             [](const json& state) { return state["away"].is_null(); });
        check_both(at, {"POST", "start", R"({"Path":"gcode/none.gcode"})"}, 404, "no_such_file");
        check_both(at, {"POST", "set-temp", R"({"BedC":50})"}, 786, "wrong_state");
        check_envelope(ask(each.by, {"POST", "bed-clear"}), 200, "");
        (void)wait_until_idle(at);
    }
}

TEST_CASE("a printer whose cable is out is away, and back with its cable", "[status]")
{
    rig at;
    at.start_all();
    at.printer->signal(SIGUSR2);
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "offline");
    check_everywhere(at, {"GET", "status"}, 785, "port_gone");
    check_last_known(ask(relayed(at), {"GET", "status"}));
    check_both(at, {"POST", "home"}, 785, "port_gone");
    check_both(at, {"POST", "set-temp", R"({"BedC":50})"}, 785, "port_gone");
    const auto stop = ask(relayed(at), {"POST", "emergency-stop"});
    check_envelope(stop, 785, "port_gone");
    CHECK(stop.json()["Result"]["Confirmed"] == false);
    check_both(at, {"GET", "files/list"}, 200, "");
    CHECK(at.printer->running());
    at.printer->stop();
    at.start_printer();
    (void)wait_until_idle(at);
    check_both(at, {"GET", "status"}, 200, "");
}

TEST_CASE("a print host that hangs or dies is told from a printer that is away", "[status]")
{
    rig at;
    at.start_all();
    // Stopped: the connection stands, nobody answers.
    at.host->signal(SIGSTOP);
    check_envelope(ask(relayed(at), {"POST", "home"}), 752, "no_answer");
    (void)wait_for_away(at, "host_gone");
    check_both(at, {"GET", "status"}, 785, "host_gone");
    at.host->signal(SIGCONT);
    (void)wait_until_idle(at);
    check_both(at, {"GET", "status"}, 200, "");
    // What nobody waited for any more was not done late: the host that woke found its time over.
    CHECK(at.report()["executed"].dump().find("G28") == std::string::npos);

    at.host->signal(SIGKILL);
    CHECK(at.host->wait() == 128 + SIGKILL);
    (void)wait_for_away(at, "host_gone");
    check_everywhere(at, {"GET", "status"}, 785, "host_gone");
    check_last_known(ask(straight(at), {"GET", "status"}));
    check_both(at, {"POST", "pause"}, 785, "host_gone");
    const auto stop = ask(straight(at), {"POST", "emergency-stop"});
    check_envelope(stop, 785, "host_gone");
    CHECK(stop.json()["Result"]["Confirmed"] == false);
    at.start_host();
    (void)wait_until_idle(at);
    check_both(at, {"GET", "status"}, 200, "");
}

TEST_CASE("a port that another program holds is left to it until it lets go", "[status]")
{
    rig at;
    at.start_printer();
    const int held = ::open(at.path("printer").c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(held >= 0);
    at.start_host();
    at.start_relay();
    at.start_agent();
    at.pair();
    (void)wait_for_away(at, "port_held");
    check_everywhere(at, {"GET", "status"}, 787, "port_held");
    check_both(at, {"POST", "home"}, 787, "port_held");
    check_both(at, {"POST", "set-temp", R"({"BedC":50})"}, 787, "port_held");
    CHECK(at.report()["executed_count"] == 0);
    ::close(held);
    (void)wait_until_idle(at);
    check_both(at, {"GET", "status"}, 200, "");
}

TEST_CASE("a port whose permissions keep the print host out says so until they are mended", "[status]")
{
    if (::geteuid() != 0) {
        WARN("needs root, to run programs as another user");
        return;
    }
    rig_options options;
    options.port_mode = "600"; // root's; the print host is nobody
    options.user = nobody;
    rig at(options);
    at.start_printer();
    at.start_host();
    at.start_relay();
    at.start_agent();
    at.pair();
    (void)wait_for_away(at, "port_forbidden");
    check_everywhere(at, {"GET", "status"}, 789, "port_forbidden");
    check_both(at, {"POST", "home"}, 789, "port_forbidden");
    REQUIRE(::chmod(at.path("printer").c_str(), 0666) == 0);
    (void)wait_until_idle(at);
    check_both(at, {"GET", "status"}, 200, "");
}

TEST_CASE("full disks fail what needs them and nothing else, until there is room", "[status]")
{
    if (::geteuid() != 0) {
        WARN("needs root, to mount small disks");
        return;
    }
    rig_options options;
    options.user = nobody;
    options.agent_toml = "[files]\nreserve_mb = 0\n";
    rig at(options);
    small_disk agent_disk(at.path("agent"), nobody), host_disk(at.path("printhost"), nobody);
    if (!agent_disk.there() || !host_disk.there()) {
        WARN("no small disk can be mounted here");
        return;
    }
    for (const auto* folder : {"agent/files", "agent/files/gcode"}) {
        std::filesystem::create_directory(at.path(folder));
        REQUIRE(::chown(at.path(folder).c_str(), nobody, nobody) == 0);
    }
    at.start_all();
    at.put_file("job.gcode", small_job(5));
    const asked upload{"PUT", "files/upload?Path=gcode/new.gcode", small_job(2000)};
    check_both(at, upload, 200, "");
    CHECK(ask(straight(at), {"DELETE", "files/delete?Path=gcode/new.gcode"}).code() == 200);

    agent_disk.fill();
    check_everywhere(at, upload, 750, "host_failure");
    check_both(at, {"GET", "files/details?Path=gcode/new.gcode"}, 404, "no_such_file");
    check_both(at, {"GET", "ping"}, 200, "");
    check_both(at, {"GET", "status"}, 200, "");
    check_both(at, {"POST", "set-temp", R"({"BedC":40})"}, 200, ""); // though it cannot be written down
    const auto made = at.agent_command({"token", "create", "--name", "full", "--scopes", "view"});
    INFO(made.output);
    CHECK(made.exit_code != 0);

    host_disk.fill();
    const asked start{"POST", "start", R"({"Path":"gcode/job.gcode","BedClear":true})"};
    check_both(at, start, 750, "host_failure");
    check_both(at, {"POST", "set-temp", R"({"BedC":0})"}, 200, "");
    CHECK(at.report()["executed_count"].get<int>() <= 4); // heat on and off, no job

    host_disk.make_room();
    agent_disk.make_room();
    check_both(at, upload, 200, "");
    CHECK(at.agent_command({"token", "create", "--name", "room", "--scopes", "view"}).exit_code == 0);
    check_envelope(ask(relayed(at), start), 200, "");
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "finished");
    CHECK(at.agent->running());
    CHECK(at.host->running());
}

TEST_CASE("an agent with nothing to do takes next to no processor time", "[status]")
{
    rig at;
    at.start_all();
    const auto ticks = [&] {
        const auto facts = content_of("/proc/" + std::to_string(at.agent->pid()) + "/stat");
        std::istringstream after(facts.substr(facts.rfind(')') + 2));
        std::string skipped;
        long user = 0, system = 0;
        for (int i = 0; i < 11; ++i)
            after >> skipped;
        after >> user >> system;
        return user + system;
    };
    const auto sequence = wait_until_idle(at)["sequence"].get<std::uint64_t>();
    const auto began = std::chrono::steady_clock::now();
    const auto before = ticks();
    // Some of the printer's own news: it tells its temperatures.
    (void)wait_for_state(at.agent_url(), at.agent_token(), [&](const json& state) {
        return state["sequence"].get<std::uint64_t>() > sequence + 3;
    });
    const auto seconds_gone = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const auto seconds_used =
        static_cast<double>(ticks() - before) / static_cast<double>(sysconf(_SC_CLK_TCK));
    INFO(seconds_used << " s of " << seconds_gone << " s");
    CHECK(seconds_used < 0.1 + seconds_gone / 10);
}
