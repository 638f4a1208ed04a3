#include "tests/fakes/fake_ui.hpp"

#include "transport/http_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace layerline::fakes {

namespace net = transport::net;
using transport::exchange;
using transport::task;

namespace {

constexpr std::size_t piece = 16UL * 1024;

task<void> answer(exchange& call, unsigned status, transport::fields headers, std::string body)
{
    transport::response_head head;
    head.status = status;
    head.headers = std::move(headers);
    (void)co_await transport::respond_with(call, std::move(head), std::move(body));
}

} // namespace

class fake_ui::running final : public transport::service {
public:
    explicit running(std::uint16_t port) : held_(context_, transport::clock::time_point::max())
    {
        transport::listen_options options;
        options.port = port;
        auto made = transport::listen_http(context_, options, *this);
        if (!made) throw std::runtime_error("the fake UI cannot listen: " + made.error().message());
        server_ = std::move(*made);
        port_ = server_->port();
        net::co_spawn(context_, server_->run(), net::detached);
        thread_ = std::thread([this] { context_.run(); });
    }
    ~running() override { die(); }
    running(const running&) = delete;
    running& operator=(const running&) = delete;

    void die()
    {
        if (!thread_.joinable()) return;
        net::post(context_, [this] {
            for (const auto& one : sockets_)
                one->abort();
            sockets_.clear();
            dying_ = true;
            held_.cancel();
            server_->stop(std::chrono::milliseconds(0));
        });
        thread_.join();
    }
    void next_event()
    {
        net::post(context_, [this] {
            go_on_ = true;
            held_.cancel();
        });
    }
    std::uint16_t port() const { return port_; }
    std::vector<heard> requests() const
    {
        const std::lock_guard lock(mutex_);
        return heard_;
    }

    task<void> serve(exchange& call) override
    {
        const auto& asked = call.request();
        {
            const std::lock_guard lock(mutex_);
            heard_.push_back({asked.method, asked.target, asked.headers});
        }
        const auto path = asked.target.substr(0, asked.target.find('?'));
        if (call.wants_websocket() && path == "/websocket") return echo(call);
        if (path == "/websocket") return answer(call, 403, {{"x-reason", "no upgrade"}}, "no WebSocket here");
        if (path == "/asset.js") return send_asset(call);
        if (path == "/upload") return take_upload(call);
        if (path == "/events") return send_events(call);
        if (path == "/endless") return send_endless(call);
        if (path == "/webcam") return send_pictures(call);
        if (path == "/old")
            return answer(call, 302, {{"location", "http://127.0.0.1:" + std::to_string(port_) + "/new"}},
                          "");
        if (path == "/login")
            return answer(call, 200,
                          {{"set-cookie", "session=s3cret; Domain=127.0.0.1; Path=/; HttpOnly"},
                           {"set-cookie", "layerline=stolen"}},
                          "welcome");
        if (path == "/private") {
            const bool known =
                asked.headers.find("cookie").value_or("").find("session=s3cret") != std::string::npos;
            return answer(call, known ? 200 : 401, {{"www-authenticate", "Basic realm=\"the UI's own\""}},
                          known ? "secret page" : "log in");
        }
        if (path == "/" || path == "/new")
            return answer(call, 200, {{"content-type", "text/html"}}, "<title>fake</title>");
        return answer(call, 404, {}, "no such page");
    }

private:
    task<void> send_asset(exchange& call)
    {
        const auto& asked = call.request().headers;
        transport::fields headers{{"etag", "\"v1\""}, {"accept-ranges", "bytes"}};
        if (asked.find("if-none-match") == std::optional<std::string_view>("\"v1\"")) {
            co_await answer(call, 304, std::move(headers), "");
            co_return;
        }
        if (asked.find("range") == std::optional<std::string_view>("bytes=100-199")) {
            headers.set("content-range", "bytes 100-199/" + std::to_string(asset().size()));
            co_await answer(call, 206, std::move(headers), asset().substr(100, 100));
            co_return;
        }
        co_await answer(call, 200, std::move(headers), asset());
    }

    task<void> take_upload(exchange& call)
    {
        std::uint64_t bytes = 0;
        std::uint64_t sum = 0;
        std::vector<unsigned char> part(piece);
        const auto body = call.body();
        for (;;) {
            const auto got = co_await body->read_some(net::buffer(part));
            if (!got) co_return;
            if (*got == 0) break;
            bytes += *got;
            for (std::size_t i = 0; i < *got; ++i)
                sum = sum * 31 + part[i];
        }
        co_await answer(call, 201, {}, std::to_string(bytes) + " " + std::to_string(sum));
    }

    task<void> send_events(exchange& call)
    {
        transport::response_head head;
        head.headers.set("content-type", "text/event-stream");
        if (!co_await call.respond(std::move(head))) co_return;
        static constexpr std::string_view first = "data: one\n\n";
        static constexpr std::string_view second = "data: two\n\n";
        if (!co_await call.write(net::buffer(first))) co_return;
        co_await hold([this] { return go_on_; });
        if (!go_on_) co_return; // it dies: what was begun breaks off
        if (!co_await call.write(net::buffer(second))) co_return;
        (void)co_await call.finish();
    }

    // Tells a length, sends a part of it, and then nothing more.
    task<void> send_endless(exchange& call)
    {
        transport::response_head head;
        head.headers.set("content-length", "100000000");
        if (!co_await call.respond(std::move(head))) co_return;
        const std::string part(piece, 'e');
        if (!co_await call.write(net::buffer(part))) co_return;
        co_await hold([] { return false; });
    }

    // A camera as mjpg-streamer is one: a picture each time its clock says so, whoever has not taken the
    // last.
    task<void> send_pictures(exchange& call)
    {
        transport::response_head head;
        head.headers.set("content-type", "multipart/x-mixed-replace;boundary=boundarydonotcross");
        if (!co_await call.respond(std::move(head))) co_return;
        if (call.request().method == "HEAD") {
            (void)co_await call.finish();
            co_return;
        }
        net::steady_timer clock(context_);
        auto next = transport::clock::now();
        for (int number = 1; !dying_; ++number) {
            const auto bytes = picture(number);
            const auto part = "--boundarydonotcross\r\nContent-Type: image/jpeg\r\nContent-Length: " +
                              std::to_string(bytes.size()) + "\r\nX-Number: " + std::to_string(number) +
                              "\r\n\r\n" + bytes + "\r\n";
            if (!co_await call.write(net::buffer(part))) co_return;
            next += picture_every;
            clock.expires_at(next);
            co_await clock.async_wait(net::as_tuple(net::use_awaitable));
            const auto state = co_await net::this_coro::cancellation_state;
            if (state.cancelled() != net::cancellation_type::none) co_return;
        }
    }

    task<void> echo(exchange& call)
    {
        transport::fields headers;
        if (call.request().headers.find("sec-websocket-protocol"))
            headers.set("sec-websocket-protocol", "echo");
        auto accepted = co_await call.accept_websocket(std::move(headers));
        if (!accepted) co_return;
        const auto stream = *accepted;
        sockets_.push_back(stream);
        std::vector<unsigned char> part(piece);
        for (;;) {
            const auto got = co_await stream->read_part(net::buffer(part));
            if (!got) break;
            const auto sent =
                co_await stream->write_part(got->kind, net::buffer(part.data(), got->bytes), got->last);
            if (!sent) break;
        }
        std::erase(sockets_, stream);
    }

    template <class Condition>
    task<void> hold(Condition so)
    {
        while (!so()) {
            co_await held_.async_wait(net::as_tuple(net::use_awaitable));
            const auto state = co_await net::this_coro::cancellation_state;
            if (state.cancelled() != net::cancellation_type::none || dying_) co_return;
        }
    }

    net::io_context context_{1};
    net::steady_timer held_;
    std::unique_ptr<transport::http_server> server_;
    std::uint16_t port_ = 0;
    bool go_on_ = false, dying_ = false;
    std::vector<std::shared_ptr<transport::message_stream>> sockets_;
    mutable std::mutex mutex_;
    std::vector<heard> heard_;
    std::thread thread_;
};

fake_ui::fake_ui(std::uint16_t port) : running_(std::make_unique<running>(port)) {}
fake_ui::~fake_ui() = default;

std::uint16_t fake_ui::port() const
{
    return running_->port();
}

std::vector<fake_ui::heard> fake_ui::requests() const
{
    return running_->requests();
}

void fake_ui::next_event()
{
    running_->next_event();
}

void fake_ui::die()
{
    running_->die();
}

std::string fake_ui::picture(int number)
{
    const auto made = transport::clock::now().time_since_epoch();
    std::string bytes = std::to_string(number) + " " +
                        std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(made).count()) +
                        " ";
    bytes.resize(picture_bytes - 1, static_cast<char>('a' + number % 26));
    return bytes + ".";
}

std::optional<fake_ui::picture_facts> fake_ui::facts_of(const std::string& bytes)
{
    picture_facts facts;
    long long made = 0;
    int used = 0;
    if (bytes.size() != picture_bytes || !bytes.ends_with('.') ||
        std::sscanf(bytes.c_str(), "%d %lld %n", &facts.number, &made, &used) != 2)
        return std::nullopt;
    const auto fill =
        bytes.find_first_not_of(static_cast<char>('a' + facts.number % 26), static_cast<std::size_t>(used));
    if (fill != picture_bytes - 1) return std::nullopt;
    facts.made = transport::clock::time_point(std::chrono::milliseconds(made));
    return facts;
}

const std::string& fake_ui::asset()
{
    static const std::string text = [] {
        std::string all;
        for (int i = 0; all.size() < 300'000; ++i)
            all += std::to_string(i) + ";";
        all.resize(300'000);
        return all;
    }();
    return text;
}

} // namespace layerline::fakes
