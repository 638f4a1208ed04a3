// The receiving side of one HTTP/1.1 connection: bytes read ahead, heads awaited, bodies taken out of their
// framing. One reader at a time.
#pragma once

#include "transport/byte_stream.hpp"
#include "transport/chunk_decoder.hpp"
#include "transport/http_head.hpp"
#include "transport/input_buffer.hpp"

#include <functional>
#include <memory>

namespace layerline::transport {

class wire_reader : public std::enable_shared_from_this<wire_reader> {
public:
    wire_reader(std::shared_ptr<byte_stream> stream, std::size_t buffer_limit)
        : stream_(std::move(stream)), input_(buffer_limit), arrival_(stream_->executor()),
          body_left_alone_(stream_->executor())
    {
    }

    input_buffer& input() { return input_; }
    byte_stream& stream() { return *stream_; }
    std::shared_ptr<byte_stream> shared_stream() { return stream_; }

    // Waits for more bytes in input(), which must have room, and says how many came: 0 at the far end's
    // orderly end. At `by` errc::timed_out, the connection still open. A read once begun goes on when the
    // waiter is cancelled or too late, so that no byte is lost.
    task<result<std::size_t>> fill(clock::time_point by);

    // Reads ahead while nobody waits, to notice that the far end goes away: `gone` is told so, with no error
    // for an orderly end. Ends by itself when the buffer is full. Nothing happens if it runs already.
    void watch(std::function<void(error_code)> gone);
    void unwatch() { gone_ = nullptr; }

    // Starts a body. Its bytes come by read_body() until body_done().
    void begin_body(body_framing framing);
    // 0 at the end. `stall` bounds the wait for the next byte.
    task<result<std::size_t>> read_body(net::mutable_buffer into, clock::duration stall);
    bool body_done() const { return body_done_; }
    std::optional<std::uint64_t> body_left() const;
    // Whether somebody is inside of read_body().
    bool reading_body() const { return reading_body_; }
    // Waits until nobody is, at most until `by`.
    task<void> body_unread(clock::time_point by);

private:
    void start_read();
    bool take_buffered(net::mutable_buffer into, std::size_t& taken, bool& broken);
    task<result<std::size_t>> next_piece(net::mutable_buffer into, clock::duration stall);

    std::shared_ptr<byte_stream> stream_;
    input_buffer input_;
    net::steady_timer arrival_;         // used as an event: cancelled when the read under way has ended
    net::steady_timer body_left_alone_; // likewise, when read_body() has ended
    bool reading_ = false;
    bool ended_ = false; // orderly
    error_code broken_;
    std::function<void(error_code)> gone_;

    body_framing framing_;
    chunk_decoder chunks_;
    bool body_done_ = true;
    bool reading_body_ = false;
};

} // namespace layerline::transport
