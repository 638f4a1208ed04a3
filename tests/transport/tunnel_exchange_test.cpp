// Exchanges through a whole tunnel: bodies both ways, limits, deadlines, cancelling.
#include "tests/transport/tunnel_rig.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <map>

using namespace layerline::transport;
using namespace layerline::tests;
using namespace std::chrono_literals;

namespace {

// A body of `size` bytes that are made as they are read.
class endless_body final : public body_source {
public:
    explicit endless_body(std::uint64_t size) : left_(size) {}
    task<result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, into.size()));
        std::memset(into.data(), 'z', size);
        left_ -= size;
        given += size;
        co_return size;
    }
    std::optional<std::uint64_t> remaining() const override { return left_; }
    std::uint64_t given = 0;

private:
    std::uint64_t left_;
};

// A body that gives a little and then breaks off, or never goes on.
class broken_body final : public body_source {
public:
    explicit broken_body(bool hangs) : hangs_(hangs) {}
    task<result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        if (!std::exchange(begun_, true)) {
            std::memset(into.data(), 'a', 10);
            co_return std::size_t{10};
        }
        if (hangs_) co_await never_.wait();
        co_return make_error_code(errc::closed);
    }
    std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

private:
    bool hangs_, begun_ = false;
    wakeup never_;
};

task<void> echo(exchange& call)
{
    const auto body = call.body();
    auto head = with(200, "x-method", call.request().method);
    head.headers.add("x-target", call.request().target);
    co_await call.respond(std::move(head));
    std::vector<char> buffer(10'000);
    for (;;) {
        const auto got = co_await body->read_some(net::buffer(buffer));
        if (!got) co_return;
        if (*got == 0) break;
        const auto written = co_await call.write(net::buffer(buffer.data(), *got));
        if (!written) co_return;
    }
    co_await call.finish();
}

task<void> send_many(exchange& call, std::uint64_t bytes)
{
    co_await call.respond(with(200, "content-length", std::to_string(bytes)));
    const std::string block(40'000, 'd');
    while (bytes > 0) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, block.size()));
        const auto written = co_await call.write(net::buffer(block.data(), size));
        if (!written) co_return;
        bytes -= size;
    }
    co_await call.finish();
}

// Reads a body away and counts it.
task<result<std::uint64_t>> drain_body(std::shared_ptr<body_source> body)
{
    std::vector<char> buffer(64 * 1024);
    std::uint64_t total = 0;
    for (;;) {
        const auto got = co_await body->read_some(net::buffer(buffer));
        if (!got) co_return got.error();
        if (*got == 0) co_return total;
        total += *got;
    }
}

} // namespace

TEST_CASE("a request with a body is answered with a body", "[tunnel]")
{
    tunnel_rig rig;
    rig.service.serve_one = echo;
    rig.start();
    const auto answer = rig.run(rig.fetch(rig.post("/echo?x=1"), make_body("hello there")));
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->headers.find("x-method") == "POST");
    CHECK(answer->headers.find("x-target") == "/echo?x=1");
    CHECK(answer->body == "hello there");
    SECTION("and so are requests without one")
    {
        const auto empty = rig.run(rig.fetch(rig.get("/nothing")));
        REQUIRE(empty);
        CHECK(empty->body.empty());
    }
    SECTION("and large ones in chopped messages")
    {
        rig.link.left_to_right->chop = 7;
        rig.link.right_to_left->chop = 11;
        const std::string big(200'000, 'q');
        const auto same = rig.run(rig.fetch(rig.post(), make_body(big)));
        REQUIRE(same);
        CHECK(same->body == big);
    }
    SECTION("and the tunnel then holds no stream")
    {
        rig.until([&] { return rig.service.running == 0 && rig.client->open_streams() == 0; });
        rig.until([&] { return rig.server->open_streams() == 0; });
    }
}

TEST_CASE("an exchange of the tunnel says so and gives no WebSocket", "[tunnel]")
{
    edge via = edge::lan;
    bool wants = true, remaining_known = false;
    error_code accepted;
    tunnel_rig rig;
    rig.service.serve_one = [&](exchange& call) -> task<void> {
        via = call.request().via;
        wants = call.wants_websocket();
        remaining_known = call.body()->remaining() == 5u;
        auto socket = co_await call.accept_websocket();
        accepted = socket.error();
        co_await reply(call, 200, "done");
    };
    rig.start();
    auto head = rig.post();
    head.headers.set("content-length", "5");
    head.headers.set("upgrade", "websocket");
    head.headers.set("connection", "upgrade");
    REQUIRE(rig.run(rig.fetch(head, make_body("12345"))));
    CHECK(via == edge::tunnel);
    CHECK_FALSE(wants);
    CHECK(remaining_known);
    CHECK(accepted == errc::upgrade_refused);
}

TEST_CASE("a hundred megabytes stream each way through a small buffer", "[tunnel]")
{
    constexpr std::uint64_t size = 100'000'000;
    tunnel_rig rig;
    rig.start();
    SECTION("down")
    {
        rig.service.serve_one = [](exchange& call) { return send_many(call, size); };
        const auto get = [&]() -> task<std::uint64_t> {
            auto answer = co_await rig.client->send(rig.get(), nullptr);
            CHECK(answer->body->remaining() == size);
            auto total = co_await drain_body(answer->body);
            co_return total ? *total : 0;
        };
        CHECK(rig.run(get()) == size);
    }
    SECTION("up")
    {
        rig.service.serve_one = [](exchange& call) -> task<void> {
            auto total = co_await drain_body(call.body());
            co_await reply(call, 200, std::to_string(total ? *total : 0));
        };
        const auto answer = rig.run(rig.fetch(rig.post(), std::make_shared<endless_body>(size)));
        REQUIRE(answer);
        CHECK(answer->body == std::to_string(size));
    }
    CHECK(rig.link.left_to_right->largest <= rig.limits.message_bytes);
    CHECK(rig.link.right_to_left->largest <= rig.limits.message_bytes);
}

TEST_CASE("a reader that stalls holds back its sender and nobody else", "[tunnel]")
{
    std::uint64_t sent = 0;
    tunnel_rig rig;
    rig.service.serve_one = [&](exchange& call) -> task<void> {
        if (call.request().target != "/slow") co_return co_await send_many(call, 3'000'000);
        co_await call.respond(plain(200));
        const std::string block(10'000, 's');
        for (;;) {
            const auto written = co_await call.write(net::buffer(block));
            if (!written) co_return;
            sent += block.size();
        }
    };
    rig.start();
    auto slow = rig.run(rig.client->send(rig.get("/slow"), nullptr));
    REQUIRE(slow);
    for (int i = 0; i < 5; ++i) {
        const auto other = rig.run(rig.fetch(rig.get("/fast")));
        REQUIRE(other);
        CHECK(other->body.size() == 3'000'000);
    }
    // One window at the reader, one message's worth at the sender.
    CHECK(sent <= rig.limits.stream_window + rig.limits.message_bytes);
    CHECK(sent < 1'000'000);
    CHECK(sent >= rig.limits.stream_window);
    const auto before = sent;
    std::vector<char> buffer(200'000);
    const auto read = rig.run(slow->body->read_some(net::buffer(buffer)));
    REQUIRE(read);
    rig.until([&] { return sent > before; });
}

TEST_CASE("the answer may begin before the request has ended", "[tunnel]")
{
    tunnel_rig rig;
    rig.service.serve_one = echo;
    rig.start();
    const auto answer = rig.run(rig.client->send(rig.post(), std::make_shared<broken_body>(true)));
    REQUIRE(answer);
    std::vector<char> buffer(100);
    const auto got = rig.run(answer->body->read_some(net::buffer(buffer)));
    REQUIRE(got);
    CHECK(*got == 10);
}

TEST_CASE("dropping an answer cancels its handler", "[tunnel]")
{
    tunnel_rig rig;
    rig.service.serve_one = [](exchange& call) { return send_many(call, 1'000'000'000); };
    rig.start();
    {
        const auto answer = rig.run(rig.client->send(rig.get(), nullptr));
        REQUIRE(answer);
        CHECK(rig.service.running == 1);
    }
    // One message there is all it takes.
    const auto before = rig.link.left_to_right->messages;
    rig.until([&] { return rig.service.running == 0; });
    CHECK(rig.link.left_to_right->messages <= before + 2);
    CHECK(rig.service.cancelled == 1);
    CHECK_FALSE(rig.server_ended);
    rig.until([&] { return rig.server->open_streams() == 0 && rig.client->open_streams() == 0; });
}

TEST_CASE("a request cancelled while it waits for the head cancels its handler", "[tunnel]")
{
    wakeup never;
    net::cancellation_signal cancel;
    bool over = false;
    tunnel_rig rig;
    rig.service.serve_one = [&](exchange&) -> task<void> { co_await never.wait(); };
    rig.start();
    auto request = [&]() -> task<void> {
        const auto answer = co_await rig.client->send(rig.get(), nullptr);
        CHECK(answer.error() == net::error::operation_aborted);
    };
    net::co_spawn(rig.context, request(),
                  net::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr) { over = true; }));
    rig.until([&] { return rig.service.running == 1; });
    cancel.emit(net::cancellation_type::terminal);
    rig.until([&] { return over && rig.service.running == 0; });
    CHECK(rig.service.cancelled == 1);
    CHECK(rig.client->open_streams() == 0);
}

TEST_CASE("five thousand cancelled exchanges leave the tunnel as it was", "[tunnel]")
{
    tunnel_rig rig;
    rig.service.serve_one = [](exchange& call) -> task<void> {
        if (call.request().target == "/last") co_return co_await reply(call, 200, "still here");
        co_await call.respond(plain(200));
        wakeup never;
        co_await never.wait();
    };
    rig.start();
    const auto many = [&]() -> task<int> {
        int good = 0;
        for (int i = 0; i < 5000; ++i) {
            const auto answer = co_await rig.client->send(rig.get(), nullptr);
            if (answer) ++good;
        }
        co_return good;
    };
    CHECK(rig.run(many()) == 5000);
    const auto last = rig.run(rig.fetch(rig.get("/last")));
    REQUIRE(last);
    CHECK(last->body == "still here");
    rig.until([&] { return rig.service.running == 0; });
}

TEST_CASE("a handler that gives up resets its stream alone", "[tunnel]")
{
    tunnel_rig rig;
    rig.service.serve_one = [](exchange& call) -> task<void> {
        const auto target = call.request().target;
        if (target == "/silent") co_return;
        if (target == "/throws") throw std::runtime_error("a bug");
        if (target == "/half") {
            co_await call.respond(plain(200));
            co_await call.write(net::buffer("half", 4));
            co_return;
        }
        if (target == "/short") {
            co_await call.respond(with(200, "content-length", "10"));
            co_await call.write(net::buffer("123", 3));
            const auto finished = co_await call.finish();
            CHECK(finished.error() == errc::malformed);
            co_return;
        }
        if (target == "/long") {
            co_await call.respond(with(200, "content-length", "2"));
            const auto written = co_await call.write(net::buffer("123", 3));
            CHECK(written.error() == errc::malformed);
            co_return;
        }
        co_await reply(call, 200, "fine");
    };
    rig.start();
    for (const auto* target : {"/silent", "/throws", "/half", "/short", "/long"}) {
        const auto answer = rig.run(rig.fetch(rig.get(target)));
        REQUIRE_FALSE(answer);
        CHECK(answer.error() == errc::cancelled_by_peer);
    }
    const auto fine = rig.run(rig.fetch(rig.get("/fine")));
    REQUIRE(fine);
    CHECK(fine->body == "fine");
}

TEST_CASE("a request body that breaks off never looks complete", "[tunnel]")
{
    error_code seen;
    tunnel_rig rig;
    rig.service.serve_one = [&](exchange& call) -> task<void> {
        auto total = co_await drain_body(call.body());
        if (total) co_return co_await reply(call, 200, "complete?");
        seen = total.error();
    };
    rig.start();
    const auto answer = rig.run(rig.fetch(rig.post(), std::make_shared<broken_body>(false)));
    REQUIRE_FALSE(answer);
    CHECK(answer.error() == errc::closed); // what the body itself said
    rig.until([&] { return rig.service.running == 0; });
}

TEST_CASE("an early answer stops the upload", "[tunnel]")
{
    tunnel_rig rig;
    rig.service.serve_one = [](exchange& call) { return reply(call, 413, "too much"); };
    rig.start();
    const auto body = std::make_shared<endless_body>(1'000'000'000);
    const auto answer = rig.run(rig.fetch(rig.post(), body));
    REQUIRE(answer);
    CHECK(answer->status == 413);
    CHECK(answer->body == "too much");
    CHECK(body->given < 2'000'000);
    rig.until([&] { return rig.client->open_streams() == 0; });
}

TEST_CASE("an answer to HEAD has a length and no body", "[tunnel]")
{
    tunnel_rig rig;
    rig.service.serve_one = [](exchange& call) { return reply(call, 200, "twelve bytes"); };
    rig.start();
    auto head = rig.get();
    head.method = "HEAD";
    const auto answer = rig.run(rig.fetch(head));
    REQUIRE(answer);
    CHECK(answer->headers.find("content-length") == "12");
    CHECK(answer->body.empty());
}

TEST_CASE("a deadline is told on as what is left and ends the wait", "[tunnel]")
{
    std::optional<clock::time_point> seen;
    bool field_passed_on = false;
    wakeup never;
    tunnel_rig rig;
    rig.service.serve_one = [&](exchange& call) -> task<void> {
        seen = call.request().deadline;
        field_passed_on = call.request().headers.find("x-layerline-timeout-ms").has_value();
        if (call.request().target == "/never") co_await never.wait();
        co_await reply(call, 200, "");
    };
    rig.start();
    auto head = rig.get();
    SECTION("with time left")
    {
        head.deadline = clock::now() + 60s;
        head.headers.set("x-layerline-timeout-ms", "999999999"); // a caller's own claim does not count
        REQUIRE(rig.run(rig.fetch(head)));
        REQUIRE(seen);
        CHECK(*seen <= *head.deadline + 50ms);
        CHECK(*seen > *head.deadline - 10s);
        CHECK_FALSE(field_passed_on);
    }
    SECTION("with none given")
    {
        REQUIRE(rig.run(rig.fetch(head)));
        CHECK_FALSE(seen);
    }
    SECTION("that passes while waiting")
    {
        head.target = "/never";
        head.deadline = clock::now() + 50ms;
        const auto answer = rig.run(rig.fetch(head));
        REQUIRE_FALSE(answer);
        CHECK(answer.error() == errc::timed_out);
        rig.until([&] { return rig.service.served == 1 && rig.service.running == 0; });
        CHECK(rig.service.cancelled == 1);
    }
    SECTION("that has passed already")
    {
        head.deadline = clock::now() - 1ms;
        const auto answer = rig.run(rig.fetch(head));
        REQUIRE_FALSE(answer);
        CHECK(answer.error() == errc::timed_out);
        CHECK(rig.service.served == 0);
    }
}

TEST_CASE("a wait for the answer ends at its own time, which the far end is not told", "[tunnel]")
{
    std::optional<clock::time_point> seen;
    wakeup never;
    tunnel_rig rig;
    rig.service.serve_one = [&](exchange& call) -> task<void> {
        seen = call.request().deadline;
        co_await never.wait();
    };
    rig.start();
    auto head = rig.get();
    head.answer_by = clock::now() + 50ms;
    const auto answer = rig.run(rig.fetch(head));
    REQUIRE_FALSE(answer);
    CHECK(answer.error() == errc::timed_out);
    CHECK_FALSE(seen);
    rig.until([&] { return rig.service.running == 0; });
    CHECK(rig.service.cancelled == 1);
}

TEST_CASE("a request that is called off ends with the reason given, and its handler with it", "[tunnel]")
{
    wakeup never;
    tunnel_rig rig;
    rig.service.serve_one = [&](exchange&) -> task<void> { co_await never.wait(); };
    rig.start();
    auto head = rig.get();
    head.off = std::make_shared<call_off>();
    const auto off = head.off;
    std::optional<error_code> ended;
    auto request = [&]() -> task<void> {
        const auto answer = co_await rig.client->send(head, nullptr);
        ended = answer.error();
    };
    net::co_spawn(rig.context, request(), net::detached);
    rig.until([&] { return rig.service.running == 1; });
    off->now(errc::shutting_down);
    rig.until([&] { return ended && rig.service.running == 0; });
    CHECK(*ended == errc::shutting_down);
    CHECK(rig.service.cancelled == 1);
    CHECK(rig.client->open_streams() == 0);
    off->now(errc::closed); // the second time means nothing
}

TEST_CASE("what the far end would refuse fails at once with its reason", "[tunnel]")
{
    tunnel_limits few;
    few.max_streams = 2;
    wakeup never;
    tunnel_rig rig(few);
    rig.service.serve_one = [&](exchange& call) -> task<void> {
        if (call.request().target == "/held") co_await never.wait();
        co_await reply(call, 200, "");
    };
    rig.start();
    const auto why = [&](request_head head) {
        const auto answer = rig.run(rig.fetch(std::move(head)));
        return answer ? error_code() : answer.error();
    };
    CHECK(why(rig.get("/", {{"x", std::string(70'000, 'x')}})) == errc::too_large);
    CHECK(why(rig.get("/", {{"x y", "1"}})) == errc::malformed);
    CHECK(why(rig.get("/", {{"x", "1\n2"}})) == errc::malformed);
    CHECK(why(rig.get("no-slash")) == errc::malformed);
    // A target over the limit of an exchange is the agent's to answer.
    const auto far = rig.run(rig.fetch(rig.get("/" + std::string(9000, 'x'))));
    REQUIRE(far);
    CHECK(far->status == 414);
    for (int i = 0; i < 2; ++i)
        net::co_spawn(rig.context, rig.client->send(rig.get("/held"), nullptr), [](auto, auto) {});
    rig.until([&] { return rig.service.running == 2; });
    CHECK(why(rig.get()) == errc::too_many_streams);
}

TEST_CASE("urgent exchanges overtake bulk ones on a slow link", "[tunnel]")
{
    std::vector<std::uint64_t> got(8, 0);
    tunnel_limits small;
    small.message_bytes = std::size_t{64} * 1024;
    tunnel_rig rig(small);
    rig.service.serve_one = [](exchange& call) -> task<void> {
        if (call.request().target == "/bulk") co_return co_await send_many(call, 100'000'000);
        co_await reply(call, 200, std::string(100'000, 'u'));
    };
    rig.start();
    // The link takes one small message at a time: what is not sent yet can still be overtaken.
    rig.link.right_to_left->capacity = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        auto answer =
            rig.run(rig.client->send(rig.get("/bulk", {{"x-layerline-priority", "bulk"}}), nullptr));
        REQUIRE(answer);
        auto read = [](std::shared_ptr<body_source> body, std::uint64_t& count) -> task<void> {
            std::vector<char> buffer(64 * 1024);
            for (;;) {
                const auto some = co_await body->read_some(net::buffer(buffer));
                if (!some || *some == 0) co_return;
                count += *some;
            }
        };
        net::co_spawn(rig.context, read(answer->body, got[i]), net::detached);
    }
    rig.until([&] { return std::all_of(got.begin(), got.end(), [](auto n) { return n > 1'000'000; }); });
    const auto before = rig.link.right_to_left->bytes;
    const auto urgent = rig.run(rig.fetch(rig.get("/now", {{"x-layerline-priority", "urgent"}})));
    REQUIRE(urgent);
    CHECK(urgent->body.size() == 100'000);
    CHECK_FALSE(urgent->headers.find("x-layerline-priority"));
    // Its own bytes, and the few messages that were on their way or filled while it waited for its reader.
    CHECK(rig.link.right_to_left->bytes - before < 100'000 + 8 * small.message_bytes);
}
