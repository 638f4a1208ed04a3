// Addresses are tried one after another, each with its share of the time.
#include "transport/dial.hpp"

#include "transport/error.hpp"
#include "transport/resolve.hpp"
#include "transport/tls.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spdlog/spdlog.h>

#include <sys/un.h>

namespace layerline::transport {

using net::ip::tcp;
using net::local::stream_protocol;

namespace {

constexpr auto as_result = net::as_tuple(net::use_awaitable);

// Connects one socket; closing it at `by` is what ends a connect that takes too long.
template <class Protocol>
task<error_code> connect(typename Protocol::socket& socket, typename Protocol::endpoint to,
                         clock::time_point by)
{
    net::steady_timer limit(socket.get_executor(), by);
    const auto late = std::make_shared<bool>(false);
    auto live = std::make_shared<bool>(true); // its end tells a handler that comes too late itself
    limit.async_wait([late, &socket, live = std::weak_ptr<bool>(live)](const error_code& ec) {
        if (ec || live.expired()) return;
        *late = true;
        error_code ignored;
        socket.close(ignored);
    });
    const auto [ec] = co_await socket.async_connect(to, as_result);
    live.reset();
    if (*late) co_return make_error_code(errc::timed_out);
    co_return ec;
}

task<result<tcp::socket>> connect_any(std::vector<tcp::endpoint> all, clock::time_point by)
{
    const auto executor = co_await net::this_coro::executor;
    error_code last = make_error_code(errc::unreachable);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto now = clock::now();
        if (now >= by) break;
        const auto share = (by - now) / static_cast<long>(all.size() - i);
        tcp::socket socket(executor);
        last = co_await connect<tcp>(socket, all[i], now + share);
        if (!last) co_return std::move(socket);
    }
    if (last == errc::timed_out) co_return last;
    spdlog::debug("no connection: {}", last.message());
    co_return error_code(errc::unreachable);
}

task<result<std::shared_ptr<byte_stream>>> dial_unix(std::string path, clock::time_point by)
{
    if (path.size() >= sizeof(sockaddr_un{}.sun_path)) co_return error_code(errc::unreachable);
    stream_protocol::socket socket(co_await net::this_coro::executor);
    const auto ec = co_await connect<stream_protocol>(socket, stream_protocol::endpoint(path), by);
    if (ec == errc::timed_out) co_return ec;
    if (ec) {
        spdlog::debug("{}: {}", path, ec.message());
        co_return error_code(errc::unreachable);
    }
    co_return make_stream(std::move(socket));
}

task<result<std::shared_ptr<byte_stream>>>
dial_tls(tcp::socket socket, std::string host, std::shared_ptr<net::ssl::context> tls, clock::time_point by)
{
    auto stream = make_stream(std::make_unique<tls_stream>(std::move(socket), *tls));
    if (!expect_host(stream->tls(), host)) co_return error_code(errc::certificate_refused);
    stream->read_by(by);
    const auto agreed = co_await stream->handshake(net::ssl::stream_base::client);
    stream->read_by(clock::time_point::max());
    if (agreed) co_return stream;
    if (stream->timed_out()) co_return error_code(errc::timed_out);
    const auto refused = refused_certificate(stream->tls());
    if (refused.empty()) {
        spdlog::debug("TLS with {}: {}", host, agreed.error().message());
        co_return error_code(errc::malformed);
    }
    spdlog::warn("the certificate of {} is refused: {}", host, refused);
    co_return error_code(errc::certificate_refused);
}

} // namespace

task<result<std::shared_ptr<byte_stream>>> dial(dial_address to, std::shared_ptr<net::ssl::context> tls,
                                                bool allow_insecure, clock::time_point by)
{
    if (!to.unix_path.empty()) co_return co_await dial_unix(to.unix_path.string(), by);
    const bool must_be_here = !to.tls && !allow_insecure;
    if (must_be_here && !is_this_host(to.host)) co_return error_code(errc::insecure_refused);
    auto all = co_await resolve(to.host, to.port, by);
    if (!all) co_return all.error();
    if (must_be_here) {
        std::erase_if(*all, [](const tcp::endpoint& e) { return !e.address().is_loopback(); });
        if (all->empty()) co_return error_code(errc::insecure_refused);
    }
    auto socket = co_await connect_any(std::move(*all), by);
    if (!socket) co_return socket.error();
    if (!to.tls) co_return make_stream(std::move(*socket));
    co_return co_await dial_tls(std::move(*socket), to.host, std::move(tls), by);
}

} // namespace layerline::transport
