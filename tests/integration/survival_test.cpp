// What a killed agent, relay or print host costs: never a line of the print, a file or a token.
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>

#include <sys/socket.h>
#include <unistd.h>

using namespace layerline::tests;
using nlohmann::json;

namespace {

constexpr int job_lines = 6000; // half a minute and more at the speed of these cases

struct kept_facts {
    std::string job, job_id, upload;
    token_facts relay_dead, agent_dead;
};

unsigned status_with(const std::string& base, const std::string& token)
{
    web_request asked;
    asked.url = base + "/plugin-api/v1/ping";
    asked.token = token;
    return web(asked).status;
}

json layerline_of(const web_answer& answer)
{
    INFO(answer.status << ' ' << answer.body << answer.error);
    REQUIRE(answer.code() == 200);
    return answer.json()["Result"]["Layerline"];
}

// A job under way that came through the relay, a second file, and a revoked token on each side.
kept_facts begin(rig& at)
{
    at.start_all();
    kept_facts facts;
    facts.job = small_job(job_lines);
    facts.upload = lobed_cup();
    std::ofstream(at.path("job.gcode"), std::ios::binary) << facts.job;
    std::ofstream(at.path("other.gcode"), std::ios::binary) << facts.upload;
    facts.relay_dead = at.make_relay_token("view");
    facts.agent_dead = at.make_agent_token("view");
    REQUIRE(at.relay_command({"token", "revoke", facts.relay_dead.id}).exit_code == 0);
    REQUIRE(at.agent_command({"token", "revoke", facts.agent_dead.id}).exit_code == 0);
    for (const auto& sent : {at.cli({"upload", at.path("other.gcode").string()}),
                             at.cli({"upload", at.path("job.gcode").string(), "--print", "--bed-clear"})}) {
        INFO(sent.output);
        REQUIRE(sent.exit_code == 0);
    }
    const auto state = wait_for_state(at.printer_url(), at.relay_token(), [](const json& now) {
        return now["now"] == "printing" && now["job"]["lines_acknowledged"].get<int>() > 300;
    });
    facts.job_id = state["job"].value("id", "");
    CHECK_FALSE(facts.job_id.empty());
    return facts;
}

// Until the printer itself has executed `more` commands than before: whoever else is dead.
void wait_for_motion(const rig& at, int more)
{
    const auto before = at.report()["executed_count"].get<int>();
    REQUIRE(at.becomes([&] { return at.report()["executed_count"].get<int>() >= before + more; }));
}

// Through the relay and at the agent: the same job, further on.
void check_goes_on(const rig& at, const kept_facts& facts, int at_least)
{
    for (const auto& answer : {at.at_relay("GET", "status"), at.at_agent("GET", "status")}) {
        const auto now = layerline_of(answer);
        INFO(now.dump());
        CHECK(now["Phase"] == "printing");
        CHECK(now["JobId"] == facts.job_id);
        CHECK(now["LinesAcknowledged"].get<int>() >= at_least);
    }
}

void check_kept(const rig& at, const kept_facts& facts)
{
    for (const auto& [name, content] :
         {std::pair{"job.gcode", &facts.job}, std::pair{"other.gcode", &facts.upload}}) {
        const auto fetched = at.at_relay("GET", std::string("files/download?Path=gcode/") + name);
        CHECK(fetched.status == 200);
        CHECK((fetched.body == *content));
    }
    CHECK(status_with(at.printer_url(), at.relay_token()) == 200);
    CHECK(status_with(at.agent_url(), at.agent_token()) == 200);
    CHECK(status_with(at.printer_url(), facts.relay_dead.secret) == 604);
    CHECK(status_with(at.agent_url(), facts.agent_dead.secret) == 401);
}

void check_ends_whole(rig& at, const kept_facts& facts)
{
    const auto watched = at.cli({"-q", "watch"}, seconds(240));
    INFO(watched.output);
    REQUIRE(watched.exit_code == 0);
    CHECK(layerline_of(at.at_relay("GET", "status"))["Phase"] == "finished");
    std::ofstream(at.path("wanted.gcode"), std::ios::binary) << facts.job;
    (void)at.report();
    const auto compared = run({"python3", LAYERLINE_PACKAGING_DIR "/check-report.py",
                               at.path("wanted.gcode").string(), at.path("report.json").string()});
    INFO(compared.output);
    CHECK(compared.exit_code == 0);
}

int executed(const rig& at)
{
    return at.report()["executed_count"].get<int>();
}

// The upload of `size` bytes that stops after its first half: the connection, with the half on its way.
int half_upload(const std::string& url_host_port, const std::string& path, const std::string& token,
                std::size_t size)
{
    const auto port =
        static_cast<std::uint16_t>(std::stoul(url_host_port.substr(url_host_port.rfind(':') + 1)));
    const int socket = connect_to(port);
    auto bytes = "PUT " + path + "/plugin-api/v1/files/upload?Path=gcode/half.gcode HTTP/1.1\r\nHost: x\r\n" +
                 "Authorization: Bearer " + token + "\r\nContent-Length: " + std::to_string(size) +
                 "\r\n\r\n";
    bytes += std::string(size / 2, '\n');
    for (std::size_t sent = 0; sent < bytes.size();) {
        const auto count = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        REQUIRE(count > 0);
        sent += static_cast<std::size_t>(count);
    }
    return socket;
}

bool no_parts(const rig& at)
{
    const auto parts = at.path("agent/files/gcode/.part");
    return !std::filesystem::exists(parts) || std::filesystem::is_empty(parts);
}

void check_no_half(const rig& at)
{
    const auto listed = at.at_agent("GET", "files/list");
    INFO(listed.body << listed.error);
    CHECK(listed.code() == 200);
    CHECK(listed.body.find("half.gcode") == std::string::npos);
    CHECK_FALSE(std::filesystem::exists(at.path("agent/files/gcode/half.gcode")));
}

} // namespace

TEST_CASE("an agent that is killed in mid-print costs the print nothing", "[survival]")
{
    rig at({.speed = "5"});
    const auto facts = begin(at);
    at.agent->signal(SIGKILL);
    CHECK(at.agent->wait() == 128 + SIGKILL);
    const auto before = executed(at);
    wait_for_motion(at, 200);
    CHECK(at.becomes([&] { return status_with(at.printer_url(), at.relay_token()) == 601; }));

    at.start_agent();
    at.wait_for_tunnel(seconds(20));
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "printing");
    check_goes_on(at, facts, before);
    check_kept(at, facts);
    check_ends_whole(at, facts);
    check_kept(at, facts);
}

TEST_CASE("a relay that is killed in mid-print costs the print nothing, and the agent comes back to it",
          "[survival]")
{
    rig at({.speed = "5"});
    const auto facts = begin(at);
    at.relay->signal(SIGKILL);
    CHECK(at.relay->wait() == 128 + SIGKILL);
    const auto before = executed(at);
    CHECK(layerline_of(at.at_agent("GET", "status"))["Phase"] == "printing"); // the LAN needs no relay
    wait_for_motion(at, 200);

    at.start_relay();
    at.wait_for_tunnel(seconds(20));
    check_goes_on(at, facts, before);
    check_kept(at, facts);
    check_ends_whole(at, facts);
}

TEST_CASE("a print that ends while the agent is dead is told as finished when it is back", "[survival]")
{
    rig at({.speed = "20"});
    const auto facts = begin(at);
    at.agent->signal(SIGKILL);
    (void)at.agent->wait();
    // Motion and state lines of the file, and the print host's own after them.
    REQUIRE(at.becomes([&] { return executed(at) >= job_lines + 3; }, seconds(120)));
    at.start_agent();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "finished");
    at.wait_for_tunnel(seconds(20));
    check_ends_whole(at, facts);
    check_kept(at, facts);
}

TEST_CASE("an agent that is told to stop ends well and touches no print", "[survival]")
{
    rig at({.speed = "5"});
    const auto facts = begin(at);
    CHECK(at.agent->stop() == 0);
    const auto before = executed(at);
    wait_for_motion(at, 200);
    CHECK(at.host->running());
    at.start_agent();
    at.wait_for_tunnel(seconds(20));
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "printing");
    check_goes_on(at, facts, before);
    check_ends_whole(at, facts);
}

TEST_CASE("a relay that is told to stop ends well, and the agent comes back to the next one", "[survival]")
{
    rig at;
    at.start_relay();
    at.start_agent();
    at.pair();
    CHECK(at.relay->stop() == 0);
    at.start_relay();
    at.wait_for_tunnel(seconds(20));
}

TEST_CASE("an agent finds a print host that was killed and started again", "[survival]")
{
    rig at;
    at.start_all();
    at.host->signal(SIGKILL);
    (void)at.host->wait();
    REQUIRE(at.becomes([&] { return at.at_agent("GET", "status").code() == 785; }));
    const auto told = at.at_agent("GET", "status").json();
    INFO(told.dump());
    CHECK(told["Cause"]["Code"] == "host_gone");
    at.start_host();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
    CHECK(at.becomes([&] { return at.at_relay("GET", "status").code() == 200; }));
}

TEST_CASE("an upload that is cut in the middle leaves nothing behind", "[survival]")
{
    rig at;
    at.start_relay();
    at.start_agent();
    at.pair();
    const bool through_relay = GENERATE(false, true);
    constexpr std::size_t size = 4 * 1024 * 1024;
    const int client = through_relay
                           ? half_upload(at.relay_url(), "/printers/" + at.agent_id(), at.relay_token(), size)
                           : half_upload(at.agent_url(), "", at.agent_token(), size);
    REQUIRE(at.becomes([&] { return !no_parts(at); }));
    SECTION("the client goes away")
    {
        ::close(client);
        CHECK(at.becomes([&] { return no_parts(at); }));
        check_no_half(at);
    }
    SECTION("the agent is killed")
    {
        at.agent->signal(SIGKILL);
        (void)at.agent->wait();
        ::close(client);
        CHECK_FALSE(no_parts(at)); // nobody was left to clean it up
        at.start_agent();
        CHECK(no_parts(at));
        check_no_half(at);
    }
}
