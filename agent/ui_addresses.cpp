#include "agent/ui_addresses.hpp"

#include "agent/ui_target.hpp"
#include "transport/resolve.hpp"

#include <algorithm>

namespace layerline::agent {

namespace net = transport::net;

namespace {

constexpr std::size_t most = 4; // addresses of one host

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
    const auto endpoints = co_await transport::resolve(std::move(host), 0, by);
    if (!endpoints) co_return allowed;
    std::vector<net::ip::address> found;
    for (const auto& one : *endpoints)
        found.push_back(one.address());
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
