// The LAN listener over real sockets.
#include "agent/lan_door.hpp"
#include "tests/agent/service_desk.hpp"

#include <catch2/catch.hpp>

using namespace layerline;
using namespace layerline::agent;

TEST_CASE("without lan.listen the door is on loopback, tokens or not")
{
    CHECK(where_to_listen({}, false) == endpoint{"127.0.0.1", 8481});
    CHECK(where_to_listen({}, true) == endpoint{"127.0.0.1", 8481});
}

TEST_CASE("with lan.listen the door opens there once a token exists")
{
    const endpoint wide{"0.0.0.0", 9000};
    CHECK(where_to_listen(wide, false) == endpoint{"127.0.0.1", 9000});
    CHECK(where_to_listen(wide, true) == wide);
    CHECK(where_to_listen(endpoint{"127.0.0.1", 0}, false) == endpoint{"127.0.0.1", 0});
    CHECK(where_to_listen(endpoint{"::1", 1}, false) == endpoint{"::1", 1});
}

namespace {
struct door_desk : service_desk {
    lan_door door{context, *service, endpoint{"0.0.0.0", 0}, {}};
    door_desk() { REQUIRE(door.open(false).has_value()); }
    ~door_desk()
    {
        door.close(std::chrono::milliseconds(0));
        context.restart();
        context.run_for(std::chrono::seconds(2));
    }
    told get(const std::string& target, transport::fields headers = {})
    {
        auto client =
            transport::make_http_client(context, "http://127.0.0.1:" + std::to_string(door.at().port), {});
        return fakes::run(context, ask(client, "GET", target, std::move(headers)));
    }
};
} // namespace

TEST_CASE_METHOD(door_desk, "over HTTP a token lets in, and forged principal headers do not")
{
    CHECK(get("/healthz").http == 200);
    CHECK(get("/plugin-api/v1/ping").http == 401);
    CHECK(get("/plugin-api/v1/ping",
              {{"x-layerline-principal", "t-x"}, {"x-layerline-scopes", "view,control,admin"}})
              .http == 401);
    const auto token = make_token({access::scope::view});
    const auto answer = get("/plugin-api/v1/ping", {{"authorization", "Bearer " + token.secret}});
    CHECK(answer.http == 200);
    CHECK(answer.status() == 200);
    CHECK(answer.headers.find("x-request-id"));
}

TEST_CASE_METHOD(door_desk,
                 "the door moves to lan.listen with the first token and back with the last, on one port")
{
    const auto port = door.at().port;
    CHECK(door.at().address == "127.0.0.1");
    door.tokens_changed(true);
    CHECK(door.at() == endpoint{"0.0.0.0", port});
    CHECK(get("/healthz").http == 200);
    door.tokens_changed(true);
    door.tokens_changed(false);
    CHECK(door.at() == endpoint{"127.0.0.1", port});
    CHECK(get("/healthz").http == 200);
}

TEST_CASE_METHOD(service_desk,
                 "an address that this host does not have is an error at start, and no move later")
{
    lan_door nowhere(context, *service, endpoint{"192.0.2.1", 0}, {});
    CHECK(nowhere.open(true).has_error());
    lan_door moving(context, *service, endpoint{"192.0.2.1", 0}, {});
    REQUIRE(moving.open(false).has_value());
    const auto port = moving.at().port;
    moving.tokens_changed(true);
    CHECK(moving.at() == endpoint{"127.0.0.1", port});
    auto client = transport::make_http_client(context, "http://127.0.0.1:" + std::to_string(port), {});
    CHECK(fakes::run(context, ask(client, "GET", "/healthz", {})).http == 200);
    moving.close(std::chrono::milliseconds(0));
    client.reset();
    context.restart();
    context.run_for(std::chrono::seconds(2));
}
