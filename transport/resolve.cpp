#include "transport/resolve.hpp"

#include "transport/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <memory>
#include <optional>
#include <utility>

namespace layerline::transport {

using net::ip::tcp;

namespace {

constexpr auto as_result = net::as_tuple(net::use_awaitable);

// One look-up, shared with its handler: the system's resolver cannot be interrupted, so that whoever gave up
// waiting leaves it behind.
struct look_up {
    explicit look_up(const net::io_executor& executor) : resolver(executor), done(executor) {}
    tcp::resolver resolver;
    net::steady_timer done; // used as an event
    std::optional<error_code> outcome;
    std::vector<tcp::endpoint> found;
};

} // namespace

task<result<std::vector<tcp::endpoint>>> resolve(std::string host, std::uint16_t port, clock::time_point by)
{
    error_code not_numeric;
    const auto address = net::ip::make_address(host, not_numeric);
    if (!not_numeric) co_return std::vector<tcp::endpoint>{{address, port}};

    const auto executor = co_await net::this_coro::executor;
    const auto lookup = std::make_shared<look_up>(executor);
    lookup->done.expires_at(by);
    lookup->resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service,
                                   [lookup](error_code ec, const tcp::resolver::results_type& all) {
                                       for (const auto& one : all)
                                           lookup->found.push_back(one.endpoint());
                                       lookup->outcome = ec;
                                       lookup->done.cancel();
                                   });
    co_await lookup->done.async_wait(as_result);
    if (!lookup->outcome) {
        lookup->resolver.cancel();
        co_return error_code(errc::timed_out);
    }
    if (*lookup->outcome || lookup->found.empty()) {
        spdlog::debug("{}: {}", host, lookup->outcome->message());
        co_return error_code(errc::unreachable);
    }
    co_return std::move(lookup->found);
}

} // namespace layerline::transport
