#include "odd_proxy.hpp"

#include "transport/http_client.hpp"
#include "transport/http_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <stdexcept>
#include <thread>

namespace layerline::tests {

namespace net = transport::net;
using transport::exchange;
using transport::task;

class odd_proxy::running final : public transport::service {
public:
    running(std::uint16_t target, odd_ways ways) : ways_(std::move(ways))
    {
        transport::client_options plain;
        onward_ = transport::make_http_client(context_, "http://127.0.0.1:" + std::to_string(target), plain);
        transport::listen_options options;
        options.limits.max_header_bytes = ways_.max_header_bytes;
        auto made = transport::listen_http(context_, options, *this);
        if (!made) throw std::runtime_error("the proxy cannot listen: " + made.error().message());
        server_ = std::move(*made);
        net::co_spawn(context_, server_->run(), net::detached);
        thread_ = std::thread([this] { context_.run(); });
    }
    ~running() override
    {
        net::post(context_, [this] { server_->stop(std::chrono::milliseconds(0)); });
        thread_.join();
    }
    running(const running&) = delete;
    running& operator=(const running&) = delete;

    std::uint16_t port() const { return server_->port(); }

    task<void> serve(exchange& call) override
    {
        if (ways_.says) {
            if (auto own = ways_.says(call.request())) {
                transport::response_head head;
                head.status = own->status;
                head.headers = std::move(own->headers);
                (void)co_await transport::respond_with(call, std::move(head), std::move(own->body));
                co_return;
            }
        }
        auto head = call.request();
        transport::strip_hop_by_hop(head.headers);
        auto answer = co_await onward_->send(std::move(head), call.body());
        if (!answer) {
            transport::response_head gone;
            gone.status = 502;
            (void)co_await transport::respond_with(call, std::move(gone), "<h1>502 Bad Gateway</h1>");
            co_return;
        }
        const auto text = co_await transport::read_all(*answer->body, 1024UL * 1024);
        if (!text) co_return;
        transport::strip_hop_by_hop(answer->head.headers);
        answer->head.headers.erase("content-length");
        for (const auto& field : ways_.stamp)
            answer->head.headers.set(field.name, field.value);
        (void)co_await transport::respond_with(call, std::move(answer->head), *text);
    }

private:
    odd_ways ways_;
    net::io_context context_{1};
    std::shared_ptr<transport::requester> onward_;
    std::unique_ptr<transport::http_server> server_;
    std::thread thread_;
};

odd_proxy::odd_proxy(std::uint16_t target, odd_ways ways)
    : running_(std::make_unique<running>(target, std::move(ways)))
{
}
odd_proxy::~odd_proxy() = default;

std::string odd_proxy::url() const
{
    return "http://127.0.0.1:" + std::to_string(running_->port());
}

} // namespace layerline::tests
