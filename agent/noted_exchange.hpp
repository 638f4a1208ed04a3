// An exchange that remembers how it was answered, for the log.
#pragma once

#include "transport/exchange.hpp"

#include <memory>
#include <utility>

namespace layerline::agent {

class noted_exchange final : public transport::exchange {
public:
    explicit noted_exchange(transport::exchange& inner) : inner_(inner) {}
    // The HTTP status that was sent; 101 for a WebSocket; 0 before any answer.
    unsigned status() const { return status_; }

    const transport::request_head& request() const override { return inner_.request(); }
    std::shared_ptr<transport::body_source> body() override { return inner_.body(); }
    transport::task<transport::result<void>> respond(transport::response_head head) override
    {
        status_ = head.status;
        return inner_.respond(std::move(head));
    }
    transport::task<transport::result<void>> write(transport::net::const_buffer part) override
    {
        return inner_.write(part);
    }
    bool wants_websocket() const override { return inner_.wants_websocket(); }
    transport::task<transport::result<std::shared_ptr<transport::message_stream>>>
    accept_websocket(transport::fields headers) override
    {
        status_ = 101;
        return inner_.accept_websocket(std::move(headers));
    }
    transport::task<transport::result<void>> finish() override { return inner_.finish(); }

private:
    transport::exchange& inner_;
    unsigned status_ = 0;
};

} // namespace layerline::agent
