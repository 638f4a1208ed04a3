// A caller that goes away ends its handler; one that only stopped sending is still answered.
#include "edges_fixture.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

using namespace layerline::transport;
using namespace std::chrono_literals;

namespace {

const std::string plain_get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

// Waits to be cancelled.
struct patient {
    bool begun = false, cancelled = false;
    bool stream = false;
    task<void> serve(exchange& call)
    {
        net::steady_timer never(co_await net::this_coro::executor, clock::time_point::max());
        if (stream) {
            co_await call.respond({});
            co_await call.write(net::buffer("data", 4));
        }
        begun = true;
        error_code ec;
        co_await never.async_wait(net::redirect_error(net::use_awaitable, ec));
        cancelled = ec == net::error::operation_aborted;
    }
};

} // namespace

TEST_CASE_METHOD(edge_fixture, "a caller's reset cancels the handler at once")
{
    patient handler;
    service.answer = [&](exchange& call) { return handler.serve(call); };
    listen();
    raw_peer peer(*this);
    peer.send(plain_get);
    until([&] { return handler.begun; });
    peer.reset();
    until([&] { return handler.cancelled && server->connections() == 0; });
}

TEST_CASE_METHOD(edge_fixture, "a caller that leaves a stream ends it at once")
{
    patient handler{.stream = true};
    service.answer = [&](exchange& call) { return handler.serve(call); };
    listen();
    raw_peer peer(*this);
    peer.send(plain_get);
    peer.read_until("data");
    until([&] { return handler.begun; });
    const auto left = clock::now();
    peer.close();
    until([&] { return handler.cancelled; });
    CHECK(clock::now() - left < 1s);
}

TEST_CASE_METHOD(edge_fixture, "a caller that leaves before the answer has begun cancels the handler soon")
{
    patient handler;
    service.answer = [&](exchange& call) { return handler.serve(call); };
    listen();
    raw_peer peer(*this);
    peer.send(plain_get);
    until([&] { return handler.begun; });
    peer.close();
    until([&] { return handler.cancelled && server->connections() == 0; });
}

TEST_CASE_METHOD(edge_fixture, "a caller that leaves after its body was read cancels the handler too")
{
    patient handler;
    service.answer = [&](exchange& call) -> task<void> {
        co_await read_all(*call.body(), 100);
        co_await handler.serve(call);
    };
    listen();
    raw_peer peer(*this);
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nab");
    peer.send("c");
    until([&] { return handler.begun; });
    peer.reset();
    until([&] { return handler.cancelled && server->connections() == 0; });
}

TEST_CASE_METHOD(edge_fixture, "a caller that half-closes after its request is still answered")
{
    net::steady_timer go(context, clock::time_point::max());
    bool begun = false;
    service.answer = [&](exchange& call) -> task<void> {
        begun = true;
        error_code ignored;
        co_await go.async_wait(net::redirect_error(net::use_awaitable, ignored));
        co_await respond_with(call, {}, "still");
    };
    listen();
    raw_peer peer(*this);
    peer.send(plain_get);
    peer.send_no_more();
    until([&] { return begun; });
    context.restart();
    context.poll(); // the end of the caller's sending is seen
    go.cancel();
    CHECK(peer.read_to_end().ends_with("still"));
}

TEST_CASE_METHOD(edge_fixture, "a long answer with a length goes on after a half-close")
{
    service.answer = [&](exchange& call) -> task<void> {
        const std::string block(1024 * 1024, 'x');
        response_head head;
        head.headers.set("content-length", std::to_string(16 * block.size()));
        co_await call.respond(std::move(head));
        for (int i = 0; i < 16; ++i)
            if (!co_await call.write(net::buffer(block))) co_return;
        co_await call.finish();
    };
    listen();
    raw_peer peer(*this);
    peer.send(plain_get);
    peer.send_no_more();
    CHECK(peer.read_to_end().size() > 16u * 1024 * 1024);
}

TEST_CASE_METHOD(edge_fixture, "a pipelined request is not a caller that went away")
{
    net::steady_timer go(context, clock::time_point::max());
    int begun = 0;
    service.answer = [&](exchange& call) -> task<void> {
        ++begun;
        error_code ignored;
        co_await go.async_wait(net::redirect_error(net::use_awaitable, ignored));
        co_await respond_with(call, {}, "answer " + std::to_string(begun));
    };
    listen();
    raw_peer peer(*this);
    peer.send(plain_get);
    until([&] { return begun == 1; });
    peer.send(plain_get);
    context.restart();
    context.poll();
    CHECK(begun == 1);
    go.cancel();
    CHECK(peer.read_answer().ends_with("answer 1"));
    until([&] { return begun == 2; });
    go.cancel();
    CHECK(peer.read_answer().ends_with("answer 2"));
}

TEST_CASE_METHOD(edge_fixture, "an upload that breaks off is an error for its reader")
{
    error_code said;
    service.answer = [&](exchange& call) -> task<void> {
        const auto text = co_await read_all(*call.body(), 1000);
        said = text.error();
    };
    listen();
    raw_peer counted(*this);
    counted.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    counted.close();
    until([&] { return bool(said); });
    said = {};
    raw_peer chunked(*this);
    chunked.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n");
    chunked.close();
    until([&] { return bool(said); });
}
