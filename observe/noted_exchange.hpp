// An exchange that remembers how it was answered and what went by, for logs, figures and the audit.
#pragma once

#include "transport/exchange.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace layerline::observe {

class noted_exchange final : public transport::exchange {
public:
    explicit noted_exchange(transport::exchange& inner) : inner_(inner) {}

    // The HTTP status that was sent; 101 for a WebSocket; 0 before any answer.
    unsigned status() const { return status_; }
    // The Status of a JSON envelope, if the answer is one; else the HTTP status.
    unsigned envelope_status() const;
    // The beginning of a JSON answer, at most `kept_bytes`; empty when it is a plain success and nobody
    // asked.
    const std::string& beginning() const { return beginning_; }
    static constexpr std::size_t kept_bytes = 4096;
    // Keeps the beginning of a success too.
    void keep_beginning() { keep_ = true; }
    std::uint64_t bytes_in() const { return *bytes_in_; }
    std::uint64_t bytes_out() const { return bytes_out_; }
    transport::clock::duration age() const { return transport::clock::now() - since_; }

    const transport::request_head& request() const override { return inner_.request(); }
    std::shared_ptr<transport::body_source> body() override;
    transport::task<transport::result<void>> respond(transport::response_head head) override;
    transport::task<transport::result<void>> write(transport::net::const_buffer part) override;
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
    transport::clock::time_point since_ = transport::clock::now();
    std::shared_ptr<transport::body_source> body_;
    std::shared_ptr<std::uint64_t> bytes_in_ = std::make_shared<std::uint64_t>(0); // bodies may outlive this
    std::uint64_t bytes_out_ = 0;
    unsigned status_ = 0, told_ = 0;
    bool json_ = false, looked_ = false, keep_ = false;
    std::string beginning_;
};

} // namespace layerline::observe
