// WebSockets through the tunnel: opened by the relay's end, accepted by the agent's, over a link in memory.
#include "tests/transport/tunnel_rig.hpp"
#include "transport/message_stream.hpp"

#include <nghttp2/nghttp2.h>

using namespace layerline::transport;
using namespace layerline::tests;
using namespace std::chrono_literals;

namespace {

using stream_ptr = std::shared_ptr<message_stream>;

struct seen_message {
    message_kind kind = message_kind::binary;
    std::string bytes;
};

task<result<seen_message>> read_whole(stream_ptr from, std::size_t room = 5000)
{
    seen_message message;
    std::string buffer(room, '\0');
    for (;;) {
        const auto part = co_await from->read_part(net::buffer(buffer));
        if (!part) co_return part.error();
        message.kind = part->kind;
        message.bytes.append(buffer, 0, part->bytes);
        if (part->last) co_return message;
    }
}

task<result<void>> write_whole(stream_ptr to, message_kind kind, std::string bytes)
{
    co_return co_await to->write_part(kind, net::buffer(bytes), true);
}

task<result<seen_message>> send_over(stream_ptr from, stream_ptr to, message_kind kind, std::string bytes)
{
    // The reader runs beside the writer: a large message does not fit into the window.
    const auto executor = co_await net::this_coro::executor;
    auto writing = write_whole(from, kind, std::move(bytes));
    net::co_spawn(executor, std::move(writing), net::detached);
    co_return co_await read_whole(to);
}

request_head ask(std::string target = "/websocket")
{
    return tunnel_rig::get(std::move(target));
}

// The agent accepts everything and keeps its end.
struct upgrade_rig : tunnel_rig {
    explicit upgrade_rig(tunnel_limits limits = {}) : tunnel_rig(limits)
    {
        service.serve_one = [this](exchange& call) -> task<void> {
            heads.push_back(call.request());
            if (!call.wants_websocket()) co_return co_await reply(call, 200, "plain");
            auto accepted = co_await call.accept_websocket(std::move(answer_with));
            if (accepted) far = *accepted;
        };
        start();
    }
    void open()
    {
        auto answer = run(client->open_websocket(ask()));
        REQUIRE(answer.has_value());
        REQUIRE(answer->stream);
        near = answer->stream;
        until([this] { return far != nullptr; });
    }
    fields answer_with;
    std::vector<request_head> heads;
    stream_ptr near, far;
};

template <class T>
struct outcome_of {
    std::optional<T> value;
    static std::shared_ptr<outcome_of> start(net::io_context& context, task<T> what)
    {
        auto self = std::make_shared<outcome_of>();
        net::co_spawn(context, std::move(what), [self](std::exception_ptr thrown, T v) {
            if (thrown) std::rethrow_exception(thrown);
            self->value = std::move(v);
        });
        return self;
    }
};
using reading = outcome_of<result<seen_message>>;

task<result<void>> closed(stream_ptr which, std::uint16_t code, std::string reason)
{
    co_await which->close(code, std::move(reason));
    co_return result<void>{};
}
using closing = outcome_of<result<void>>;

} // namespace

TEST_CASE("messages of both kinds pass through the tunnel both ways", "[tunnel][upgrade]")
{
    upgrade_rig rig;
    rig.open();
    for (const auto size :
         {std::size_t{0}, std::size_t{1}, std::size_t{126}, std::size_t{70'000}, std::size_t{3'000'000}}) {
        for (const auto kind : {message_kind::text, message_kind::binary}) {
            std::string bytes(size, '\0');
            for (std::size_t i = 0; i < size; ++i)
                bytes[i] = static_cast<char>((i * 7919) >> 4);
            const auto down = rig.run(send_over(rig.far, rig.near, kind, bytes));
            REQUIRE(down.has_value());
            CHECK((down->bytes == bytes));
            CHECK(down->kind == kind);
            const auto up = rig.run(send_over(rig.near, rig.far, kind, bytes));
            REQUIRE(up.has_value());
            CHECK((up->bytes == bytes));
            CHECK(up->kind == kind);
        }
    }
    CHECK(rig.client->open_streams() == 1);
}

TEST_CASE("heads pass both ways without what belongs to one handshake", "[tunnel][upgrade]")
{
    upgrade_rig rig;
    rig.answer_with = {{"sec-websocket-protocol", "json"},
                       {"set-cookie", "a=1"},
                       {"set-cookie", "b=2"},
                       {"sec-websocket-accept", "secret"},
                       {"connection", "upgrade"}};
    auto head = ask("/websocket?token=x");
    head.headers = {{"host", "printer.example"},
                    {"connection", "Upgrade"},
                    {"upgrade", "websocket"},
                    {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="},
                    {"sec-websocket-version", "13"},
                    {"sec-websocket-extensions", "permessage-deflate"},
                    {"sec-websocket-protocol", "json, binary"},
                    {"origin", "https://printer.example"},
                    {"cookie", "session=1"}};
    head.deadline = clock::now() + 5s;
    auto answer = rig.run(rig.client->open_websocket(std::move(head)));
    REQUIRE(answer.has_value());
    REQUIRE(answer->stream);
    CHECK(answer->head.status == 101);
    CHECK(answer->head.headers.find("sec-websocket-protocol") == "json");
    CHECK_FALSE(answer->head.headers.find("sec-websocket-accept"));
    CHECK(answer->head.headers.erase("set-cookie") == 2);
    REQUIRE(rig.heads.size() == 1);
    const auto& seen = rig.heads.front();
    CHECK(seen.method == "GET");
    CHECK(seen.target == "/websocket?token=x");
    CHECK(seen.via == edge::tunnel);
    CHECK(seen.deadline);
    CHECK(seen.headers.find("host") == "printer.example");
    CHECK(seen.headers.find("sec-websocket-protocol") == "json, binary");
    CHECK(seen.headers.find("origin") == "https://printer.example");
    CHECK(seen.headers.find("cookie") == "session=1");
    for (const auto* name : {"connection", "upgrade", "sec-websocket-key", "sec-websocket-version",
                             "sec-websocket-extensions", "x-layerline-timeout-ms"})
        CHECK_FALSE(seen.headers.find(name));
}

TEST_CASE("a refusal reaches the caller with its head and its body", "[tunnel][upgrade]")
{
    upgrade_rig rig;
    rig.service.serve_one = [](exchange& call) -> task<void> {
        auto head = with(401, "www-authenticate", "Basic realm=\"ui\"");
        co_await respond_with(call, std::move(head), "who are you?");
    };
    auto answer = rig.run(rig.client->open_websocket(ask()));
    REQUIRE(answer.has_value());
    CHECK_FALSE(answer->stream);
    CHECK(answer->head.status == 401);
    CHECK(answer->head.headers.find("www-authenticate") == "Basic realm=\"ui\"");
    CHECK(rig.run(read_all(*answer->body, 100)).value() == "who are you?");
    rig.until([&] { return rig.client->open_streams() == 0 && rig.server->open_streams() == 0; });
}

TEST_CASE("a close passes with its code and reason, from either end, and leaves no stream",
          "[tunnel][upgrade]")
{
    upgrade_rig rig;
    rig.open();
    const bool from_relay = GENERATE(true, false);
    auto& closer = from_relay ? rig.near : rig.far;
    auto& other = from_relay ? rig.far : rig.near;
    const auto read = reading::start(rig.context, read_whole(other));
    const auto close = closing::start(rig.context, closed(closer, 4007, "printer is off"));
    rig.until([&] { return read->value && close->value; });
    CHECK(read->value->error() == errc::closed);
    REQUIRE(other->far_close());
    CHECK(other->far_close()->code == 4007);
    CHECK(other->far_close()->reason == "printer is off");
    REQUIRE(closer->far_close()); // the answer to it
    rig.until([&] { return rig.client->open_streams() == 0 && rig.server->open_streams() == 0; });
    CHECK(rig.run(write_whole(closer, message_kind::text, "late")).error() == errc::closed);
    CHECK(rig.run(write_whole(other, message_kind::text, "late")).error() == errc::closed);
    CHECK(rig.run(rig.fetch(tunnel_rig::get())).value().body == "plain");
}

TEST_CASE("a close reaches a reader beside it at the same end", "[tunnel][upgrade]")
{
    upgrade_rig rig;
    rig.open();
    const auto far_read = reading::start(rig.context, read_whole(rig.far));
    const auto near_read = reading::start(rig.context, read_whole(rig.near));
    const auto close = closing::start(rig.context, closed(rig.near, 1000, ""));
    rig.until([&] { return far_read->value && near_read->value && close->value; });
    CHECK(near_read->value->error() == errc::closed);
    CHECK(far_read->value->error() == errc::closed);
}

TEST_CASE("a WebSocket that is dropped or aborted ends the other end's read with an error",
          "[tunnel][upgrade]")
{
    upgrade_rig rig;
    rig.open();
    const bool by_relay = GENERATE(true, false), by_drop = GENERATE(true, false);
    auto& leaver = by_relay ? rig.near : rig.far;
    auto& other = by_relay ? rig.far : rig.near;
    const auto read = reading::start(rig.context, read_whole(other));
    if (by_drop)
        leaver.reset();
    else
        leaver->abort();
    rig.until([&] { return read->value.has_value(); });
    CHECK(read->value->error() == errc::cancelled_by_peer);
    CHECK_FALSE(other->far_close());
    rig.until([&] { return rig.client->open_streams() == 0 && rig.server->open_streams() == 0; });
    CHECK(rig.run(rig.fetch(tunnel_rig::get())).value().body == "plain");
}

TEST_CASE("a cut tunnel ends reads and writes of an open WebSocket at both ends", "[tunnel][upgrade]")
{
    upgrade_rig rig;
    rig.open();
    const auto near_read = reading::start(rig.context, read_whole(rig.near));
    const auto far_read = reading::start(rig.context, read_whole(rig.far));
    // Nobody reads this one: the writer waits for room.
    const auto write =
        closing::start(rig.context, write_whole(rig.near, message_kind::binary, std::string(5'000'000, 'x')));
    rig.until([&] { return rig.client->open_streams() == 1; });
    rig.link.cut();
    rig.until([&] { return near_read->value && write->value && far_read->value; });
    CHECK(near_read->value->has_error());
    CHECK(far_read->value->has_error());
    CHECK(write->value->has_error());
    rig.until_both_ended();
    CHECK(rig.run(rig.client->open_websocket(ask())).has_error());
}

TEST_CASE("a reader that stands still holds up the writer at the window", "[tunnel][upgrade]")
{
    upgrade_rig rig;
    rig.open();
    std::size_t taken = 0;
    std::optional<error_code> failed;
    const auto flood = [&](stream_ptr to) -> task<result<void>> {
        const std::string bytes(10'000, 'f');
        for (;;) {
            const auto written = co_await to->write_part(message_kind::binary, net::buffer(bytes), true);
            if (!written) co_return written.error();
            taken += bytes.size();
        }
    };
    const bool down = GENERATE(true, false);
    const auto writing = closing::start(rig.context, flood(down ? rig.far : rig.near));
    // Requests beside it go on, until the flood has come to rest.
    std::size_t before = 1;
    while (before != taken) {
        before = taken;
        for (int i = 0; i < 5; ++i)
            REQUIRE(rig.run(rig.fetch(tunnel_rig::get())).value().body == "plain");
    }
    CHECK(taken > 100'000);
    CHECK(taken < 1'000'000);
    CHECK_FALSE(writing->value);
    for (int i = 0; i < 100; ++i)
        REQUIRE(rig.run(read_whole(down ? rig.near : rig.far)).has_value());
    rig.until([&] { return taken > before; });
    rig.near->abort();
    rig.until([&] { return writing->value.has_value(); });
    CHECK(writing->value->has_error());
}

TEST_CASE("whoever reads binary messages closes on text and on too much", "[tunnel][upgrade]")
{
    upgrade_rig rig;
    rig.open();
    const auto read_message = [](stream_ptr from, std::size_t limit) -> task<result<seen_message>> {
        auto got = co_await from->read_message(limit);
        if (!got) co_return got.error();
        co_return seen_message{message_kind::binary, std::move(*got)};
    };
    const auto drain = reading::start(rig.context, read_whole(rig.near));
    SECTION("text")
    {
        REQUIRE(rig.run(write_whole(rig.near, message_kind::text, "hello")));
        CHECK(rig.run(read_message(rig.far, 100)).error() == errc::malformed);
        rig.until([&] { return drain->value.has_value(); });
        CHECK(rig.near->far_close()->code == 1003);
    }
    SECTION("one byte more than the limit")
    {
        REQUIRE(rig.run(write_whole(rig.near, message_kind::binary, std::string(100, 'x'))));
        CHECK(rig.run(read_message(rig.far, 100)).value().bytes == std::string(100, 'x'));
        REQUIRE(rig.run(write_whole(rig.near, message_kind::binary, std::string(101, 'x'))));
        CHECK(rig.run(read_message(rig.far, 100)).error() == errc::too_large);
        rig.until([&] { return drain->value.has_value(); });
        CHECK(rig.near->far_close()->code == 1009);
    }
}

TEST_CASE("a WebSocket is asked for only once the agent's SETTINGS are here", "[tunnel][upgrade]")
{
    tunnel_rig rig;
    stream_ptr held;
    rig.service.serve_one = [&](exchange& call) -> task<void> {
        auto accepted = co_await call.accept_websocket();
        if (accepted) held = *accepted;
    };
    rig.start_client();
    using opening = outcome_of<result<websocket_answer>>;
    SECTION("it waits for them")
    {
        const auto open = opening::start(rig.context, rig.client->open_websocket(ask()));
        rig.until([&] { return rig.link.left_to_right->messages > 0; });
        CHECK_FALSE(open->value);
        rig.start_server();
        rig.until([&] { return open->value.has_value(); });
        REQUIRE(open->value->has_value());
        CHECK(open->value->value().stream);
    }
    SECTION("not longer than the caller does")
    {
        auto head = ask();
        head.deadline = clock::now() + 20ms;
        CHECK(rig.run(rig.client->open_websocket(std::move(head))).error() == errc::timed_out);
    }
    SECTION("and not past the tunnel's end")
    {
        const auto open = opening::start(rig.context, rig.client->open_websocket(ask()));
        rig.until([&] { return rig.link.left_to_right->messages > 0; });
        rig.client->stop(errc::superseded);
        rig.until([&] { return open->value.has_value(); });
        CHECK(open->value->error() == errc::superseded);
    }
    SECTION("an agent that takes none is not asked")
    {
        nghttp2_session_callbacks* callbacks = nullptr;
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session* old_agent = nullptr;
        nghttp2_session_server_new(&old_agent, callbacks, nullptr);
        nghttp2_submit_settings(old_agent, NGHTTP2_FLAG_NONE, nullptr, 0);
        const std::uint8_t* bytes = nullptr;
        const auto size = nghttp2_session_mem_send(old_agent, &bytes);
        rig.link.right_to_left->inject(
            std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)));
        CHECK(rig.run(rig.client->open_websocket(ask())).error() == errc::upgrade_refused);
        nghttp2_session_del(old_agent);
        nghttp2_session_callbacks_del(callbacks);
    }
}
