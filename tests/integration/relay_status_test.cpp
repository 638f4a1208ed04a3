// What the relay says on its own behalf, each with its real cause: 600-604, 606-608, 403, 404, 429.
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <map>

using namespace layerline::tests;
using nlohmann::json;

namespace {

const std::string nobody = "aaaaaaaaaaaaaaaaaaaaaaaaaa"; // well formed, and no agent's id

// A relay and its paired agent, without a printer.
void start_relay_and_agent(rig& at)
{
    at.start_relay();
    at.start_agent();
    at.pair();
}

web_request ping_of(const rig& at, const std::string& printer, const std::string& token)
{
    web_request asked;
    asked.url = at.relay_url() + "/printers/" + printer + "/plugin-api/v1/ping";
    asked.token = token;
    asked.headers.set("x-request-id", "r-test"); // so that equal answers are equal to the byte
    return asked;
}

web_request ping_of(const rig& at)
{
    return ping_of(at, at.agent_id(), at.relay_token());
}

struct wanted {
    unsigned status, standard;
    std::string hop, name;
    int retry_after = 0; // seconds; 0: none is told
};

// One answer of the relay's own: status, envelope and headers. Gives its body.
std::string check_own(const web_request& asked, const wanted& is)
{
    const auto answer = web(asked);
    INFO(answer.status << ' ' << answer.body << answer.error);
    CHECK(answer.status == is.status);
    const auto body = answer.json();
    REQUIRE(body.is_object());
    CHECK(body["Status"] == is.status);
    CHECK_FALSE(body.value("Error", "").empty());
    CHECK(body["Cause"]["Code"] == is.name);
    CHECK(body["Hop"] == is.hop);
    CHECK(body["RequestId"] == "r-test");
    CHECK(answer.headers.find("x-request-id") == std::optional<std::string_view>("r-test"));
    const auto told = answer.headers.find("retry-after");
    if (is.retry_after != 0) {
        CHECK(body["RetryAfterSec"] == is.retry_after);
        CHECK(told == std::optional<std::string_view>(std::to_string(is.retry_after)));
    } else {
        CHECK(body["RetryAfterSec"].is_null());
        CHECK_FALSE(told);
    }

    auto strict = asked;
    strict.headers.set("x-layerline-status", "standard");
    const auto standard = web(strict);
    INFO("standard: " << standard.status << ' ' << standard.body << standard.error);
    CHECK(standard.status == is.standard);
    CHECK(standard.body == answer.body);
    return answer.body;
}

// Runs SQL on the relay's store as another program on that machine would.
finished other_program(const rig& at, const std::string& sql)
{
    const std::string script = "import sqlite3, sys\n"
                               "store = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)\n"
                               "store.executescript(sys.argv[2])\n";
    return run({"python3", "-c", script, at.path("relay/access.db").string(), sql});
}

std::string basic(const std::string& user_and_password)
{
    const auto encoded = run({"python3", "-c",
                              "import base64, sys\n"
                              "print(base64.b64encode(sys.argv[1].encode()).decode(), end='')",
                              user_and_password});
    REQUIRE(encoded.exit_code == 0);
    return "Basic " + encoded.output;
}

} // namespace

TEST_CASE("600: a relay whose store is damaged says so, and is well once it is mended", "[relay][status]")
{
    rig at;
    start_relay_and_agent(at);
    // Another program writes nonsense where the tokens are. Who may do what is then unknown: nobody passes.
    const auto harmed = other_program(at, "update tokens set scopes = 'nonsense'");
    INFO(harmed.output);
    REQUIRE(harmed.exit_code == 0);
    REQUIRE(at.becomes([&] { return web(ping_of(at)).status == 600; }));
    check_own(ping_of(at), {600, 503, "relay", "relay_failed", 5});
    CHECK(at.relay->log().find("the database is damaged") != std::string::npos);

    REQUIRE(other_program(at, "update tokens set scopes = 'view,control,files'").exit_code == 0);
    CHECK(at.becomes([&] { return web(ping_of(at)).status == 200; }));
}

TEST_CASE("a store that another program locks makes no call wait or fail", "[relay][status]")
{
    rig at;
    start_relay_and_agent(at);
    const std::string script = "import signal, sqlite3, sys\n"
                               "store = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
                               "store.execute('begin exclusive')\n"
                               "open(sys.argv[2], 'w').write('locked')\n"
                               "signal.pause()\n";
    program locker({"python3", "-c", script, at.path("relay/access.db").string(), at.path("locked").string()},
                   at.path("locker.log"));
    locker.wait_for_file(at.path("locked"));
    CHECK(web(ping_of(at)).status == 200);
    const auto made = at.relay_command({"token", "create", "--name", "late"});
    INFO(made.output);
    CHECK(made.exit_code == 1);
    CHECK(made.output.find("another process holds the database") != std::string::npos);
    CHECK(web(ping_of(at)).status == 200);

    locker.signal(SIGKILL);
    (void)locker.wait();
    CHECK(at.relay_command({"token", "create", "--name", "now"}).exit_code == 0);
}

TEST_CASE("601: an agent that is gone, and 200 as soon as it is back", "[relay][status]")
{
    rig at;
    start_relay_and_agent(at);
    at.agent->signal(SIGKILL);
    (void)at.agent->wait();
    REQUIRE(at.becomes([&] { return web(ping_of(at)).status == 601; }));
    check_own(ping_of(at), {601, 503, "agent", "agent_offline", 2});

    // A relay that never saw it has less hope.
    REQUIRE(at.relay->stop() == 0);
    at.start_relay();
    check_own(ping_of(at), {601, 503, "agent", "agent_offline", 30});

    at.start_agent();
    at.wait_for_tunnel();
}

TEST_CASE("602: an agent that stands still for longer than the relay waits", "[relay][status]")
{
    rig at({.relay_toml = "[limits]\nrequests_per_minute = 100000\nanswer_timeout_s = 1\n"});
    start_relay_and_agent(at);
    at.agent->signal(SIGSTOP);
    // Both askings are over long before the tunnel is given up for its silence.
    check_own(ping_of(at), {602, 504, "agent", "agent_timed_out", 2});
    at.agent->signal(SIGCONT);
    at.wait_for_tunnel();
}

TEST_CASE("602: an agent that stands still for longer than the caller waits", "[relay][status]")
{
    rig at;
    start_relay_and_agent(at);
    at.agent->signal(SIGSTOP);
    // By hand: our own client keeps such a time itself and would not wait for this answer.
    const auto ask = [&](const std::string& more) {
        return raw_exchange(at.port_of(at.relay_url()),
                            "GET /printers/" + at.agent_id() +
                                "/plugin-api/v1/ping HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n"
                                "X-Layerline-Timeout-Ms: 500\r\nAuthorization: Bearer " +
                                at.relay_token() + "\r\n" + more + "\r\n");
    };
    const auto answer = ask("");
    INFO(answer);
    CHECK(answer.starts_with("HTTP/1.1 602 "));
    CHECK(answer.find("\"agent_timed_out\"") != std::string::npos);
    const auto standard = ask("X-Layerline-Status: standard\r\n");
    INFO(standard);
    CHECK(standard.starts_with("HTTP/1.1 504 "));
    CHECK(standard.find("\"Status\":602") != std::string::npos);
    at.agent->signal(SIGCONT);
    at.wait_for_tunnel();
}

TEST_CASE("603: a printer that is unknown and one that is another's are one answer", "[relay][status]")
{
    rig at;
    start_relay_and_agent(at);
    const auto others = at.make_relay_token("view", {"--printer", nobody});
    const wanted unknown{603, 404, "relay", "printer_unknown"};
    const auto not_there = check_own(ping_of(at, nobody, at.relay_token()), unknown);
    const auto not_mine = check_own(ping_of(at, at.agent_id(), others.secret), unknown);
    const auto mine_not_there = check_own(ping_of(at, nobody, others.secret), unknown);
    CHECK(not_there == not_mine);
    CHECK(not_there == mine_not_there);
}

TEST_CASE("604: a token that was revoked and one that has expired", "[relay][status]")
{
    rig at;
    start_relay_and_agent(at);
    const wanted dead{604, 401, "relay", "credentials_dead"};
    const auto revoked = at.make_relay_token("view");
    auto asked = ping_of(at, at.agent_id(), revoked.secret);
    REQUIRE(web(asked).status == 200);
    REQUIRE(at.relay_command({"token", "revoke", revoked.id}).exit_code == 0);
    check_own(asked, dead);

    const auto expires = at.make_relay_token("view", {"--expires", "1s"});
    asked = ping_of(at, at.agent_id(), expires.secret);
    REQUIRE(at.becomes([&] { return web(asked).status == dead.status; }));
    check_own(asked, dead);
    CHECK(at.relay_command({"token", "list"}).output.find("expired") != std::string::npos);
}

TEST_CASE("606: no token, half a token and a wrong token are one answer", "[relay][status]")
{
    rig at;
    start_relay_and_agent(at);
    const wanted unknown{606, 401, "relay", "credentials_unknown"};
    const auto none = check_own(ping_of(at, at.agent_id(), ""), unknown);
    CHECK(check_own(ping_of(at, at.agent_id(), "ll_0123456789012345678901234567890123456789012"), unknown) ==
          none);
    for (const std::string header :
         {"Bearer", "Bearer  ", "Bearer a b", "Digest abc", "Basic !!!", "Basic bm9jb2xvbg==", "nonsense"}) {
        INFO(header);
        auto asked = ping_of(at, at.agent_id(), "");
        asked.headers.set("authorization", header);
        CHECK(check_own(asked, unknown) == none);
    }
    auto asked = ping_of(at, at.agent_id(), at.relay_token().substr(0, 20));
    CHECK(check_own(asked, unknown) == none);
    // An agent's own token is none of the relay's.
    CHECK(check_own(ping_of(at, at.agent_id(), at.agent_token()), unknown) == none);
    const auto strict = [&] {
        auto once = ping_of(at, at.agent_id(), "");
        once.headers.set("x-layerline-status", "standard");
        return web(once);
    }();
    CHECK(strict.headers.find("www-authenticate"));
}

TEST_CASE("a token works as the password of Basic too", "[relay][status]")
{
    rig at;
    start_relay_and_agent(at);
    auto asked = ping_of(at, at.agent_id(), "");
    asked.headers.set("authorization", basic("anybody:" + at.relay_token()));
    CHECK(web(asked).status == 200);
    asked.headers.set("authorization", basic(at.relay_token() + ":anybody"));
    CHECK(web(asked).status == 606);
}

TEST_CASE("403: a token to look with changes nothing", "[relay][status]")
{
    rig at;
    start_relay_and_agent(at);
    const auto viewer = at.make_relay_token("view");
    web_request asked = ping_of(at, at.agent_id(), viewer.secret);
    REQUIRE(web(asked).status == 200);
    for (const std::string command : {"pause", "start", "files/delete"}) {
        INFO(command);
        asked.method = "POST";
        asked.url = at.printer_url() + "/plugin-api/v1/" + command;
        asked.body = "{}";
        const auto answer = web(asked);
        INFO(answer.body);
        CHECK(answer.status == 403);
        CHECK(answer.code() == 403);
        CHECK(answer.json()["Cause"]["Code"] == "scope_missing");
    }
    // Where the relay itself knows what is needed it does not ask the agent.
    asked.url = at.printer_url() + "/workshop/models/v1/files";
    asked.method = "GET";
    asked.body.clear();
    check_own(asked, {403, 403, "relay", "scope_missing"});
}

TEST_CASE("404: what is no printer's address", "[relay][status]")
{
    rig at;
    at.start_relay();
    const auto token = at.make_relay_token("view");
    for (const std::string path :
         {"/", "/printers/", "/printers/short/plugin-api/v1/ping", "/printers/aaaaaaaaaaaaaaaaaaaaaaaaaa",
          "/plugin-api/v1/ping", "/printers/aaaaaaaaaaaaaaaaaaaaaaaaaa/../../healthz"}) {
        INFO(path);
        auto asked = ping_of(at, nobody, token.secret);
        asked.url = at.relay_url() + path;
        check_own(asked, {404, 404, "relay", "no_such_path"});
    }
}

TEST_CASE("429: a token that asks too often waits, others do not", "[relay][status]")
{
    rig at({.relay_toml = "[limits]\nrequests_per_minute = 60\n"}); // 10 at once, then one a second
    at.start_relay();
    const auto busy = at.make_relay_token("view"), calm = at.make_relay_token("view");
    web_answer last;
    int passed = 0;
    while (passed < 20 && (last = web(ping_of(at, nobody, busy.secret))).status == 603)
        ++passed;
    CHECK(passed >= 10);
    INFO(last.body);
    CHECK(last.status == 429);
    const auto body = last.json();
    CHECK(body["Status"] == 429);
    CHECK(body["Cause"]["Code"] == "too_many_requests");
    CHECK(body["Hop"] == "relay");
    CHECK(body["RetryAfterSec"] >= 1);
    CHECK(last.headers.find("retry-after"));
    CHECK(web(ping_of(at, nobody, calm.secret)).status == 603);
    CHECK(at.becomes([&] { return web(ping_of(at, nobody, busy.secret)).status == 603; }));
}

TEST_CASE("429: guessing tokens is slow", "[relay][status]")
{
    rig at({.relay_toml = "[limits]\nrequests_per_minute = 60\n"}); // an address: 40 at once, four a second
    at.start_relay();
    std::map<unsigned, int> seen;
    for (int i = 0; i < 8; ++i)
        ++seen[web(ping_of(at, nobody, "ll_wrong")).status];
    // Each wrong token costs as much as eleven requests.
    CHECK(seen[606] >= 3);
    CHECK(seen[606] <= 5);
    CHECK(seen[606] + seen[429] == 8);
}

TEST_CASE("608: an upload over the relay's limit leaves nothing behind", "[relay][status]")
{
    rig at({.relay_toml = "[limits]\nrequests_per_minute = 100000\nmax_upload_mb = 1\n"});
    start_relay_and_agent(at);
    auto asked = ping_of(at);
    asked.method = "PUT";
    asked.url = at.printer_url() + "/plugin-api/v1/files/upload?Path=gcode/large.gcode";
    asked.body = small_job(100'000); // about 2 MB
    REQUIRE(asked.body.size() > 1024 * 1024);
    check_own(asked, {608, 413, "relay", "upload_too_large"});

    // Without a length told before it shows on the way.
    const auto hex = [](std::size_t number) {
        char text[32];
        std::snprintf(text, sizeof text, "%zx", number);
        return std::string(text);
    };
    const auto answer =
        raw_exchange(at.port_of(at.relay_url()),
                     "PUT /printers/" + at.agent_id() +
                         "/plugin-api/v1/files/upload?Path=gcode/large.gcode HTTP/1.1\r\nHost: "
                         "relay\r\nAuthorization: Bearer " +
                         at.relay_token() + "\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" +
                         hex(asked.body.size()) + "\r\n" + asked.body + "\r\n0\r\n\r\n");
    INFO(answer.substr(0, 1000));
    CHECK(answer.starts_with("HTTP/1.1 608 "));

    CHECK_FALSE(std::filesystem::exists(at.path("agent/files/gcode/large.gcode")));
    CHECK(at.becomes([&] { return std::filesystem::is_empty(at.path("agent/files/gcode/.part")); }));
    const auto listed = at.at_relay("GET", "files/list");
    CHECK(listed.code() == 200);
    CHECK(listed.body.find("large.gcode") == std::string::npos);
}

TEST_CASE("607: a download over the relay's limit", "[relay][status]")
{
    rig at({.relay_toml = "[limits]\nrequests_per_minute = 100000\nmax_download_mb = 1\n"});
    start_relay_and_agent(at);
    at.put_file("large.gcode", small_job(100'000));
    auto asked = ping_of(at);
    asked.url = at.printer_url() + "/plugin-api/v1/files/download?Path=gcode/large.gcode";
    check_own(asked, {607, 502, "relay", "answer_too_large"});
    asked.headers.set("range", "bytes=0-99"); // in parts it passes
    CHECK(web(asked).status == 206);
}

TEST_CASE("the relay checks credentials, then the printer, then the scope, then the agent", "[relay][status]")
{
    rig at;
    start_relay_and_agent(at);
    const auto dead = at.make_relay_token("view"), viewer = at.make_relay_token("view");
    REQUIRE(at.relay_command({"token", "revoke", dead.id}).exit_code == 0);
    at.agent->signal(SIGKILL);
    (void)at.agent->wait();
    REQUIRE(at.becomes([&] { return web(ping_of(at)).status == 601; }));

    CHECK(web(ping_of(at, nobody, "ll_wrong")).status == 606);
    CHECK(web(ping_of(at, nobody, dead.secret)).status == 604);
    CHECK(web(ping_of(at, at.agent_id(), dead.secret)).status == 604);
    CHECK(web(ping_of(at, nobody, at.relay_token())).status == 603);
    auto asked = ping_of(at, nobody, viewer.secret);
    asked.url = at.relay_url() + "/printers/" + nobody + "/workshop/models/v1/files";
    CHECK(web(asked).status == 603); // before the scope
    asked.url = at.printer_url() + "/workshop/models/v1/files";
    CHECK(web(asked).status == 403); // before the agent that is away
    CHECK(web(ping_of(at, at.agent_id(), viewer.secret)).status == 601);
}
