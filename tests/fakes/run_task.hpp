// Runs one coroutine of a test to its end on the test's io_context, beside whatever else is spawned there.
#pragma once

#include "transport/net.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <variant>

namespace layerline::fakes {

// Returns what the coroutine returns and rethrows what it throws. Fails the test loudly when the coroutine
// has not ended within `guard`, or when nothing is left that could ever wake it. The context may be used for
// a next run() afterwards; other coroutines on it go on then.
template <class T>
T run(boost::asio::io_context& context, transport::task<T> what,
      std::chrono::seconds guard = std::chrono::seconds(30))
{
    namespace net = layerline::transport::net;
    using kept = std::conditional_t<std::is_void_v<T>, std::monostate, std::optional<T>>;
    struct outcome {
        kept value;
        std::exception_ptr thrown;
        bool done = false, late = false;
    };
    // Shared: after a failure the coroutine may still end, when the context is run again.
    const auto out = std::make_shared<outcome>();
    net::steady_timer alarm(context, guard);
    alarm.async_wait([out](const boost::system::error_code& ec) { out->late = !ec; });
    if constexpr (std::is_void_v<T>) {
        net::co_spawn(context, std::move(what), [out](std::exception_ptr thrown) {
            out->thrown = thrown;
            out->done = true;
        });
    } else {
        net::co_spawn(context, std::move(what), [out](std::exception_ptr thrown, T value) {
            out->thrown = thrown;
            if (!thrown) out->value.emplace(std::move(value));
            out->done = true;
        });
    }
    context.restart();
    while (!out->done && !out->late)
        if (context.run_one() == 0) break;
    if (!out->done) FAIL("the coroutine under test did not end within " << guard.count() << " s");
    if (out->thrown) std::rethrow_exception(out->thrown);
    if constexpr (!std::is_void_v<T>) return std::move(*out->value);
}

} // namespace layerline::fakes
