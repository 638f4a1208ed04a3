// Two message streams joined in memory, with the troubles of a real link on request.
#pragma once

#include "transport/error.hpp"
#include "transport/message_stream.hpp"
#include "transport/tunnel/wakeup.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstring>
#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <utility>

namespace layerline::fakes {

// One direction of the link.
struct link_way {
    std::size_t chop = std::numeric_limits<std::size_t>::max(); // a read gives at most this
    std::size_t capacity = 256 * 1024;                          // a writer waits past it
    bool stalled = false; // nothing arrives until it is false again (then notify())
    bool silent = false;  // what is written vanishes without a word

    std::size_t messages = 0, bytes = 0, largest = 0; // of what was written
    std::deque<std::string> queue;
    std::size_t queued = 0;
    bool closed = false; // after the queue has run empty
    bool cut = false;    // at once
    std::uint16_t close_code = 0;
    std::string close_reason;
    transport::wakeup changed;

    void notify() { changed.notify(); }
    // What a stranger would send.
    void inject(std::string message)
    {
        queued += message.size();
        queue.push_back(std::move(message));
        notify();
    }
};

class memory_stream final : public transport::message_stream {
public:
    memory_stream(std::shared_ptr<link_way> in, std::shared_ptr<link_way> out)
        : in_(std::move(in)), out_(std::move(out))
    {
    }

    transport::task<transport::result<std::string>> read_message(std::size_t limit) override
    {
        const auto in = in_;
        const auto ready = co_await wait_for_bytes(in);
        if (!ready) co_return ready.error();
        if (in->queue.front().size() > limit)
            co_return transport::make_error_code(transport::errc::too_large);
        std::string message = std::move(in->queue.front());
        in->queue.pop_front();
        in->queued -= message.size();
        in->notify();
        co_return message;
    }

    transport::task<transport::result<std::size_t>> read_some(transport::net::mutable_buffer into) override
    {
        const auto in = in_;
        const auto ready = co_await wait_for_bytes(in);
        if (!ready) co_return ready.error();
        auto& front = in->queue.front();
        const auto size = std::min({into.size(), in->chop, front.size()});
        std::memcpy(into.data(), front.data(), size);
        front.erase(0, size);
        if (front.empty()) in->queue.pop_front();
        in->queued -= size;
        in->notify();
        co_return size;
    }

    transport::task<transport::result<void>> write_message(transport::net::const_buffer bytes) override
    {
        const auto out = out_;
        const auto error = transport::make_error_code(transport::errc::closed);
        std::string message(static_cast<const char*>(bytes.data()), bytes.size());
        if (out->closed || out->cut) co_return error;
        ++out->messages;
        out->bytes += message.size();
        out->largest = std::max(out->largest, message.size());
        if (out->silent) co_return transport::result<void>{};
        out->inject(std::move(message));
        while (out->queued > out->capacity && !out->cut) {
            const bool wanted = co_await out->changed.wait();
            if (!wanted) co_return transport::error_code(transport::net::error::operation_aborted);
        }
        if (out->cut) co_return error;
        co_return transport::result<void>{};
    }

    // The link carries binary messages; text is not what tunnels are made of.
    transport::task<transport::result<transport::message_part>>
    read_part(transport::net::mutable_buffer into) override
    {
        const auto in = in_;
        const auto before = in->queue.size();
        const auto got = co_await read_some(into);
        if (!got) co_return got.error();
        transport::message_part part;
        part.bytes = *got;
        part.last = in->queue.size() < before || before == 0;
        co_return part;
    }
    transport::task<transport::result<void>> write_part(transport::message_kind kind,
                                                        transport::net::const_buffer bytes, bool) override
    {
        if (kind == transport::message_kind::text)
            co_return transport::make_error_code(transport::errc::malformed);
        co_return co_await write_message(bytes);
    }
    std::optional<transport::close_words> far_close() const override
    {
        if (in_->close_code == 0) return std::nullopt;
        return transport::close_words{in_->close_code, in_->close_reason};
    }

    transport::task<void> close(std::uint16_t code, std::string reason) override
    {
        out_->close_code = code;
        out_->close_reason = std::move(reason);
        out_->closed = in_->closed = true;
        out_->notify();
        in_->notify();
        co_return;
    }

    // A silent way tells the peer nothing, as a dead link does; what was written before close() arrives.
    void abort() override
    {
        in_->cut = true;
        if (!out_->silent && !out_->closed) out_->cut = true;
        in_->notify();
        out_->notify();
    }

    std::optional<std::array<unsigned char, 32>> channel_binding() override { return std::nullopt; }
    std::string peer() const override { return "memory"; }

private:
    static transport::task<transport::result<void>> wait_for_bytes(std::shared_ptr<link_way> in)
    {
        for (;;) {
            if (in->cut) co_return transport::make_error_code(transport::errc::closed);
            if (!in->queue.empty() && !in->stalled) co_return transport::result<void>{};
            if (in->closed && in->queue.empty())
                co_return transport::make_error_code(transport::errc::closed);
            const bool wanted = co_await in->changed.wait();
            if (!wanted) co_return transport::error_code(transport::net::error::operation_aborted);
        }
    }

    std::shared_ptr<link_way> in_, out_;
};

// The two ends and, by direction, what lies between them.
struct message_pair {
    std::shared_ptr<link_way> left_to_right = std::make_shared<link_way>();
    std::shared_ptr<link_way> right_to_left = std::make_shared<link_way>();
    std::shared_ptr<memory_stream> left = std::make_shared<memory_stream>(right_to_left, left_to_right);
    std::shared_ptr<memory_stream> right = std::make_shared<memory_stream>(left_to_right, right_to_left);

    // The link breaks and both ends learn of it at once.
    void cut()
    {
        left_to_right->cut = right_to_left->cut = true;
        left_to_right->notify();
        right_to_left->notify();
    }
    // The link goes dead: nothing arrives any more and nobody is told.
    void go_silent() { left_to_right->silent = right_to_left->silent = true; }
};

} // namespace layerline::fakes
