// Two message streams back to back, in memory, on one io_context.
#pragma once

#include "transport/error.hpp"
#include "transport/message_stream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace layerline::access {

class paired_stream final : public transport::message_stream {
public:
    using exporter_value = std::optional<std::array<unsigned char, 32>>;

    paired_stream(transport::net::io_context& context, exporter_value value) : bell_(context), value_(value)
    {
        bell_.expires_at(std::chrono::steady_clock::time_point::max());
    }

    transport::task<transport::result<std::string>> read_message(std::size_t limit) override
    {
        while (inbox_.empty() && !closed_) {
            transport::error_code rung;
            co_await bell_.async_wait(transport::net::redirect_error(transport::net::use_awaitable, rung));
        }
        if (inbox_.empty()) co_return closed_;
        auto message = std::move(inbox_.front());
        inbox_.pop_front();
        if (message.size() > limit)
            co_return transport::error_code(transport::make_error_code(transport::errc::too_large));
        co_return message;
    }
    transport::task<transport::result<std::size_t>> read_some(transport::net::mutable_buffer) override
    {
        co_return transport::error_code(transport::make_error_code(transport::errc::closed));
    }
    transport::task<transport::result<void>> write_message(transport::net::const_buffer bytes) override
    {
        // Overlapping writes are what the contract forbids.
        overlapped_ = overlapped_ || writing_;
        writing_ = true;
        std::string message(static_cast<const char*>(bytes.data()), bytes.size());
        co_await transport::net::post(transport::net::use_awaitable);
        writing_ = false;
        auto far = far_.lock();
        if (closed_ || !far || far->closed_)
            co_return transport::error_code(transport::make_error_code(transport::errc::closed));
        if (!swallow_) far->take(std::move(message));
        co_return transport::result<void>();
    }
    // A handshake has whole messages only.
    transport::task<transport::result<transport::message_part>>
    read_part(transport::net::mutable_buffer) override
    {
        co_return transport::error_code(transport::make_error_code(transport::errc::closed));
    }
    transport::task<transport::result<void>> write_part(transport::message_kind, transport::net::const_buffer,
                                                        bool) override
    {
        co_return transport::error_code(transport::make_error_code(transport::errc::closed));
    }
    std::optional<transport::close_words> far_close() const override { return std::nullopt; }
    transport::task<void> close(std::uint16_t code, std::string reason) override
    {
        close_code = code;
        close_reason = std::move(reason);
        abort();
        co_return;
    }
    void abort() override
    {
        end();
        if (auto far = far_.lock()) far->end();
    }
    exporter_value channel_binding() override { return value_; }
    std::string peer() const override { return "192.0.2.1:5000"; }

    void take(std::string message)
    {
        inbox_.push_back(std::move(message));
        bell_.cancel();
    }
    // What is written from now on gets lost, as on a half-open connection.
    void swallow() { swallow_ = true; }
    bool overlapped() const { return overlapped_; }
    bool empty() const { return inbox_.empty(); }

    std::uint16_t close_code = 0;
    std::string close_reason;
    static void join(const std::shared_ptr<paired_stream>& a, const std::shared_ptr<paired_stream>& b)
    {
        a->far_ = b;
        b->far_ = a;
    }

private:
    void end()
    {
        closed_ = transport::make_error_code(transport::errc::closed);
        bell_.cancel();
    }
    transport::net::steady_timer bell_;
    exporter_value value_;
    std::weak_ptr<paired_stream> far_;
    std::deque<std::string> inbox_;
    transport::error_code closed_;
    bool writing_ = false, overlapped_ = false, swallow_ = false;
};

} // namespace layerline::access
