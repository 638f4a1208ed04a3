// The names that every coroutine of ours uses: Asio as `net`, results as values, tasks.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <chrono>

namespace layerline::transport {

namespace net = boost::asio;
using boost::system::error_code;

// Network trouble is a value; an exception out of a task is a bug and ends only its session.
template <class T>
using result = boost::system::result<T>;

// A coroutine of ours. It runs wholly on one single-threaded io_context.
template <class T>
using task = net::awaitable<T>;

// Deadlines are points on the local monotonic clock; on the wire only what is left is told.
using clock = std::chrono::steady_clock;

} // namespace layerline::transport
