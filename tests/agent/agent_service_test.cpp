// Who asks, may they, where does it go: the one handler, edge by edge.
#include "tests/agent/service_desk.hpp"

#include <catch2/catch.hpp>

using namespace layerline;
using namespace layerline::agent;
using access::scope;
using transport::edge;

TEST_CASE_METHOD(service_desk, "health is told to anybody on every edge, without details")
{
    for (const auto via : {edge::lan, edge::tunnel, edge::local}) {
        const auto answer = call(via, "GET", "/healthz");
        CHECK(answer.http == 200);
        CHECK(answer.body == json{{"status", "ok"}});
    }
    CHECK(call(edge::lan, "POST", "/healthz").http == 405);
}

TEST_CASE_METHOD(service_desk, "on the LAN every other address needs a token, whether it exists or not")
{
    const auto refused = [this](const char* target, const char* header) {
        transport::fields headers;
        if (*header != 0) headers.set("authorization", header);
        const auto answer = call(edge::lan, "GET", target, headers);
        CAPTURE(target, header);
        CHECK(answer.http == 401);
        CHECK(answer.status() == 401);
        CHECK(answer.headers.find("www-authenticate") == R"(Bearer realm="layerline")");
    };
    for (const auto* target :
         {"/plugin-api/v1/ping", "/octoeverywhere-command-api/ping", "/", "/api/version"})
        refused(target, "");
    for (const auto* header : {"Bearer", "Bearer x", "Bearer ll_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                               "Basic !!", "Digest a"})
        refused("/plugin-api/v1/ping", header);
}

TEST_CASE_METHOD(service_desk, "a token opens the commands, and a revoked one does not")
{
    const auto token = make_token({scope::view});
    CHECK(lan("/plugin-api/v1/ping", token.secret).status() == 200);
    CHECK(lan("/octoeverywhere-command-api/ping", token.secret).status() == 200);
    CHECK(lan("/elsewhere", token.secret).http == 404);
    CHECK(lan("/plugin-api/v1/no-such", token.secret).status() == 754);
    REQUIRE(fakes::run(context, tokens->revoke(token.record.id)).value());
    CHECK(lan("/plugin-api/v1/ping", token.secret).http == 401);
}

TEST_CASE_METHOD(service_desk, "a token's scopes hold")
{
    const auto token = make_token({scope::view});
    const auto answer = lan("/plugin-api/v1/pause", token.secret, "POST");
    CHECK(answer.http == 403);
    CHECK(printer.orders.empty());
}

TEST_CASE_METHOD(service_desk, "principal headers on the LAN are useless, with a token and without")
{
    transport::fields forged;
    forged.set("x-layerline-principal", "t-admin");
    forged.set("x-layerline-scopes", "view,control,files,admin");
    CHECK(call(edge::lan, "POST", "/plugin-api/v1/pause", forged).http == 401);
    CHECK(call(edge::local, "POST", "/plugin-api/v1/pause", forged).http == 404);
    forged.set("authorization", "Bearer " + make_token({scope::view}).secret);
    CHECK(call(edge::lan, "POST", "/plugin-api/v1/pause", forged).http == 403);
    CHECK(printer.orders.empty());
}

TEST_CASE_METHOD(service_desk, "through the tunnel the relay says for whom, and must say it well")
{
    CHECK(tunnel("/plugin-api/v1/ping", "view").status() == 200);
    CHECK(tunnel("/plugin-api/v1/ping", "root").http == 403);
    CHECK(tunnel("/plugin-api/v1/ping", "").http == 403);
    CHECK(call(edge::tunnel, "GET", "/plugin-api/v1/ping").http == 403);
    transport::fields token_only; // a token of the agent's own counts on the LAN only
    token_only.set("authorization", "Bearer " + make_token({scope::control}).secret);
    CHECK(call(edge::tunnel, "GET", "/plugin-api/v1/ping", token_only).http == 403);
}

TEST_CASE_METHOD(service_desk, "an order through the tunnel carries the relay's principal, marked as such")
{
    printer::printer_state printing;
    printing.now = printer::phase::printing;
    printing.job.emplace();
    printing.job->id = "j-1";
    printer.become(printing);
    CHECK(tunnel("/plugin-api/v1/pause", "control", "POST").status() == 200);
    REQUIRE(printer.orders.size() == 1);
    CHECK(printer.orders[0].how.principal == "relay:t-of-the-relay");
    const auto log = access::get_file(folder / "audit.jsonl");
    CHECK(log.find("printer.pause") != std::string::npos);
    CHECK(log.find("relay:t-of-the-relay") != std::string::npos);
}

TEST_CASE_METHOD(service_desk, "the owner's policy has the last word over tokens and relays")
{
    owner.allowed = {scope::view};
    CHECK(tunnel("/plugin-api/v1/pause", "control,admin", "POST").http == 403);
    CHECK(lan("/plugin-api/v1/pause", make_token({scope::control}).secret, "POST").http == 403);
    CHECK(tunnel("/plugin-api/v1/ping", "control").status() == 200);
    CHECK(printer.orders.empty());
}

namespace {
struct few_requests : service_desk {
    few_requests()
        : service_desk(
              {{3, std::chrono::milliseconds(3600'000)}, 32, {2, std::chrono::milliseconds(3600'000)}})
    {
    }
};
} // namespace

TEST_CASE_METHOD(few_requests, "too many requests of one principal wait, but never its emergency stop")
{
    const auto token = make_token({scope::control});
    for (int i = 0; i < 3; ++i)
        CHECK(lan("/plugin-api/v1/ping", token.secret).http == 200);
    const auto answer = lan("/plugin-api/v1/ping", token.secret);
    CHECK(answer.http == 429);
    CHECK(answer.status() == 429);
    CHECK(answer.headers.find("retry-after"));
    CHECK(lan("/plugin-api/v1/emergency-stop", token.secret, "POST").status() == 200);
    REQUIRE(printer.orders.size() == 1);
    CHECK(std::holds_alternative<printer::emergency_stop>(printer.orders[0].what));
    CHECK(tunnel("/plugin-api/v1/ping", "view").http == 200); // another principal
}

TEST_CASE_METHOD(few_requests,
                 "an address with many bad tokens is told to wait, and its good token still passes")
{
    const auto token = make_token({scope::view});
    CHECK(lan("/plugin-api/v1/ping", "ll_wrong").http == 401);
    CHECK(lan("/plugin-api/v1/ping", "ll_wrong").http == 401);
    CHECK(lan("/plugin-api/v1/ping", "ll_wrong").http == 429);
    CHECK(lan("/plugin-api/v1/ping", token.secret).http == 200);
}

TEST_CASE_METHOD(service_desk, "tokens survive the agent's death")
{
    const auto token = make_token({scope::view});
    open_tokens(); // what a new process does
    service = std::make_unique<agent_service>(*tokens, *commands, owner, *audit, counts);
    CHECK(lan("/plugin-api/v1/ping", token.secret).status() == 200);
}

TEST_CASE_METHOD(service_desk, "the owner's caps hold for heat from afar")
{
    owner.max_tool_c = 200;
    printer.can.max_tool_c = 260;
    CHECK(guarded.capabilities().max_tool_c == 200.0);
    auto done = fakes::run(context, guarded.perform(printer::set_temperature{"tool0", 230}, {}));
    REQUIRE(done.has_error());
    CHECK(done.error().code == printer::printer_errc::out_of_range);
    CHECK(printer.orders.empty());
    REQUIRE(fakes::run(context, guarded.perform(printer::set_temperature{"tool0", 190}, {})).has_value());
    CHECK(access::get_file(folder / "audit.jsonl").find("forbidden_by_policy") != std::string::npos);
}
