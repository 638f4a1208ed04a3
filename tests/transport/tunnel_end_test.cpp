// How tunnels end: cut, stopped, drained, silent, fed with nonsense, torn down in any order.
#include "tests/transport/tunnel_rig.hpp"
#include "transport/tunnel/keep_alive.hpp"

using namespace layerline::transport;
using namespace layerline::tests;
using namespace std::chrono_literals;

namespace {

// Answers, sends a little and then waits for ever.
task<void> begin_and_hang(exchange& call)
{
    co_await call.respond(plain(200));
    co_await call.write(net::buffer("begun", 5));
    wakeup never;
    co_await never.wait();
}

struct open_answer {
    std::shared_ptr<body_source> body;
    std::optional<result<std::size_t>> outcome;
};

// Opens an exchange, reads its first bytes and starts to wait for more.
std::shared_ptr<open_answer> wait_in_mid_body(tunnel_rig& rig)
{
    auto open = std::make_shared<open_answer>();
    auto answer = rig.run(rig.client->send(rig.get(), nullptr));
    REQUIRE(answer);
    open->body = answer->body;
    std::array<char, 16> first{};
    const auto got = rig.run(open->body->read_some(net::buffer(first)));
    REQUIRE(got);
    REQUIRE(*got == 5);
    auto wait = [](std::shared_ptr<open_answer> o) -> task<void> {
        std::array<char, 16> more{};
        auto outcome = co_await o->body->read_some(net::buffer(more));
        o->outcome = outcome;
    };
    net::co_spawn(rig.context, wait(open), net::detached);
    rig.context.restart();
    rig.context.poll();
    REQUIRE_FALSE(open->outcome);
    return open;
}

} // namespace

TEST_CASE("a tunnel that is cut gives its readers an error", "[tunnel][end]")
{
    tunnel_rig rig;
    rig.service.serve_one = begin_and_hang;
    rig.start();
    const auto open = wait_in_mid_body(rig);
    rig.link.cut();
    rig.until_both_ended();
    rig.until([&] { return open->outcome.has_value(); });
    REQUIRE(open->outcome->has_error());
    CHECK(open->outcome->error() == errc::closed);
    CHECK(*rig.client_ended == errc::closed);
    // Nothing is left running when run() has returned.
    CHECK(rig.service.running == 0);
    CHECK(rig.service.cancelled == 1);
    // And nothing begins any more.
    const auto late = rig.run(rig.fetch(rig.get()));
    REQUIRE_FALSE(late);
    CHECK(late.error() == errc::closed);
}

TEST_CASE("a stopped tunnel tells both sides why", "[tunnel][end]")
{
    tunnel_rig rig;
    rig.service.serve_one = begin_and_hang;
    rig.start();
    const auto open = wait_in_mid_body(rig);
    SECTION("by the relay: superseded")
    {
        rig.client->stop(errc::superseded);
        rig.until_both_ended();
        CHECK(*rig.client_ended == errc::superseded);
        CHECK(*rig.server_ended == errc::superseded);
        CHECK(open->outcome->error() == errc::superseded);
        CHECK(rig.link.left_to_right->close_code == 1000);
        CHECK(rig.link.left_to_right->close_reason == "superseded");
    }
    SECTION("by the agent: shutting down")
    {
        rig.server->stop(errc::shutting_down);
        rig.until_both_ended();
        CHECK(*rig.server_ended == errc::shutting_down);
        CHECK(*rig.client_ended == errc::closed); // whose shutting down it was is not this program's
        CHECK(open->outcome->has_error());
        CHECK(rig.link.right_to_left->close_code == 1001);
    }
    CHECK(rig.service.running == 0);
}

TEST_CASE("cancelling run ends the tunnel and waits for what it started", "[tunnel][end]")
{
    net::cancellation_signal cancel;
    tunnel_rig rig;
    rig.service.serve_one = begin_and_hang;
    rig.start_client();
    auto done = [&](std::exception_ptr thrown, error_code why) {
        CHECK_FALSE(thrown);
        rig.server_ended = why;
    };
    net::co_spawn(rig.context, rig.server->run(), net::bind_cancellation_slot(cancel.slot(), done));
    const auto open = wait_in_mid_body(rig);
    cancel.emit(net::cancellation_type::terminal);
    rig.until_both_ended();
    CHECK(*rig.server_ended == errc::shutting_down);
    CHECK(rig.service.running == 0);
    CHECK(open->outcome->has_error());
}

TEST_CASE("a drained tunnel finishes what is open and takes nothing new", "[tunnel][end]")
{
    wakeup go_on;
    bool going = false;
    tunnel_rig rig;
    rig.service.serve_one = [&](exchange& call) -> task<void> {
        co_await call.respond(plain(200));
        while (!going) {
            const bool wanted = co_await go_on.wait();
            if (!wanted) co_return;
        }
        co_await call.write(net::buffer("to the end", 10));
        co_await call.finish();
    };
    rig.start();
    auto answer = rig.run(rig.client->send(rig.get(), nullptr));
    REQUIRE(answer);
    const bool by_agent = GENERATE(true, false);
    if (by_agent)
        rig.server->drain();
    else
        rig.client->drain();
    rig.context.restart();
    rig.context.poll();
    const auto late = rig.run(rig.fetch(rig.get()));
    REQUIRE_FALSE(late);
    CHECK(late.error() == errc::closed);
    going = true;
    go_on.notify();
    const auto text = rig.run(read_all(*answer->body, 100));
    REQUIRE(text);
    CHECK(*text == "to the end");
    rig.until_both_ended();
    CHECK(*rig.client_ended == errc::closed);
    CHECK(*rig.server_ended == errc::closed);
    CHECK(rig.link.left_to_right->close_code + rig.link.right_to_left->close_code >= 1000);
}

TEST_CASE("an idle tunnel that is drained ends at once", "[tunnel][end]")
{
    tunnel_rig rig;
    rig.service.serve_one = begin_and_hang;
    rig.start();
    rig.context.poll();
    rig.server->drain();
    rig.until_both_ended();
    CHECK(*rig.server_ended == errc::closed);
    CHECK(*rig.client_ended == errc::closed);
}

TEST_CASE("pings keep a quiet tunnel and a dead link is found", "[tunnel][end]")
{
    tunnel_limits quick;
    quick.ping_every = 20ms;
    quick.ping_timeout = 200ms;
    tunnel_rig rig(quick);
    rig.service.serve_one = begin_and_hang;
    rig.start();
    const auto open = wait_in_mid_body(rig);
    // Many times the timeout's worth of messages passes while nobody asks for anything.
    const auto before = rig.link.left_to_right->messages;
    const auto began = clock::now();
    rig.until([&] { return clock::now() - began > 3 * quick.ping_timeout; });
    CHECK_FALSE(rig.client_ended);
    CHECK_FALSE(rig.server_ended);
    CHECK(rig.link.left_to_right->messages > before);
    rig.link.go_silent();
    rig.until_both_ended();
    CHECK(*rig.client_ended == errc::keep_alive_lost);
    CHECK(*rig.server_ended == errc::keep_alive_lost);
    CHECK(open->outcome->error() == errc::keep_alive_lost);
    CHECK(rig.service.running == 0);
}

TEST_CASE("keep-alive asks after silence and gives up in time", "[tunnel][end]")
{
    using verdict = keep_alive::verdict;
    keep_alive watch(5s, 10s);
    const keep_alive::time_point start{100h};
    auto step = watch.next(start, start);
    CHECK(step.what == verdict::wait);
    CHECK(step.until == start + 5s);
    step = watch.next(start + 5s, start);
    CHECK(step.what == verdict::ping);
    CHECK(step.until == start + 10s);
    SECTION("an answer starts the silence anew")
    {
        const auto heard = start + 5100ms;
        step = watch.next(start + 6s, heard);
        CHECK(step.what == verdict::wait);
        CHECK(step.until == heard + 5s);
    }
    SECTION("no answer loses the link within fifteen seconds")
    {
        step = watch.next(start + 10s, start);
        CHECK(step.what == verdict::lost);
    }
    SECTION("a host that slept asks once more before it gives up")
    {
        const auto woken = start + 1h;
        step = watch.next(woken, start);
        CHECK(step.what == verdict::ping);
        CHECK(step.until == woken + 5s);
        CHECK(watch.next(step.until, start).what == verdict::lost);
    }
    SECTION("being asked more often pings no more often")
    {
        CHECK(watch.next(start + 6s, start).what == verdict::wait);
        CHECK(watch.next(start + 9s, start).what == verdict::wait);
    }
}

TEST_CASE("bytes that are not the protocol end a tunnel and nothing else", "[tunnel][end]")
{
    const auto bytes = GENERATE(std::string("abc"), std::string("GET / HTTP/1.1\r\n\r\n"),
                                std::string(100'000, '\xff'), std::string(1000, '\0'));
    tunnel_limits quick;
    quick.ping_every = 20ms;
    quick.ping_timeout = 100ms;
    tunnel_rig rig(quick);
    rig.service.serve_one = begin_and_hang;
    SECTION("to the agent")
    {
        rig.start_server();
        rig.link.left_to_right->inject(bytes);
        rig.until([&] { return rig.server_ended.has_value(); });
        CHECK(*rig.server_ended == errc::malformed);
        CHECK(rig.link.right_to_left->close_code == 1002);
        CHECK(rig.link.right_to_left->close_reason == "malformed");
    }
    SECTION("to the relay")
    {
        rig.start_client();
        rig.link.right_to_left->inject(bytes);
        rig.until([&] { return rig.client_ended.has_value(); });
        CHECK(*rig.client_ended == errc::malformed);
    }
}

TEST_CASE("three bytes of nonsense end a tunnel at once, not only by keep-alive", "[tunnel][end]")
{
    tunnel_limits patient;
    patient.ping_every = 1h;
    patient.ping_timeout = 2h;
    tunnel_rig rig(patient);
    rig.service.serve_one = begin_and_hang;
    const auto bytes = GENERATE(std::string("abc"), std::string("\0\xff", 2), std::string("{}\n"));
    const bool to_relay = GENERATE(true, false);
    if (to_relay) {
        rig.start_client();
        rig.link.right_to_left->inject(bytes);
    } else {
        rig.start_server();
        rig.link.left_to_right->inject(bytes);
    }
    auto& ended = to_relay ? rig.client_ended : rig.server_ended;
    rig.until([&] { return ended.has_value(); });
    CHECK(*ended == errc::malformed);
    auto& told = to_relay ? rig.link.left_to_right : rig.link.right_to_left;
    CHECK(told->close_code == 1002);
    CHECK(told->close_reason == "malformed");
}

TEST_CASE("a tunnel may be torn down in any order", "[tunnel][end]")
{
    auto rig = std::make_unique<tunnel_rig>();
    rig->service.serve_one = begin_and_hang;
    SECTION("answers outlive the tunnel and the tunnel's owner")
    {
        rig->start();
        const auto open = wait_in_mid_body(*rig);
        rig->client->stop(errc::shutting_down);
        rig->until_both_ended();
        rig->client.reset();
        rig->server.reset();
        const auto body = open->body;
        std::array<char, 8> more{};
        const auto got = rig->run(body->read_some(net::buffer(more)));
        CHECK(got.has_error());
    }
    SECTION("the owner lets go while the tunnel runs")
    {
        rig->start();
        const auto open = wait_in_mid_body(*rig);
        rig->client.reset();
        rig->server.reset();
        rig->link.cut();
        rig->until_both_ended();
        CHECK(open->outcome->has_error());
    }
    SECTION("nothing ever ran")
    {
        auto sent = rig->client->send(rig->get(), nullptr);
    }
    SECTION("a request waits for a tunnel that never ran")
    {
        net::co_spawn(rig->context, rig->client->send(rig->get(), make_body("x")), [](auto, auto) {});
        rig->context.poll();
    }
    SECTION("stopped before it ran")
    {
        rig->client->stop(errc::superseded);
        rig->start();
        rig->until_both_ended();
        CHECK(*rig->client_ended == errc::superseded);
    }
    SECTION("stopped by its own handler")
    {
        rig->service.serve_one = [&](exchange& call) -> task<void> {
            co_await call.respond(plain(200));
            rig->server->stop(errc::shutting_down);
            co_await call.finish();
        };
        rig->start();
        const auto answer = rig->run(rig->fetch(rig->get()));
        CHECK(answer.has_error());
        rig->until_both_ended();
    }
    rig.reset();
}

TEST_CASE("an io_context may end with everything under way", "[tunnel][end]")
{
    scripted_service service;
    service.serve_one = begin_and_hang;
    layerline::fakes::message_pair link;
    std::shared_ptr<body_source> body;
    const auto client = make_tunnel_client(link.left, {});
    const auto server = make_tunnel_server(link.right, service, {});
    {
        net::io_context context;
        net::co_spawn(context, client->run(), [](auto, auto) {});
        net::co_spawn(context, server->run(), [](auto, auto) {});
        auto answer = layerline::fakes::run(context, client->send(tunnel_rig::get(), nullptr));
        REQUIRE(answer);
        body = answer->body;
        auto upload = client->send(tunnel_rig::post(), make_body(std::string(1'000'000, 'x')));
        net::co_spawn(context, std::move(upload), [](auto, auto) {});
        context.restart();
        context.poll();
    }
    CHECK(service.running == 0);
}
