// A browser's WebSocket on its whole way: the relay's edge, the tunnel, the agent, a local UI. Real sockets
// at both ends of it, the tunnel in memory.
#include "tests/transport/tunnel_rig.hpp"
#include "transport/http_client.hpp"
#include "transport/http_server.hpp"

using namespace layerline::transport;
using namespace layerline::tests;
using namespace std::chrono_literals;

namespace {

using stream_ptr = std::shared_ptr<message_stream>;

// Hands a request for a WebSocket on to `next` and joins what comes of it, as relay and agent do.
class handing_on final : public service {
public:
    std::shared_ptr<requester> next;
    std::optional<error_code> ended;
    clock::duration stall = 60s;

    task<void> serve(exchange& call) override
    {
        auto head = call.request();
        auto answer = co_await next->open_websocket(std::move(head));
        if (!answer) co_return co_await reply(call, 502, answer.error().message());
        if (!answer->stream) {
            auto text = co_await read_all(*answer->body, 10'000);
            if (!text) co_return;
            co_await respond_with(call, answer->head, std::move(*text));
            co_return;
        }
        auto accepted = co_await call.accept_websocket(answer->head.headers);
        if (!accepted) co_return;
        ended = co_await join_websockets(*accepted, answer->stream, stall);
    }
};

struct chain : tunnel_rig {
    chain()
    {
        ui.serve_one = [this](exchange& call) -> task<void> {
            ui_saw = call.request();
            if (call.request().target == "/forbidden") {
                auto no = with(403, "x-why", "no");
                co_await respond_with(call, std::move(no), "not you");
                co_return;
            }
            fields headers{{"sec-websocket-protocol", "json"}, {"set-cookie", "ui=1"}};
            auto accepted = co_await call.accept_websocket(std::move(headers));
            if (accepted) far = *accepted;
        };
        listen(ui, ui_listener, ui_over);
        listen(relay, relay_listener, relay_over);
        agent.next = make_http_client(context, url("http", *ui_listener), {});
        relay.next = client;
        service.serve_one = [this](exchange& call) -> task<void> { co_await agent.serve(call); };
        start();
    }
    ~chain()
    {
        for (const auto& end : {near, far})
            if (end) end->abort();
        client->stop(errc::shutting_down);
        server->stop(errc::shutting_down);
        ui_listener->stop(0ms);
        relay_listener->stop(0ms);
        const auto deadline = clock::now() + 10s;
        while ((!ui_over || !relay_over) && clock::now() < deadline) {
            context.restart();
            context.run_one_for(100ms);
        }
    }
    void listen(layerline::transport::service& what, std::unique_ptr<http_server>& where, bool& over)
    {
        auto made = listen_http(context, listen_options(), what);
        REQUIRE(made);
        where = std::move(*made);
        net::co_spawn(context, where->run(), [&over](std::exception_ptr) { over = true; });
    }
    static std::string url(std::string scheme, const http_server& of)
    {
        return scheme + "://127.0.0.1:" + std::to_string(of.port());
    }
    task<result<websocket_answer>> browse(std::string target)
    {
        auto head = get(std::move(target));
        head.headers = {{"origin", "https://p.example"}, {"sec-websocket-protocol", "json, x"}};
        auto browser = make_http_client(context, url("http", *relay_listener), {});
        auto answer = co_await browser->open_websocket(std::move(head));
        co_return answer;
    }
    void connect()
    {
        auto answer = run(browse("/websocket?x=1"));
        REQUIRE(answer.has_value());
        REQUIRE(answer->stream);
        near = answer->stream;
        answered = answer->head;
        until([this] { return far != nullptr; });
    }

    scripted_service ui;
    handing_on agent, relay;
    std::unique_ptr<http_server> ui_listener, relay_listener;
    bool ui_over = false, relay_over = false;
    request_head ui_saw;
    response_head answered;
    stream_ptr near, far;
};

task<result<message_part>> read_one(stream_ptr from, std::shared_ptr<std::string> into)
{
    auto part = co_await from->read_part(net::buffer(*into));
    if (part) into->resize(part->bytes);
    co_return part;
}

task<result<void>> write_one(stream_ptr to, message_kind kind, std::string bytes, bool last = true)
{
    co_return co_await to->write_part(kind, net::buffer(bytes), last);
}

task<int> close_it(stream_ptr which, std::uint16_t code, std::string reason)
{
    co_await which->close(code, std::move(reason));
    co_return 0;
}

} // namespace

TEST_CASE("a browser's WebSocket reaches a local UI behind the tunnel", "[tunnel][chain]")
{
    chain way;
    way.connect();
    CHECK(way.ui_saw.target == "/websocket?x=1");
    CHECK(way.ui_saw.headers.find("origin") == "https://p.example");
    CHECK(way.ui_saw.headers.find("sec-websocket-protocol") == "json, x");
    CHECK(way.answered.status == 101);
    CHECK(way.answered.headers.find("sec-websocket-protocol") == "json");
    CHECK(way.answered.headers.find("set-cookie") == "ui=1");
    const auto pass = [&](const stream_ptr& from, const stream_ptr& to, message_kind kind, std::string text) {
        REQUIRE(way.run(write_one(from, kind, text)).has_value());
        auto buffer = std::make_shared<std::string>(1000, '\0');
        const auto part = way.run(read_one(to, buffer));
        REQUIRE(part.has_value());
        CHECK(part->kind == kind);
        CHECK(part->last);
        CHECK(*buffer == text);
    };
    pass(way.near, way.far, message_kind::text, "{\"jsonrpc\":\"2.0\"}");
    pass(way.far, way.near, message_kind::text, "{}");
    pass(way.near, way.far, message_kind::binary, std::string("\0\1\2", 3));
    pass(way.far, way.near, message_kind::text, "");
    SECTION("a message in parts stays one message")
    {
        REQUIRE(way.run(write_one(way.far, message_kind::text, "one ", false)).has_value());
        REQUIRE(way.run(write_one(way.far, message_kind::text, "two", true)).has_value());
        std::string all;
        for (bool last = false; !last;) {
            auto buffer = std::make_shared<std::string>(1000, '\0');
            const auto part = way.run(read_one(way.near, buffer));
            REQUIRE(part.has_value());
            all += *buffer;
            last = part->last;
        }
        CHECK(all == "one two");
    }
    SECTION("the browser's close reaches the UI with its code")
    {
        auto buffer = std::make_shared<std::string>(1000, '\0');
        std::optional<result<message_part>> got;
        net::co_spawn(way.context, read_one(way.far, buffer),
                      [&](std::exception_ptr, result<message_part> r) { got = r; });
        way.run(close_it(way.near, 4001, "bye"));
        way.until([&] { return got && way.agent.ended && way.relay.ended; });
        CHECK(got->error() == errc::closed);
        CHECK(way.far->far_close()->code == 4001);
        CHECK(way.far->far_close()->reason == "bye");
        CHECK(*way.agent.ended == errc::closed);
        CHECK(*way.relay.ended == errc::closed);
    }
    SECTION("a UI that breaks off closes the browser's WebSocket with 1011")
    {
        auto buffer = std::make_shared<std::string>(1000, '\0');
        std::optional<result<message_part>> got;
        net::co_spawn(way.context, read_one(way.near, buffer),
                      [&](std::exception_ptr, result<message_part> r) { got = r; });
        way.far->abort();
        way.until([&] { return got && way.agent.ended && way.relay.ended; });
        CHECK(got->error() == errc::closed);
        CHECK(way.near->far_close()->code == 1011);
    }
    SECTION("a cut tunnel ends both")
    {
        std::optional<result<message_part>> near_got, far_got;
        auto near_buffer = std::make_shared<std::string>(1000, '\0');
        auto far_buffer = std::make_shared<std::string>(1000, '\0');
        net::co_spawn(way.context, read_one(way.near, near_buffer),
                      [&](std::exception_ptr, result<message_part> r) { near_got = r; });
        net::co_spawn(way.context, read_one(way.far, far_buffer),
                      [&](std::exception_ptr, result<message_part> r) { far_got = r; });
        way.link.cut();
        way.until([&] { return near_got && far_got; });
        CHECK(near_got->has_error());
        CHECK(far_got->has_error());
        way.until_both_ended();
    }
    SECTION("neither side holds more than windows when the browser stops reading")
    {
        const auto sent =
            std::make_shared<std::size_t>(0); // the flood ends with the chain, after this section
        const auto flood = [](stream_ptr to, std::shared_ptr<std::size_t> count) -> task<void> {
            const std::string bytes(50'000, 'f');
            for (;;) {
                const auto written = co_await to->write_part(message_kind::binary, net::buffer(bytes), true);
                if (!written) co_return;
                *count += bytes.size();
            }
        };
        auto flooding = flood(way.far, sent);
        net::co_spawn(way.context, std::move(flooding), net::detached);
        std::size_t seen = 1;
        while (seen != *sent) {
            seen = *sent;
            way.context.restart();
            way.context.run_for(200ms);
        }
        // Two loopback sockets' buffers of the kernel (megabytes each) and one window.
        CHECK(*sent > 100'000);
        CHECK(*sent < 30'000'000);
        way.near->abort();
        way.until([&] { return way.agent.ended && way.relay.ended; });
    }
}

TEST_CASE("a local UI's refusal reaches the browser", "[tunnel][chain]")
{
    chain way;
    auto answer = way.run(way.browse("/forbidden"));
    REQUIRE(answer.has_value());
    CHECK_FALSE(answer->stream);
    CHECK(answer->head.status == 403);
    CHECK(answer->head.headers.find("x-why") == "no");
    CHECK(way.run(read_all(*answer->body, 100)).value() == "not you");
}

TEST_CASE("a browser that takes no bytes is left after the stall", "[tunnel][chain]")
{
    chain way;
    way.relay.stall = 300ms;
    way.connect();
    const auto flood = [](stream_ptr to) -> task<void> {
        const std::string bytes(50'000, 'f');
        for (;;) {
            const auto written = co_await to->write_part(message_kind::binary, net::buffer(bytes), true);
            if (!written) co_return;
        }
    };
    auto flooding = flood(way.far);
    net::co_spawn(way.context, std::move(flooding), net::detached);
    way.until([&] { return way.agent.ended && way.relay.ended; });
    CHECK(*way.relay.ended == errc::timed_out);
}
