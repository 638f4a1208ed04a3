// Asio's resolver, with a deadline: the system's cannot be interrupted, so a late answer is left behind.
#include "agent/ui_addresses.hpp"

#include "agent/ui_target.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <memory>

namespace layerline::agent {

namespace net = transport::net;
using net::ip::tcp;

namespace {

constexpr std::size_t most = 4; // addresses of one host

struct look_up {
    explicit look_up(const net::any_io_executor& executor) : resolver(executor), done(executor) {}
    tcp::resolver resolver;
    net::steady_timer done; // used as an event
    std::vector<net::ip::address> found;
    bool over = false;
};

} // namespace

transport::task<std::vector<std::string>> ui_addresses_of(std::string host, transport::clock::time_point by)
{
    std::vector<std::string> allowed;
    transport::error_code not_numeric;
    (void)net::ip::make_address(host, not_numeric);
    if (!not_numeric) {
        if (ui_address_allowed(host)) allowed.push_back(std::move(host));
        co_return allowed;
    }
    const auto executor = co_await net::this_coro::executor;
    const auto asked = std::make_shared<look_up>(executor);
    asked->done.expires_at(by);
    asked->resolver.async_resolve(host, "",
                                  [asked](transport::error_code, const tcp::resolver::results_type& all) {
                                      for (const auto& one : all)
                                          asked->found.push_back(one.endpoint().address());
                                      asked->over = true;
                                      asked->done.cancel();
                                  });
    co_await asked->done.async_wait(net::as_tuple(net::use_awaitable));
    if (!asked->over) asked->resolver.cancel();
    auto found = std::move(asked->found);
    std::stable_partition(found.begin(), found.end(), [](const auto& one) { return one.is_loopback(); });
    for (const auto& one : found) {
        auto text = one.to_string();
        if (allowed.size() < most && ui_address_allowed(text) &&
            std::find(allowed.begin(), allowed.end(), text) == allowed.end())
            allowed.push_back(std::move(text));
    }
    co_return allowed;
}

} // namespace layerline::agent
