// The control socket: what the owner asks, over a real unix socket.
#include "agent/control_service.hpp"
#include "tests/agent/service_desk.hpp"
#include "transport/http_server.hpp"

#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>

#include <sys/stat.h>

using namespace layerline;
using namespace layerline::agent;

namespace {

struct control_desk : service_desk, owner_desk {
    int reconnects = 0, unpairs = 0, rekeys = 0, changes = 0;
    control_service control{*this, *tokens, *audit};
    std::unique_ptr<transport::http_server> server;
    std::shared_ptr<transport::requester> client;

    control_desk()
    {
        transport::listen_options options;
        options.unix_path = folder / "control.sock";
        options.via = transport::edge::local;
        auto made = transport::listen_http(context, options, control);
        REQUIRE(made.has_value());
        server = std::move(*made);
        transport::net::co_spawn(context, server->run(), transport::net::detached);
        client = transport::make_http_client(context, "unix:" + (folder / "control.sock").string(), {});
    }
    ~control_desk() override
    {
        client.reset();
        server->stop(std::chrono::milliseconds(0));
        context.restart();
        context.run_for(std::chrono::seconds(2));
    }
    told say(const std::string& method, const std::string& target, const std::string& body = "")
    {
        return fakes::run(context, ask(client, method, target, {}, body));
    }

    status_report report() const override
    {
        status_report now;
        now.agent_id = "abc";
        now.printer = printer.state();
        return now;
    }
    void reconnect() override { ++reconnects; }
    transport::task<transport::result<void>> unpair() override
    {
        ++unpairs;
        co_return transport::result<void>();
    }
    transport::result<std::string> rekey() override
    {
        ++rekeys;
        return std::string("def");
    }
    transport::task<void> tokens_changed() override
    {
        ++changes;
        co_return;
    }
};

} // namespace

TEST_CASE_METHOD(control_desk, "the control socket is the owner's alone")
{
    struct stat facts {};
    REQUIRE(stat((folder / "control.sock").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777U) == 0600);
}

TEST_CASE_METHOD(control_desk, "status, reconnect, unpair and rekey are done, other addresses are not")
{
    CHECK(say("GET", "/control/status").body.at("agent_id") == "abc");
    CHECK(say("POST", "/control/reconnect").http == 200);
    CHECK(reconnects == 1);
    CHECK(say("GET", "/control/reconnect").http == 404);
    CHECK(say("POST", "/control/unpair").http == 200);
    CHECK(unpairs == 1);
    CHECK(say("POST", "/control/rekey").body.at("agent_id") == "def");
    CHECK(rekeys == 1);
    CHECK(access::get_file(folder / "audit.jsonl").find("key.renew") != std::string::npos);
    CHECK(say("GET", "/plugin-api/v1/ping").http == 404);
    CHECK(reconnects == 1);
}

TEST_CASE_METHOD(control_desk,
                 "a token made here opens the LAN, listed without its secret, until it is revoked")
{
    const auto made = say("POST", "/control/tokens", R"({"name":"phone","scopes":"view,control"})");
    REQUIRE(made.http == 201);
    const auto secret = made.body.at("secret").get<std::string>();
    const auto id = made.body.at("id").get<std::string>();
    CHECK(changes == 1);
    CHECK(lan("/plugin-api/v1/ping", secret).status() == 200);
    const auto listed = say("GET", "/control/tokens");
    CHECK(listed.body.at("tokens").size() == 1);
    CHECK(listed.body.dump().find(secret) == std::string::npos);
    CHECK(changes == 1);
    CHECK(say("DELETE", "/control/tokens/" + id).http == 200);
    CHECK(changes == 2);
    CHECK(lan("/plugin-api/v1/ping", secret).http == 401);
    CHECK(access::get_file(folder / "audit.jsonl").find(secret) == std::string::npos);
}
