// The HTTP/1.1 client: bodies both ways, kept connections, deadlines, and servers that misbehave.
#include "edges_fixture.hpp"

#include "transport/error.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

using namespace layerline::transport;
using namespace std::chrono_literals;

namespace {

// Makes bytes out of nothing, of unknown or known length.
class endless_body final : public body_source {
public:
    explicit endless_body(std::uint64_t size, bool told = false) : left_(size), told_(told) {}
    task<result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, into.size()));
        std::fill_n(static_cast<char*>(into.data()), n, 'e');
        left_ -= n;
        co_return n;
    }
    std::optional<std::uint64_t> remaining() const override
    {
        return told_ ? std::optional<std::uint64_t>(left_) : std::nullopt;
    }

private:
    std::uint64_t left_;
    bool told_;
};

class broken_body final : public body_source {
public:
    task<result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        if (given_) co_return error_code(net::error::connection_reset);
        given_ = true;
        co_return net::buffer_copy(into, net::buffer("half", 4));
    }
    std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

private:
    bool given_ = false;
};

// A server of one script: for each connection the bytes it says when anything has come, then it closes.
class scripted_server {
public:
    scripted_server(net::io_context& context, std::vector<std::string> says)
        : acceptor_(context, {net::ip::address_v4::loopback(), 0}), says_(std::move(says))
    {
        net::co_spawn(context, run(), net::detached);
    }
    std::string url() const
    {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }
    int asked = 0;
    bool keep_open = false;

private:
    task<void> run()
    {
        for (const auto& text : says_) {
            auto socket = co_await acceptor_.async_accept(net::use_awaitable);
            std::array<char, 4096> part;
            error_code ec;
            co_await socket.async_read_some(net::buffer(part), net::redirect_error(net::use_awaitable, ec));
            ++asked;
            co_await net::async_write(socket, net::buffer(text), net::redirect_error(net::use_awaitable, ec));
            if (keep_open) kept_.push_back(std::move(socket));
        }
    }
    net::ip::tcp::acceptor acceptor_;
    std::vector<std::string> says_;
    std::vector<net::ip::tcp::socket> kept_;
};

task<void> echo(exchange& call)
{
    const auto body = call.body();
    co_await call.respond({});
    std::vector<char> part(32768);
    for (;;) {
        const auto n = co_await body->read_some(net::buffer(part));
        if (!n) co_return;
        if (*n == 0) break;
        if (!co_await call.write(net::buffer(part.data(), *n))) co_return;
    }
    co_await call.finish();
}

task<result<std::uint64_t>> count(std::shared_ptr<requester> by, request_head head,
                                  std::shared_ptr<body_source> body)
{
    auto answer = co_await by->send(std::move(head), std::move(body));
    if (!answer) co_return answer.error();
    std::vector<char> part(65536);
    std::uint64_t n = 0;
    for (;;) {
        const auto got = co_await answer->body->read_some(net::buffer(part));
        if (!got) co_return got.error();
        if (*got == 0) co_return n;
        n += *got;
    }
}

} // namespace

TEST_CASE_METHOD(edge_fixture, "a request and its answer pass with fields, path prefix and host")
{
    service.answer = [this](exchange& call) -> task<void> {
        const auto& head = call.request();
        CHECK(head.headers.find("x-mine") == "1");
        CHECK_FALSE(head.headers.find("keep-alive"));
        CHECK(head.headers.find("host") == "127.0.0.1:" + std::to_string(server->port()));
        co_await respond_with(call, {}, head.method + " " + head.target);
    };
    listen();
    auto head = get("/a?b");
    head.headers = {{"x-mine", "1"}, {"keep-alive", "5"}, {"connection", "keep-alive"}};
    const auto answer = run(fetch(client_at(url() + "/printers/abc/"), head, nullptr));
    REQUIRE(answer.has_value());
    CHECK(answer->second == "GET /printers/abc/a?b");
}

TEST_CASE_METHOD(edge_fixture, "bodies stream both ways at once, with a length and without")
{
    service.answer = echo;
    listen();
    const auto by = client();
    constexpr std::uint64_t size = 20 * 1024 * 1024;
    CHECK(run(count(by, post("/"), std::make_shared<endless_body>(size))).value() == size);
    CHECK(run(count(by, post("/"), std::make_shared<endless_body>(size, true))).value() == size);
    CHECK(run(count(by, post("/"), make_body(""))).value() == 0);
    CHECK(run(count(by, post("/"), nullptr)).value() == 0);
}

TEST_CASE_METHOD(edge_fixture, "a connection is kept for the next request")
{
    listen();
    const auto by = client();
    for (int i = 0; i < 3; ++i)
        CHECK(run(fetch(by, get("/"), nullptr)).has_value());
    CHECK(server->connections() == 1);
    CHECK(service.calls == 3);
}

TEST_CASE_METHOD(edge_fixture, "a kept connection that the server closed is not used again")
{
    listen([](listen_options& o) { o.limits.idle_timeout = 1s; });
    const auto by = client();
    CHECK(run(fetch(by, get("/"), nullptr)).has_value());
    until([this] { return server->connections() == 0; });
    CHECK(run(fetch(by, post("/"), make_body("x"))).has_value());
}

TEST_CASE_METHOD(edge_fixture, "an answer that is dropped early cancels its handler")
{
    bool handler_ended = false;
    service.answer = [&handler_ended](exchange& call) -> task<void> {
        co_await call.respond({});
        co_await call.write(net::buffer("first", 5));
        net::steady_timer never(co_await net::this_coro::executor, clock::time_point::max());
        error_code ec;
        co_await never.async_wait(net::redirect_error(net::use_awaitable, ec));
        handler_ended = true;
    };
    listen();
    const auto by = client();
    {
        const auto answer = run(by->send(get("/"), nullptr));
        REQUIRE(answer.has_value());
        CHECK(answer->head.status == 200);
    }
    until([&] { return handler_ended; });
}

TEST_CASE_METHOD(edge_fixture, "the deadline ends the wait and is told on as what is left")
{
    std::optional<clock::time_point> told;
    bool cancelled = false;
    service.answer = [&](exchange& call) -> task<void> {
        told = call.request().deadline;
        net::steady_timer never(co_await net::this_coro::executor, clock::time_point::max());
        error_code ec;
        co_await never.async_wait(net::redirect_error(net::use_awaitable, ec));
        cancelled = true;
    };
    listen();
    auto head = get("/");
    head.deadline = clock::now() + 200ms;
    CHECK(run(fetch(client(), head, nullptr)).error() == errc::timed_out);
    REQUIRE(told);
    CHECK(*told <= *head.deadline + 100ms);
    until([&] { return cancelled; });
}

TEST_CASE_METHOD(edge_fixture, "an answer that comes before the upload's end is returned")
{
    service.answer = [](exchange& call) -> task<void> {
        response_head head;
        head.status = 413;
        co_await respond_with(call, std::move(head), "too much");
    };
    listen();
    const auto answer =
        run(fetch(client(), post("/"), std::make_shared<endless_body>(500ull * 1024 * 1024, true)));
    REQUIRE(answer.has_value());
    CHECK(answer->first.status == 413);
    CHECK(answer->second == "too much");
}

TEST_CASE_METHOD(edge_fixture, "a request body that breaks off does not look whole to the server")
{
    error_code said;
    service.answer = [&said](exchange& call) -> task<void> {
        const auto text = co_await read_all(*call.body(), 1000);
        said = text.error();
    };
    listen();
    CHECK(run(fetch(client(), post("/"), std::make_shared<broken_body>())).error() ==
          net::error::connection_reset);
    until([&] { return bool(said); });
}

TEST_CASE_METHOD(edge_fixture, "interim answers are passed over, a second one of 101 is not taken")
{
    scripted_server server_(context, {"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
                                      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                                      "HTTP/1.1 101 Switching\r\n\r\n"});
    const auto by = client_at(server_.url());
    CHECK(run(fetch(by, get("/"), nullptr))->second == "ok");
    CHECK(run(fetch(by, get("/"), nullptr)).error() == errc::malformed);
}

TEST_CASE_METHOD(edge_fixture, "an answer cut short is an error, one ended by the connection is whole")
{
    scripted_server server_(
        context, {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "HTTP/1.1 200 OK\r\n\r\nwhole",
                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "nonsense\r\n\r\n",
                  "HTTP/1.1 200 OK\r\nX: " + std::string(70000, 'x'), ""});
    const auto by = client_at(server_.url());
    CHECK(run(fetch(by, get("/"), nullptr)).has_error());
    CHECK(run(fetch(by, get("/"), nullptr))->second == "whole");
    CHECK(run(fetch(by, get("/"), nullptr)).has_error());
    CHECK(run(fetch(by, get("/"), nullptr)).error() == errc::malformed);
    CHECK(run(fetch(by, get("/"), nullptr)).error() == errc::too_large);
    CHECK(run(fetch(by, get("/"), nullptr)).has_error());
}

TEST_CASE_METHOD(edge_fixture, "only what changes nothing is asked again on a connection that died")
{
    const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    scripted_server server_(context, {ok, ok});
    const auto by = client_at(server_.url());
    // The connection closes right behind the answer: whether the client sees that before the next request
    // or by it, the next one is answered.
    CHECK(run(fetch(by, get("/"), nullptr))->second == "ok");
    CHECK(run(fetch(by, get("/"), nullptr))->second == "ok");
    CHECK(server_.asked == 2);
}

TEST_CASE_METHOD(edge_fixture, "what cannot be reached or written is an error")
{
    listen();
    net::ip::tcp::acceptor closed(context, {net::ip::address_v4::loopback(), 0});
    const auto port = std::to_string(closed.local_endpoint().port());
    closed.close();
    CHECK(run(fetch(client_at("http://127.0.0.1:" + port), get("/"), nullptr)).error() == errc::unreachable);
    CHECK(run(fetch(client_at("unix:/nowhere/at.sock"), get("/"), nullptr)).error() == errc::unreachable);
    CHECK(run(fetch(client_at("nonsense"), get("/"), nullptr)).error() == errc::unreachable);
    CHECK(run(fetch(client(), get("no path"), nullptr)).error() == errc::malformed);
    auto odd = get("/");
    odd.headers.add("x", "a\r\nb: c");
    CHECK(run(fetch(client(), odd, nullptr)).error() == errc::malformed);
    CHECK(service.calls == 0);
}

TEST_CASE_METHOD(edge_fixture, "plain text leaves this host only with leave")
{
    for (const auto* away : {"http://192.0.2.1:9", "http://relay.example", "http://0.0.0.0:9"})
        CHECK(run(fetch(client_at(away), get("/"), nullptr)).error() == errc::insecure_refused);
    CHECK(run(dial_websocket("ws://192.0.2.1:9/", {}, {})).error() == errc::insecure_refused);
    listen();
    CHECK(run(fetch(client_at(url("http", "localhost")), get("/"), nullptr)).has_value());
    client_options with_leave;
    with_leave.allow_insecure = true;
    CHECK(run(fetch(client_at(url("http", "0.0.0.0"), with_leave), get("/"), nullptr)).has_value());
}
