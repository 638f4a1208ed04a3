// The tunnel's life against a small relay of the test's own, over real WebSockets on loopback.
#include "agent/tunnel_keeper.hpp"
#include "tests/agent/service_desk.hpp"
#include "transport/http_server.hpp"

#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>

using namespace layerline;
using namespace layerline::agent;
using namespace std::chrono_literals;
namespace net = layerline::transport::net;

namespace {

// Takes agents in at /tunnel/v1 and keeps the newest tunnel.
struct small_relay final : transport::service, access::agent_registry {
    std::shared_ptr<const access::identity> self = *access::make_identity();
    access::admission known;
    std::optional<access::handshake_failure> refusal;
    std::shared_ptr<access::claim_signal> waiting;
    access::code_hash code{};
    std::string agent_id;
    std::shared_ptr<transport::tunnel_client> tunnel;
    int tunnels = 0;
    fakes::event_flag changed;

    transport::task<void> serve(transport::exchange& call) override
    {
        if (!call.wants_websocket() || call.request().target != "/tunnel/v1") {
            (void)co_await transport::respond_with(call, {404, {}}, "");
            co_return;
        }
        auto stream = co_await call.accept_websocket();
        if (stream.has_error()) co_return;
        access::relay_handshake_options options;
        options.self = self;
        auto session = co_await access::relay_handshake(*stream, options, *this);
        if (session.has_error()) {
            changed.ring();
            co_return;
        }
        auto mine = transport::make_tunnel_client(*stream, {});
        tunnel = mine;
        ++tunnels;
        changed.ring();
        (void)co_await mine->run();
        if (tunnel == mine) tunnel.reset();
        changed.ring();
    }
    transport::task<std::variant<access::admission, access::handshake_failure>>
    admit(access::agent_facts agent) override
    {
        agent_id = agent.agent_id;
        if (refusal) co_return *refusal;
        co_return known;
    }
    transport::task<transport::result<void>>
    offer_code(access::agent_facts, access::code_hash hash, std::chrono::seconds,
               std::shared_ptr<access::claim_signal> claimed) override
    {
        code = hash;
        waiting = std::move(claimed);
        changed.ring();
        co_return transport::result<void>();
    }
    void withdraw(const std::string&, const std::shared_ptr<access::claim_signal>& gone) noexcept override
    {
        if (gone == waiting) waiting.reset();
    }
};

struct tunnel_desk : service_desk {
    small_relay relay;
    std::unique_ptr<transport::http_server> server;
    configuration settings;
    std::shared_ptr<const access::identity> self = *access::make_identity();
    pin_memory pin{*store};
    std::unique_ptr<tunnel_keeper> keeper;
    bool ended = false;

    tunnel_desk()
    {
        auto made = transport::listen_http(context, {}, relay);
        REQUIRE(made.has_value());
        server = std::move(*made);
        net::co_spawn(context, server->run(), net::detached);
        auto url = parse_relay_url("ws://127.0.0.1:" + std::to_string(server->port()));
        settings.relays.push_back(std::get<relay_url>(url));
    }
    ~tunnel_desk()
    {
        if (keeper) {
            keeper->stop();
            keeper->abort();
        }
        server->stop(0ms);
        context.restart();
        context.run_for(5s);
        CHECK((!keeper || ended));
    }
    void start()
    {
        keeper = std::make_unique<tunnel_keeper>(context, settings, self, pin, *service);
        net::co_spawn(context, keeper->run(), [this](std::exception_ptr thrown) {
            ended = true;
            if (thrown) std::rethrow_exception(thrown);
        });
    }
    void know_each_other()
    {
        relay.known.claimed = true;
        relay.known.key = self->key();
        relay.known.binding = access::binding_mode::off;
        relay.known.facts = {"0.1.0", "https://relay.example", "Ender"};
        REQUIRE(fakes::run(context, pin.keep({relay.self->key(), access::binding_mode::off})).has_value());
    }
    void until(std::function<bool()> so) { fakes::run(context, relay.changed.until(std::move(so))); }
    // The keeper's own news come with the context's next turns.
    void until_told(std::function<bool()> so)
    {
        const auto deadline = transport::clock::now() + 10s;
        while (!so() && transport::clock::now() < deadline)
            context.run_one_for(100ms);
        CHECK(so());
    }
    told through(const std::string& target, transport::fields headers)
    {
        REQUIRE(relay.tunnel);
        return fakes::run(context, ask(relay.tunnel, "GET", target, std::move(headers)));
    }
};

} // namespace

TEST_CASE_METHOD(tunnel_desk,
                 "a paired agent carries the relay's requests, with its principal and without none")
{
    know_each_other();
    start();
    until([&] { return relay.tunnel != nullptr; });
    const auto good =
        through("/plugin-api/v1/ping", {{"x-layerline-principal", "t-1"}, {"x-layerline-scopes", "view"}});
    CHECK(good.http == 200);
    CHECK(good.status() == 200);
    CHECK(through("/plugin-api/v1/ping", {}).http == 403);
    CHECK(through("/healthz", {}).http == 200);
    CHECK(keeper->report().now == relay_phase::connected);
    CHECK(keeper->report().printer_name == "Ender");
}

TEST_CASE_METHOD(tunnel_desk,
                 "an unpaired agent shows a code, carries nothing, and pins the relay when it is claimed")
{
    start();
    until([&] { return relay.waiting != nullptr; });
    REQUIRE(keeper->report().code);
    CHECK(keeper->report().now == relay_phase::pairing);
    CHECK(access::hash_pairing_code(*keeper->report().code, self->agent_id()) == relay.code);
    CHECK_FALSE(relay.tunnel);
    CHECK_FALSE(fakes::run(context, pin.load()).value().has_value());

    relay.waiting->ring({"0.1.0", "https://relay.example", "Mine"});
    until([&] { return relay.tunnel != nullptr; });
    const auto kept = fakes::run(context, pin.load()).value();
    REQUIRE(kept);
    CHECK(kept->key == relay.self->key());
    CHECK_FALSE(keeper->report().code);
    CHECK(through("/plugin-api/v1/ping", {{"x-layerline-principal", "t-1"}, {"x-layerline-scopes", "view"}})
              .http == 200);
}

TEST_CASE_METHOD(tunnel_desk, "a lost tunnel comes back, and a person's reconnect is at once")
{
    know_each_other();
    start();
    until([&] { return relay.tunnels == 1; });
    relay.tunnel->stop(make_error_code(transport::errc::closed));
    until([&] { return relay.tunnels == 2; });
    until_told([&] { return keeper->report().now == relay_phase::connected; });
    keeper->reconnect();
    until([&] { return relay.tunnels == 3; });
}

TEST_CASE_METHOD(tunnel_desk, "a relay with another key than the pinned one is refused for good, and says so")
{
    know_each_other();
    relay.self = *access::make_identity();
    start();
    until_told([&] { return keeper->report().now == relay_phase::given_up; });
    CHECK_FALSE(keeper->report().problem.empty());
    CHECK(relay.tunnels == 0);
    SECTION("until its owner unpairs: then it shows a code again")
    {
        REQUIRE(fakes::run(context, pin.forget()).has_value());
        relay.known = {};
        keeper->reconnect();
        until([&] { return relay.waiting != nullptr; });
        CHECK(keeper->report().code);
    }
}

TEST_CASE_METHOD(tunnel_desk, "a refused key is permanent")
{
    know_each_other();
    relay.refusal = access::make_failure(access::errc::key_refused);
    start();
    until_told([&] { return keeper->report().now == relay_phase::given_up; });
    CHECK_FALSE(keeper->report().problem.empty());
}

TEST_CASE_METHOD(tunnel_desk, "an absent relay is tried again")
{
    server->stop(0ms);
    start();
    until_told([&] { return keeper->report().now == relay_phase::waiting; });
    CHECK(keeper->report().next_try);
    CHECK_FALSE(keeper->report().problem.empty());
}

TEST_CASE_METHOD(tunnel_desk, "without a relay the keeper has nothing to do")
{
    settings.relays.clear();
    start();
    until_told([&] { return ended; });
    CHECK(keeper->report().now == relay_phase::off);
}
