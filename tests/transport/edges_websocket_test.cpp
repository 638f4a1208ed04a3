// WebSockets on both sides of a real connection: echo, limits, closes, and frames that are none.
#include "edges_fixture.hpp"

#include "transport/error.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

using namespace layerline::transport;
using namespace std::chrono_literals;

namespace {

const std::string ask = "GET /t HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        "X-Request-Id: ws-1\r\n\r\n";

// A frame as a client sends it, with a mask of zeros.
std::string frame(unsigned char first, std::string_view payload)
{
    std::string out(1, static_cast<char>(first));
    if (payload.size() < 126) {
        out.push_back(static_cast<char>(0x80 | payload.size()));
    } else {
        out.push_back(static_cast<char>(0x80 | 127));
        for (int shift = 56; shift >= 0; shift -= 8)
            out.push_back(static_cast<char>(static_cast<std::uint64_t>(payload.size()) >> shift));
    }
    return out + std::string(4, '\0') + std::string(payload);
}

struct socket_fixture : edge_fixture {
    socket_fixture()
    {
        service.answer = [this](exchange& call) -> task<void> {
            CHECK(call.wants_websocket());
            auto accepted = co_await call.accept_websocket();
            if (accepted) far = *accepted;
        };
        listen();
    }
    ~socket_fixture()
    {
        if (near) near->abort();
        if (far) far->abort();
    }
    void connect()
    {
        auto made = run(dial_websocket(url("ws") + "/t", {{"x-mine", "1"}}, {}));
        REQUIRE(made.has_value());
        near = *made;
        until([this] { return far != nullptr; });
    }
    std::shared_ptr<message_stream> near, far;
};

} // namespace

TEST_CASE_METHOD(socket_fixture, "messages pass both ways, the largest included")
{
    connect();
    CHECK(far->peer() == "127.0.0.1");
    CHECK_FALSE(near->channel_binding());
    for (const std::size_t size : {std::size_t(0), std::size_t(1), std::size_t(125), std::size_t(126),
                                   std::size_t(65536), std::size_t(300000)}) {
        const std::string text(size, 'm');
        CHECK(run(pass(near, far, text)).value() == text);
        CHECK(run(pass(far, near, text)).value() == text);
    }
}

TEST_CASE_METHOD(socket_fixture, "read_some gives the bytes of message after message")
{
    connect();
    CHECK(run(near->write_message(net::buffer("abc", 3))).has_value());
    CHECK(run(near->write_message(net::buffer("", 0))).has_value());
    CHECK(run(near->write_message(net::buffer("def", 3))).has_value());
    std::string all;
    while (all.size() < 6) {
        char part[2];
        all.append(part, run(far->read_some(net::buffer(part))).value());
    }
    CHECK(all == "abcdef");
}

TEST_CASE_METHOD(socket_fixture, "a message at the reader's limit is read, one byte more is too large")
{
    connect();
    CHECK(run(near->write_message(net::buffer("abcd", 4))).has_value());
    CHECK(run(far->read_message(4)).value() == "abcd");
    CHECK(run(near->write_message(net::buffer("abcde", 5))).has_value());
    std::optional<error_code> seen;
    const auto drain = [](std::shared_ptr<message_stream> from) -> task<result<std::string>> {
        co_return co_await from->read_message(100);
    };
    net::co_spawn(context, drain(near),
                  [&](const std::exception_ptr&, const result<std::string>& r) { seen = r.error(); });
    CHECK(run(far->read_message(4)).error() == errc::too_large);
    until([&] { return seen.has_value(); });
    CHECK(*seen == errc::closed);
}

TEST_CASE_METHOD(socket_fixture, "a message past 1 MiB is refused before it is read")
{
    raw_peer peer(*this);
    peer.send(ask);
    peer.read_until("\r\n\r\n");
    until([this] { return far != nullptr; });
    peer.send(frame(0x82, std::string(1024 * 1024 + 1, 'x')).substr(0, 1000));
    peer.send_no_more();
    CHECK(run(far->read_message(8 * 1024 * 1024)).error() == errc::too_large);
}

TEST_CASE_METHOD(socket_fixture, "a peer that breaks the rules and stays silent is left within seconds")
{
    raw_peer peer(*this);
    peer.send(ask);
    peer.read_until("\r\n\r\n");
    until([this] { return far != nullptr; });
    peer.send(frame(0x83, "reserved opcode"));
    const auto began = clock::now();
    CHECK(run(far->read_message(100)).has_error());
    CHECK(clock::now() - began < 10s);
}

TEST_CASE_METHOD(socket_fixture, "the answer to an upgrade carries the request's id")
{
    raw_peer peer(*this);
    peer.send(ask);
    const auto head = peer.read_until("\r\n\r\n");
    CHECK(head.starts_with("HTTP/1.1 101"));
    CHECK(head.find("x-request-id: ws-1\r\n") != std::string::npos);
    CHECK(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos);
    until([this] { return server->connections() == 0; }); // the stream lives on its own
    peer.send(frame(0x82, "hi"));
    CHECK(run(far->read_message(100)).value() == "hi");
}

TEST_CASE_METHOD(socket_fixture, "a WebSocket whose handler has ended still takes a place until it is gone")
{
    stop(0ms);
    ended = false;
    server.reset();
    listen([](listen_options& o) { o.limits.max_connections = 1; });
    connect();
    until([this] { return server->connections() == 0; });
    {
        raw_peer late(*this);
        late.send(ask);
        CHECK(late.read_until("\r\n\r\n").starts_with("HTTP/1.1 503"));
    }
    far->abort();
    far = nullptr;
    near->abort();
    raw_peer next(*this);
    next.send(ask);
    CHECK(next.read_until("\r\n\r\n").starts_with("HTTP/1.1 101"));
    until([this] { return far != nullptr; });
}

TEST_CASE_METHOD(socket_fixture, "a text message is refused with code 1003")
{
    raw_peer peer(*this);
    peer.send(ask);
    peer.read_until("\r\n\r\n");
    until([this] { return far != nullptr; });
    peer.send(frame(0x81, "text") + frame(0x88, ""));
    peer.send_no_more();
    CHECK(run(far->read_message(100)).error() == errc::malformed);
    const auto closing = peer.read_exactly(4);
    CHECK(closing[0] == '\x88');
    CHECK(static_cast<unsigned char>(closing[2]) * 256 + static_cast<unsigned char>(closing[3]) == 1003);
}

TEST_CASE_METHOD(socket_fixture, "frames that are none end the stream with an error")
{
    for (const std::string& bytes : {std::string("\xff\xff\xff", 3), frame(0x83, "reserved opcode"),
                                     std::string("\x82\x01x", 3), frame(0xc2, "reserved bit"),
                                     frame(0x80, "continues nothing"), frame(0x89, std::string(126, 'p'))}) {
        far = nullptr;
        raw_peer peer(*this);
        peer.send(ask);
        peer.read_until("\r\n\r\n");
        until([this] { return far != nullptr; });
        peer.send(bytes);
        peer.send_no_more();
        CHECK(run(far->read_message(100)).has_error());
        far->abort();
    }
    connect(); // and the service goes on
}

TEST_CASE_METHOD(socket_fixture, "a ping is answered while reading")
{
    raw_peer peer(*this);
    peer.send(ask);
    peer.read_until("\r\n\r\n");
    until([this] { return far != nullptr; });
    peer.send(frame(0x89, "are you there") + frame(0x82, "m"));
    CHECK(run(far->read_message(100)).value() == "m");
    CHECK(peer.read_exactly(15).substr(2) == "are you there");
}

TEST_CASE_METHOD(socket_fixture, "close tells its code and reason, and the far end reads errc::closed")
{
    raw_peer peer(*this);
    peer.send(ask);
    peer.read_until("\r\n\r\n");
    until([this] { return far != nullptr; });
    peer.send(frame(0x88, std::string("\x03\xe8", 2)));
    peer.send_no_more();
    run(far->close(4001, std::string(500, 'r')));
    const auto closing = peer.read_exactly(4 + 120);
    CHECK(static_cast<unsigned char>(closing[2]) * 256 + static_cast<unsigned char>(closing[3]) == 4001);

    far = nullptr;
    connect();
    std::optional<error_code> seen;
    const auto reading = [](std::shared_ptr<message_stream> from) -> task<result<std::string>> {
        co_return co_await from->read_message(100);
    };
    net::co_spawn(context, reading(far),
                  [&](const std::exception_ptr&, const result<std::string>& r) { seen = r.error(); });
    run(near->close(1000, "done"));
    until([&] { return seen.has_value(); });
    CHECK(*seen == errc::closed);
}

TEST_CASE_METHOD(socket_fixture, "close ends within its 2 seconds though the far end says nothing")
{
    raw_peer peer(*this);
    peer.send(ask);
    peer.read_until("\r\n\r\n");
    until([this] { return far != nullptr; });
    const auto began = clock::now();
    run(far->close(1000, ""));
    CHECK(clock::now() - began < 5s);
}

TEST_CASE_METHOD(socket_fixture, "abort ends a read under way")
{
    connect();
    std::optional<bool> failed;
    const auto reading = [](std::shared_ptr<message_stream> from) -> task<result<std::string>> {
        co_return co_await from->read_message(100);
    };
    net::co_spawn(context, reading(near),
                  [&](const std::exception_ptr&, const result<std::string>& r) { failed = r.has_error(); });
    context.restart();
    context.poll();
    near->abort();
    until([&] { return failed.has_value(); });
    CHECK(*failed);
}

TEST_CASE_METHOD(socket_fixture, "a server that does not upgrade is upgrade_refused, with its status")
{
    service.answer = [](exchange& call) -> task<void> {
        response_head head;
        head.status = 606;
        co_await respond_with(call, std::move(head), "{}");
    };
    unsigned status = 0;
    CHECK(run(dial_websocket(url("ws"), {}, {}, &status)).error() == errc::upgrade_refused);
    CHECK(status == 606);
}

TEST_CASE_METHOD(socket_fixture, "a server that never answers the upgrade is timed out")
{
    service.answer = [](exchange&) -> task<void> {
        net::steady_timer never(co_await net::this_coro::executor, clock::time_point::max());
        error_code ec;
        co_await never.async_wait(net::redirect_error(net::use_awaitable, ec));
    };
    client_options options;
    options.connect_timeout = 1s;
    CHECK(run(dial_websocket(url("ws"), {}, options)).error() == errc::timed_out);
}

TEST_CASE_METHOD(socket_fixture, "bytes behind an upgrade request, or a wrong version, get no WebSocket")
{
    raw_peer eager(*this);
    CHECK(eager.ask(ask + "early").starts_with("HTTP/1.1 500"));
    auto old = ask;
    old.replace(old.find("13\r\n"), 2, "12");
    raw_peer peer(*this);
    peer.send(old);
    CHECK(peer.read_until("\r\n\r\n").starts_with("HTTP/1.1 4"));
    CHECK(far == nullptr);
}
