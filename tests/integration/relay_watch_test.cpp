// What owners see: what a revocation ends, the audit log, figures, and one line a request without secrets.
#include "held_call.hpp"
#include "open_socket.hpp"
#include "ui_rig.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <regex>
#include <sstream>

using namespace layerline::tests;
using nlohmann::json;

namespace {

std::string get(const std::string& path, const std::string& token, const std::string& more = {})
{
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\n" + more + "\r\n";
}

std::string figures_at(const std::string& url)
{
    web_request asked;
    asked.url = url;
    const auto answer = web(asked);
    CHECK(answer.status == 200);
    return answer.body;
}

// The value of a line such as `name{label="x"} 3`; -1 when there is none.
double figure(const std::string& text, const std::string& name)
{
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (line.rfind(name + " ", 0) == 0) return std::stod(line.substr(name.size() + 1));
    return -1;
}

std::vector<json> audit_of(const std::filesystem::path& file)
{
    std::vector<json> entries;
    std::istringstream lines(content_of(file));
    for (std::string line; std::getline(lines, line);)
        entries.push_back(json::parse(line, nullptr, false));
    return entries;
}

// Lines of a log that hold all of these words.
int lines_with(const std::string& log, const std::vector<std::string>& words)
{
    std::istringstream lines(log);
    int count = 0;
    for (std::string line; std::getline(lines, line);)
        count += std::all_of(words.begin(), words.end(),
                             [&](const std::string& word) { return line.find(word) != std::string::npos; })
                     ? 1
                     : 0;
    return count;
}

} // namespace

TEST_CASE("a revoked token's open streams and downloads are cut at once, others go on", "[tokens]")
{
    rig at({.relay_toml = "[limits]\nrequests_per_minute = 100000\nmax_rate_kb_s = 64\n"});
    at.start_relay();
    at.start_agent();
    at.pair();
    at.put_file("large.gcode", small_job(100'000));
    const auto there = at.make_relay_token("view,files"), here = at.make_agent_token("view,files");
    const auto through = "/printers/" + at.agent_id() + "/plugin-api/v1/";
    const auto relay_port = at.port_of(at.relay_url()), agent_port = at.port_of(at.agent_url());

    held_call events(relay_port, get(through + "events", there.secret));
    held_call download(relay_port, get(through + "files/download?Path=gcode/large.gcode", there.secret));
    held_call kept(relay_port, get(through + "events", at.relay_token()));
    REQUIRE(events.hears("event"));
    REQUIRE(download.hears("G1"));
    REQUIRE(kept.hears("event"));
    REQUIRE(at.relay_command({"token", "revoke", there.id}).exit_code == 0);
    CHECK(events.ends(seconds(3)));
    CHECK(download.ends(seconds(3)));
    CHECK_FALSE(kept.ends(seconds(1)));

    held_call local(agent_port, get("/plugin-api/v1/events", here.secret));
    held_call local_kept(agent_port, get("/plugin-api/v1/events", at.agent_token()));
    REQUIRE(local.hears("event"));
    REQUIRE(local_kept.hears("event"));
    REQUIRE(at.agent_command({"token", "revoke", here.id}).exit_code == 0);
    CHECK(local.ends(seconds(3)));
    CHECK_FALSE(local_kept.ends(seconds(1)));
}

TEST_CASE("a revoked token's WebSocket through host mode is cut at once, another's goes on", "[tokens][ui]")
{
    ui_rig on;
    const auto revoked = on.at.make_relay_token("ui"), kept = on.at.make_relay_token("ui");
    const auto port = on.at.port_of(on.at.relay_url());
    open_socket mine(port, on.host(), basic(revoked.secret));
    open_socket others(port, on.host(), basic(kept.secret));
    REQUIRE(mine.echoes("a"));
    REQUIRE(others.echoes("b"));
    REQUIRE(on.at.relay_command({"token", "revoke", revoked.id}).exit_code == 0);
    CHECK(mine.ends(seconds(3)));
    CHECK(others.echoes("c"));
}

TEST_CASE("an expired token's open stream ends with it", "[tokens]")
{
    rig at;
    at.start_relay();
    at.start_agent();
    at.pair();
    const auto brief = at.make_relay_token("view", {"--expires", "3s"});
    held_call events(at.port_of(at.relay_url()),
                     get("/printers/" + at.agent_id() + "/plugin-api/v1/events", brief.secret));
    REQUIRE(events.hears("event"));
    CHECK(events.ends(seconds(8)));
}

TEST_CASE("the agent's audit tells files and printer actions with name and address", "[audit]")
{
    rig at;
    at.start_all();
    web_request upload;
    upload.method = "PUT";
    upload.url = at.printer_url() + "/plugin-api/v1/files/upload?Path=gcode/a.gcode";
    upload.token = at.relay_token();
    upload.body = small_job(3);
    REQUIRE(web(upload).code() == 200);
    REQUIRE(at.at_relay("POST", "files/delete", R"({"Path":"gcode/a.gcode"})").code() == 200);
    REQUIRE(at.at_agent("POST", "files/delete", R"({"Path":"gcode/none.gcode"})").code() == 404);
    REQUIRE(at.at_relay("POST", "home", "{}").code() == 200);

    const auto entries = audit_of(at.path("agent/audit.jsonl"));
    const auto found = [&](const std::string& action, const std::string& outcome) {
        for (const auto& entry : entries)
            if (entry.value("action", "") == action && entry.value("outcome", "") == outcome) return entry;
        return json::object();
    };
    INFO(content_of(at.path("agent/audit.jsonl")));
    for (const auto* action : {"file.upload", "file.delete", "printer.home"}) {
        INFO(action);
        const auto entry = found(action, "ok");
        CHECK(entry.value("who", "").rfind("relay:t-", 0) == 0);
        CHECK(entry.value("name", "") == "test");
        CHECK(entry.value("peer", "") == "127.0.0.1");
    }
    CHECK(found("file.upload", "ok").value("target", "") == "gcode/a.gcode");
    CHECK(found("file.delete", "ok").value("target", "") == "gcode/a.gcode");
    const auto refused = found("file.delete", "404");
    CHECK(refused.value("who", "").rfind("t-", 0) == 0);
    CHECK_FALSE(refused.value("detail", "").empty());
}

TEST_CASE("an agent whose store fails says so in its log, once", "[agent]")
{
    rig at;
    at.start_agent();
    const std::string script = "import sqlite3, sys\n"
                               "store = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)\n"
                               "store.executescript(sys.argv[2])\n";
    const auto damage = [&](const std::string& scopes) {
        const auto done = run({"python3", "-c", script, at.path("agent/access.db").string(),
                               "update tokens set scopes = '" + scopes + "'"});
        INFO(done.output);
        REQUIRE(done.exit_code == 0);
    };
    damage("nonsense");
    REQUIRE(at.becomes([&] { return at.at_agent("GET", "ping").code() == 750; }));
    for (int i = 0; i < 5; ++i)
        CHECK(at.at_agent("GET", "ping").code() == 750);
    CHECK(lines_with(at.agent->log(), {"the tokens cannot be read from the store"}) == 1);
    damage("view,control,files");
    CHECK(at.becomes([&] { return at.at_agent("GET", "ping").code() == 200; }));
}

TEST_CASE("relay and agent tell their figures to Prometheus", "[metrics]")
{
    rig at;
    at.start_all();
    REQUIRE_FALSE(at.relay_metrics().empty());
    REQUIRE_FALSE(at.agent_metrics().empty());
    for (int i = 0; i < 5; ++i)
        REQUIRE(at.at_relay("GET", "status").code() == 200);
    REQUIRE(at.at_agent("GET", "no-such-command").code() == 754);
    web_request wrong;
    wrong.url = at.printer_url() + "/plugin-api/v1/ping";
    wrong.token = "ll_wrong";
    REQUIRE(web(wrong).status == 606);
    held_call events(at.port_of(at.relay_url()),
                     get("/printers/" + at.agent_id() + "/plugin-api/v1/events", at.relay_token()));
    REQUIRE(events.hears("event"));

    const auto relay = figures_at(at.relay_metrics());
    INFO(relay);
    CHECK(figure(relay, "layerline_relay_tunnels") == 1);
    CHECK(figure(relay, "layerline_relay_streams") == 1);
    CHECK(figure(relay, "layerline_relay_connections") >= 1);
    CHECK(figure(relay, "layerline_relay_requests_total{status=\"2xx\"}") >= 5);
    CHECK(figure(relay, "layerline_relay_requests_total{status=\"606\"}") == 1);
    CHECK(figure(relay, "layerline_relay_requests_total{status=\"601\"}") >= 0);
    CHECK(figure(relay, "layerline_relay_agent_seconds_count") >= 5);
    CHECK(figure(relay, "layerline_relay_agent_seconds_bucket{le=\"+Inf\"}") >= 5);
    CHECK(figure(relay, "layerline_relay_sent_bytes_total") > 500);
    CHECK(figure(relay, "process_resident_memory_bytes") > 1e6);

    const auto agent = figures_at(at.agent_metrics());
    INFO(agent);
    CHECK(figure(agent, "layerline_agent_tunnel_up") == 1);
    CHECK(figure(agent, "layerline_agent_tunnels_total") == 1);
    CHECK(figure(agent, "layerline_agent_requests_total{status=\"200\",via=\"tunnel\"}") >= 5);
    CHECK(figure(agent, "layerline_agent_requests_total{status=\"754\",via=\"lan\"}") == 1);
    CHECK(figure(agent, "layerline_agent_printer_state{state=\"idle\"}") == 1);
    CHECK(figure(agent, "layerline_agent_printer_state{state=\"printing\"}") == 0);
    CHECK(at.becomes([&] { // the printer tells them from time to time
        return figure(figures_at(at.agent_metrics()),
                      "layerline_agent_temperature_celsius{heater=\"tool0\",value=\"actual\"}") > 10;
    }));

    // An agent that comes back is counted as that.
    REQUIRE(at.agent_command({"reconnect"}).exit_code == 0);
    CHECK(at.becomes(
        [&] { return figure(figures_at(at.relay_metrics()), "layerline_relay_reconnects_total") == 1; }));
    CHECK(at.becomes(
        [&] { return figure(figures_at(at.agent_metrics()), "layerline_agent_reconnects_total") == 1; }));
    for (const auto& text : {figures_at(at.relay_metrics()), figures_at(at.agent_metrics())}) {
        CHECK(text.find(at.relay_token()) == std::string::npos);
        CHECK(text.find(at.agent_id()) == std::string::npos); // no label that grows with the printers
    }
}

TEST_CASE("one request has one id at every hop, and no log of any program holds a secret", "[logs]")
{
    rig at;
    at.start_all();

    web_request asked;
    asked.url = at.printer_url() + "/plugin-api/v1/status?Secret=querysecret1";
    asked.token = at.relay_token();
    asked.headers.set("x-request-id", "trace-0815");
    asked.headers.set("x-secret", "headersecret2");
    (void)web(asked);
    asked.url = at.printer_url() + "/plugin-api/v1/" + at.relay_token(); // a token where none belongs
    (void)web(asked);
    asked.url = at.agent_url() + "/plugin-api/v1/status";
    asked.token = at.agent_token();
    (void)web(asked);
    asked.token = "ll_wrongwrongwrongwrongwrongwrongwrongwrongwrong";
    (void)web(asked);
    REQUIRE(at.at_relay("POST", "home", "{}").code() == 200);

    // A line is written once its request is over, which the caller hears a moment before.
    REQUIRE(at.becomes([&] {
        return lines_with(at.relay->log(), {"/plugin-api/v1/home "}) == 1 &&
               lines_with(at.agent->log(), {"/plugin-api/v1/home "}) == 1;
    }));
    const auto relay = at.relay->log(), agent = at.agent->log();
    INFO(relay << agent);
    const std::vector<std::string> words{
        "request id=trace-0815", "method=GET", "route=", "status=", "ms=", "in=", "out=", "principal=t-"};
    CHECK(lines_with(relay, words) == 2);
    CHECK(lines_with(relay, {"id=trace-0815", "hop=relay", "/plugin-api/v1/status ", "status="}) == 1);
    CHECK(lines_with(agent, {"id=trace-0815", "hop=agent", "via=tunnel", "principal=relay:t-",
                             "peer=127.0.0.1"}) == 2);
    CHECK(lines_with(agent, {"id=trace-0815", "via=lan", "principal=t-"}) == 1);
    CHECK(lines_with(agent, {"id=trace-0815", "via=lan", "principal=-", "status=401"}) == 1);

    std::string all;
    for (const auto* log :
         {"relay.log", "agent.log", "host.log", "printer.log", "relay/audit.jsonl", "agent/audit.jsonl"})
        all += content_of(at.path(log));
    for (const auto& secret : {at.relay_token(), at.agent_token(), std::string("wrongwrongwrong"),
                               std::string("querysecret1"), std::string("headersecret2")}) {
        CHECK(all.find(secret) == std::string::npos);
        CHECK(all.find(secret.substr(3)) == std::string::npos);
    }
    CHECK(all.find("Bearer") == std::string::npos);
}

TEST_CASE("requests are logged as the owner wants", "[logs]")
{
    rig at({.agent_toml = "[files]\nreserve_mb = 1\n[log]\nrequests = \"none\"\n",
            .relay_toml = "[limits]\nrequests_per_minute = 100000\n[log]\nrequests = \"failures\"\n"});
    at.start_relay();
    at.start_agent();
    at.pair();
    web_request asked;
    asked.url = at.printer_url() + "/plugin-api/v1/ping";
    asked.token = at.relay_token();
    CHECK(web(asked).status == 200);
    asked.token = "ll_wrong";
    CHECK(web(asked).status == 606);
    // A line is written once its request is over, which the caller hears a moment before.
    CHECK(at.becomes([&] { return lines_with(at.relay->log(), {"request id=", "status=606"}) == 1; }));
    CHECK(lines_with(at.relay->log(), {"request id=", "status=200"}) == 0);
    CHECK(lines_with(at.agent->log(), {"request id="}) == 0);
}
