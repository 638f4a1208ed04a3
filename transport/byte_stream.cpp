// The three kinds of sockets, and the watchdog that they share.
#include "transport/byte_stream.hpp"

#include "transport/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace layerline::transport {

namespace {

constexpr auto as_result = net::as_tuple(net::use_awaitable);

// More than this is written in turns with what else goes on.
constexpr std::size_t most_at_once = 16UL * 1024;

template <class Next>
class socket_stream final : public byte_stream {
public:
    explicit socket_stream(Next next) : byte_stream(next.get_executor()), next_(std::move(next))
    {
        // Asio would do so with the first read; by ourselves it concerns write_now(), too.
        error_code ignored;
        next_.lowest_layer().non_blocking(true, ignored);
    }
    socket_stream(const socket_stream&) = delete;
    socket_stream& operator=(const socket_stream&) = delete;
    ~socket_stream() override = default;

    task<result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        const auto self = shared_from_this();
        const auto [ec, n] = co_await next_.async_read_some(into, as_result);
        if (ended(ec)) co_return std::size_t{0};
        if (ec) co_return explained(ec);
        co_return n;
    }

    void start_read(net::mutable_buffer into, std::function<void(error_code, std::size_t)> done) override
    {
        next_.async_read_some(
            into, [self = shared_from_this(), this, done = std::move(done)](error_code ec, std::size_t n) {
                if (ended(ec))
                    done({}, 0);
                else
                    done(ec ? explained(ec) : ec, n);
            });
    }

    task<result<void>> write(std::array<net::const_buffer, 3> parts) override
    {
        const auto self = shared_from_this();
        // Also when the caller is cancelled in the midst of it.
        struct rest {
            socket_stream* of;
            ~rest() { of->write_rests(); }
        } const at_the_end{this};
        while (net::buffer_size(parts) > 0) {
            write_waits();
            const auto [ec, n] = co_await next_.async_write_some(parts, as_result);
            if (ec) co_return explained(ec);
            take_out(parts, n);
        }
        co_return result<void>{};
    }

    bool write_now(std::array<net::const_buffer, 3>& parts) override
    {
        if constexpr (!std::is_same_v<Next, tls_stream>) {
            if (net::buffer_size(parts) > most_at_once) return false;
            error_code ec;
            take_out(parts, next_.write_some(parts, ec));
            return !ec && net::buffer_size(parts) == 0;
        }
        return false;
    }

    void shutdown_send() override
    {
        error_code ignored;
        next_.lowest_layer().shutdown(net::socket_base::shutdown_send, ignored);
    }

    void close(bool reset) override
    {
        error_code ignored;
        auto& socket = next_.lowest_layer();
        if (reset && socket.is_open()) socket.set_option(net::socket_base::linger(true, 0), ignored);
        socket.close(ignored);
        read_by(clock::time_point::max());
    }

    bool is_open() const override { return next_.lowest_layer().is_open(); }

    void keep_little_unsent() override
    {
        const int bytes = 16 * 1024;
        ::setsockopt(next_.lowest_layer().native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes,
                     sizeof bytes);
    }

    bool stale() override
    {
        if (!is_open()) return true;
        char byte = 0;
        const auto n =
            ::recv(next_.lowest_layer().native_handle(), &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
        return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }

    task<result<void>> handshake(net::ssl::stream_base::handshake_type side) override
    {
        if constexpr (std::is_same_v<Next, tls_stream>) {
            const auto self = shared_from_this();
            const auto [ec] = co_await next_.async_handshake(side, as_result);
            if (ec) co_return explained(ec);
        }
        co_return result<void>{};
    }
    SSL* tls() override
    {
        if constexpr (std::is_same_v<Next, tls_stream>) return next_.native_handle();
        return nullptr;
    }

    std::optional<net::ip::tcp::socket> release_tcp() override
    {
        if constexpr (std::is_same_v<Next, net::ip::tcp::socket>) return std::move(next_);
        return std::nullopt;
    }
    std::unique_ptr<tls_stream> release_tls() override
    {
        if constexpr (std::is_same_v<Next, tls_stream>) return std::make_unique<tls_stream>(std::move(next_));
        return nullptr;
    }
    bool can_be_released() const override
    {
        return !std::is_same_v<Next, net::local::stream_protocol::socket>;
    }

private:
    static void take_out(std::array<net::const_buffer, 3>& parts, std::size_t sent)
    {
        for (auto& part : parts) {
            const auto taken = std::min(sent, part.size());
            part += taken;
            sent -= taken;
        }
    }
    static bool ended(const error_code& ec) { return ec == net::error::eof; }

    Next next_;
};

} // namespace

void byte_stream::read_by(clock::time_point when)
{
    read_by_ = when;
    arm();
}

void byte_stream::write_limits(clock::duration stall, clock::time_point by)
{
    write_stall_ = stall;
    write_end_ = by;
}

void byte_stream::write_waits()
{
    write_by_ = std::min(clock::now() + write_stall_, write_end_);
    arm();
}

void byte_stream::write_rests()
{
    write_by_ = clock::time_point::max();
}

// The timer is moved only when it would come too late: mostly it just finds, when it fires, that the limits
// have moved on, and sleeps again.
void byte_stream::arm()
{
    const auto next = std::min(read_by_, write_by_);
    if (next >= armed_for_) return;
    armed_for_ = next;
    watchdog_.expires_at(next);
    watchdog_.async_wait([weak = weak_from_this()](const error_code& ec) {
        const auto self = weak.lock();
        if (self && !ec) self->look();
    });
}

void byte_stream::look()
{
    armed_for_ = clock::time_point::max();
    if (std::min(read_by_, write_by_) > clock::now()) return arm();
    timed_out_ = true;
    read_by_ = write_by_ = clock::time_point::max();
    close(false);
}

error_code byte_stream::explained(error_code ec) const
{
    if (timed_out_) return make_error_code(errc::timed_out);
    // A TLS peer that left without saying so: what came may have been cut short by anybody.
    if (ec == net::ssl::error::stream_truncated) return net::error::connection_reset;
    return ec;
}

std::shared_ptr<byte_stream> make_stream(net::ip::tcp::socket socket)
{
    tune(socket);
    return std::make_shared<socket_stream<net::ip::tcp::socket>>(std::move(socket));
}

std::shared_ptr<byte_stream> make_stream(net::local::stream_protocol::socket socket)
{
    return std::make_shared<socket_stream<net::local::stream_protocol::socket>>(std::move(socket));
}

std::shared_ptr<byte_stream> make_stream(std::unique_ptr<tls_stream> socket)
{
    tune(socket->next_layer());
    return std::make_shared<socket_stream<tls_stream>>(std::move(*socket));
}

void tune(net::ip::tcp::socket& socket)
{
    error_code ignored;
    socket.set_option(net::ip::tcp::no_delay(true), ignored);
    socket.set_option(net::socket_base::keep_alive(true), ignored);
    const int idle = 30, every = 10, times = 3; // seconds, seconds, probes
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
}

} // namespace layerline::transport
