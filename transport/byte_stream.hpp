// A connected socket behind one interface: TCP, TLS over TCP, or a unix socket. Reads and writes have their
// deadlines here; when one passes, the socket closes and what waits on it ends with errc::timed_out.
#pragma once

#include "transport/net.hpp"
#include "transport/tls_stream.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace layerline::transport {

class byte_stream : public std::enable_shared_from_this<byte_stream> {
public:
    explicit byte_stream(const net::io_executor& executor) : watchdog_(executor) {}
    byte_stream(const byte_stream&) = delete;
    byte_stream& operator=(const byte_stream&) = delete;
    virtual ~byte_stream() = default;

    // Some bytes; 0 at the far end's orderly end. One read at a time, of either kind.
    virtual task<result<std::size_t>> read_some(net::mutable_buffer into) = 0;
    // The same without a coroutine; the caller keeps `into` alive until `done` is called (never from inside).
    virtual void start_read(net::mutable_buffer into, std::function<void(error_code, std::size_t)> done) = 0;
    // All the bytes. One write at a time; after a failed one the connection is of no use.
    virtual task<result<void>> write(std::array<net::const_buffer, 3> parts) = 0;
    // Writes what goes without waiting, takes it out of `parts` and says whether that was all. Only small
    // parts and not over TLS: else nothing is written. An error is told by the write() of the rest. Not while
    // a write() is under way.
    virtual bool write_now(std::array<net::const_buffer, 3>&) { return false; }
    // Says that no more will be sent, so far as the protocol can.
    virtual void shutdown_send() = 0;
    // Ends the connection now: what waits on it ends with an error. `reset` drops unsent bytes and lets the
    // far end see a reset, where an orderly end would look like a complete answer.
    virtual void close(bool reset) = 0;
    virtual bool is_open() const = 0;
    // From now on the kernel keeps little that it has not sent yet: for what is old when it waits. TCP only.
    virtual void keep_little_unsent() {}
    // Whether an idle connection cannot be used again: ended, broken, or bytes came unasked.
    virtual bool stale() = 0;

    // TLS only: the handshake, bounded by read_by(), and what it agreed on.
    virtual task<result<void>> handshake(net::ssl::stream_base::handshake_type side) = 0;
    virtual SSL* tls() { return nullptr; }

    // Give the socket away, for a WebSocket. Nothing may be under way.
    virtual std::optional<net::ip::tcp::socket> release_tcp() { return std::nullopt; }
    virtual std::unique_ptr<tls_stream> release_tls() { return nullptr; }
    virtual bool can_be_released() const { return false; }

    net::io_executor executor() { return watchdog_.get_executor(); }

    // Something that lives for as long as the socket has an owner; it goes along with a socket given away.
    void keep(std::shared_ptr<void> something) { kept_ = std::move(something); }
    std::shared_ptr<void> release_kept() { return std::move(kept_); }

    // Reads must have ended by then. time_point::max() for no such limit.
    void read_by(clock::time_point when);
    // From now on no wait for room to write may be longer than `stall`, nor go past `by`.
    void write_limits(clock::duration stall, clock::time_point by);
    bool timed_out() const { return timed_out_; }

protected:
    // Around each wait of a write.
    void write_waits();
    void write_rests();
    // What an error means, given that the watchdog closes the socket under an operation.
    error_code explained(error_code ec) const;

private:
    void arm();
    void look();

    net::steady_timer watchdog_;
    clock::time_point read_by_ = clock::time_point::max();
    clock::time_point write_by_ = clock::time_point::max();
    clock::time_point write_end_ = clock::time_point::max();
    clock::time_point armed_for_ = clock::time_point::max();
    clock::duration write_stall_ = std::chrono::seconds(60);
    bool timed_out_ = false;
    std::shared_ptr<void> kept_;
};

// The socket's options are set here: no delay, kernel keep-alive.
std::shared_ptr<byte_stream> make_stream(net::ip::tcp::socket socket);
std::shared_ptr<byte_stream> make_stream(net::local::stream_protocol::socket socket);
// Before the handshake.
std::shared_ptr<byte_stream> make_stream(std::unique_ptr<tls_stream> socket);

// TCP_NODELAY and kernel keep-alive, so that a vanished host is noticed within about a minute.
void tune(net::ip::tcp::socket& socket);

} // namespace layerline::transport
