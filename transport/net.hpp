// The names that every coroutine of ours uses: Asio as `net`, results as values, tasks.
//
// `net` is Asio with its default executor changed: everything of ours runs on an io_context, and to know that
// at compile time saves an allocation and a type-erased call for each step of each coroutine. So sockets,
// timers and tokens are named by `net::`, never by `boost::asio::`.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <chrono>

namespace layerline::transport {

namespace net {

using namespace boost::asio; // NOLINT(google-build-using-namespace): what is not named below is Asio's own

using io_executor = boost::asio::io_context::executor_type;
template <class Executor = io_executor>
using use_awaitable_t = boost::asio::use_awaitable_t<Executor>;
inline constexpr use_awaitable_t<> use_awaitable;
using steady_timer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>, io_executor>;

namespace ip {
using namespace boost::asio::ip; // NOLINT(google-build-using-namespace)
struct tcp : boost::asio::ip::tcp {
    using socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, io_executor>;
    using acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, io_executor>;
    using resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, io_executor>;
};
} // namespace ip

namespace local {
using namespace boost::asio::local; // NOLINT(google-build-using-namespace)
struct stream_protocol : boost::asio::local::stream_protocol {
    using socket = boost::asio::basic_stream_socket<boost::asio::local::stream_protocol, io_executor>;
    using acceptor = boost::asio::basic_socket_acceptor<boost::asio::local::stream_protocol, io_executor>;
};
} // namespace local

// For an io_context that one thread runs, and that other threads do nothing with but post: Asio then locks no
// socket and no timer.
inline constexpr int one_thread = static_cast<int>(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO);

} // namespace net

using boost::system::error_code;

// Network trouble is a value; an exception out of a task is a bug and ends only its session.
template <class T>
using result = boost::system::result<T>;

// A coroutine of ours. It runs wholly on one single-threaded io_context.
template <class T>
using task = net::awaitable<T, net::io_executor>;

// Deadlines are points on the local monotonic clock; on the wire only what is left is told.
using clock = std::chrono::steady_clock;

} // namespace layerline::transport
