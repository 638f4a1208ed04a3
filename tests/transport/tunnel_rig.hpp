// Both ends of a tunnel over a link in memory, with a service that a test writes as lambdas.
#pragma once

#include "tests/fakes/message_pair.hpp"
#include "tests/fakes/run_task.hpp"
#include "transport/error.hpp"
#include "transport/tunnel/tunnel.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

namespace layerline::transport {

// Catch shows what a failed requirement held.
inline std::ostream& operator<<(std::ostream& out, const response& answer)
{
    return out << "answer " << answer.head.status;
}

} // namespace layerline::transport

namespace layerline::tests {

// Serves with whatever the test puts in; the lambdas outlive their coroutines.
class scripted_service final : public transport::service {
public:
    using handler = std::function<transport::task<void>(transport::exchange&)>;
    handler serve_one;
    int served = 0, running = 0, cancelled = 0;
    transport::wakeup changed;

    transport::task<void> serve(transport::exchange& call) override
    {
        struct count {
            explicit count(scripted_service& s) : service(s) { ++service.running; }
            ~count()
            {
                --service.running;
                if (!done) ++service.cancelled;
                service.changed.notify();
            }
            scripted_service& service;
            bool done = false;
        } here(*this);
        ++served;
        changed.notify();
        co_await serve_one(call);
        const auto state = co_await transport::net::this_coro::cancellation_state;
        here.done = state.cancelled() == transport::net::cancellation_type::none;
    }
};

// Heads, made outside of coroutines: g++ 12 cannot have an initializer list live across a co_await.
inline transport::response_head plain(unsigned status)
{
    transport::response_head head;
    head.status = status;
    return head;
}
inline transport::response_head with(unsigned status, std::string name, std::string value)
{
    auto head = plain(status);
    head.headers.add(std::move(name), std::move(value));
    return head;
}

// respond_with() for handlers that do not care whether it was sent.
inline transport::task<void> reply(transport::exchange& call, unsigned status, std::string body)
{
    co_await transport::respond_with(call, plain(status), std::move(body));
}

struct tunnel_rig {
    explicit tunnel_rig(transport::tunnel_limits both = {})
        : limits(both), client(transport::make_tunnel_client(link.left, limits)),
          server(transport::make_tunnel_server(link.right, service, limits))
    {
    }
    ~tunnel_rig()
    {
        // What a test left open ends here, so that nothing is torn down while it runs.
        if (client) client->stop(transport::errc::shutting_down);
        if (server) server->stop(transport::errc::shutting_down);
        link.cut();
        context.restart();
        context.run_for(std::chrono::seconds(5));
    }

    boost::asio::io_context context;
    fakes::message_pair link;
    scripted_service service;
    transport::tunnel_limits limits;
    std::shared_ptr<transport::tunnel_client> client;
    std::shared_ptr<transport::tunnel_server> server;
    std::optional<transport::error_code> client_ended, server_ended;
    transport::wakeup ended;

    void start_client()
    {
        auto done = [this](std::exception_ptr thrown, transport::error_code why) {
            if (thrown) std::rethrow_exception(thrown);
            client_ended = why;
            ended.notify();
        };
        boost::asio::co_spawn(context, client->run(), std::move(done));
    }
    void start_server()
    {
        auto done = [this](std::exception_ptr thrown, transport::error_code why) {
            if (thrown) std::rethrow_exception(thrown);
            server_ended = why;
            ended.notify();
        };
        boost::asio::co_spawn(context, server->run(), std::move(done));
    }
    void start()
    {
        start_client();
        start_server();
    }

    template <class T>
    T run(transport::task<T> what)
    {
        return fakes::run(context, std::move(what));
    }
    // Runs until `condition` holds; fails the test after 20 s.
    void until(std::function<bool()> condition)
    {
        const auto deadline = transport::clock::now() + std::chrono::seconds(20);
        context.restart();
        while (!condition()) {
            REQUIRE(transport::clock::now() < deadline);
            context.run_one_for(std::chrono::milliseconds(100));
            context.restart();
        }
    }
    void until_both_ended()
    {
        until([this] { return client_ended && server_ended; });
    }
    // Sends and reads the whole answer's body.
    struct whole {
        unsigned status;
        transport::fields headers;
        std::string body;
        friend std::ostream& operator<<(std::ostream& out, const whole& answer)
        {
            return out << "answer " << answer.status << " with " << answer.body.size() << " bytes";
        }
    };
    transport::task<transport::result<whole>> fetch(transport::request_head head,
                                                    std::shared_ptr<transport::body_source> body = nullptr)
    {
        auto answer = co_await client->send(std::move(head), std::move(body));
        if (!answer) co_return answer.error();
        auto text = co_await transport::read_all(*answer->body, 64 * 1024 * 1024);
        if (!text) co_return text.error();
        co_return whole{answer->head.status, answer->head.headers, std::move(*text)};
    }
    static transport::request_head get(std::string target = "/", transport::fields headers = {})
    {
        transport::request_head head;
        head.method = "GET";
        head.target = std::move(target);
        head.headers = std::move(headers);
        return head;
    }
    static transport::request_head post(std::string target = "/")
    {
        auto head = get(std::move(target));
        head.method = "POST";
        return head;
    }
};

} // namespace layerline::tests
