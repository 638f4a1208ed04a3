#include "agent/lan_address.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <vector>

namespace layerline::agent {

namespace {

bool is_six(const std::string& address)
{
    return address.find(':') != std::string::npos;
}

std::vector<interface_address> addresses_now()
{
    std::vector<interface_address> all;
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return all;
    for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr) continue;
        std::array<char, INET6_ADDRSTRLEN> text{};
        interface_address found;
        found.loopback = (one->ifa_flags & IFF_LOOPBACK) != 0;
        found.up = (one->ifa_flags & IFF_UP) != 0 && (one->ifa_flags & IFF_RUNNING) != 0;
        if (one->ifa_addr->sa_family == AF_INET) {
            const auto* four = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
            found.link_local = (ntohl(four->sin_addr.s_addr) >> 16U) == 0xa9feU;
            ::inet_ntop(AF_INET, &four->sin_addr, text.data(), text.size());
        } else if (one->ifa_addr->sa_family == AF_INET6) {
            const auto* six = reinterpret_cast<const sockaddr_in6*>(one->ifa_addr);
            found.link_local = IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr);
            ::inet_ntop(AF_INET6, &six->sin6_addr, text.data(), text.size());
        } else {
            continue;
        }
        found.address = text.data();
        all.push_back(std::move(found));
    }
    ::freeifaddrs(first);
    return all;
}

} // namespace

std::string reached_at(const std::string& listening, std::span<const interface_address> all)
{
    if (listening == "::1" || listening.starts_with("127.")) return {};
    if (listening != "0.0.0.0" && listening != "::") return listening;
    for (const bool six : {false, true}) {
        if (six && listening == "0.0.0.0") break;
        for (const auto& one : all)
            if (one.up && !one.loopback && !one.link_local && is_six(one.address) == six) return one.address;
    }
    return {};
}

std::string reached_at(const std::string& listening)
{
    return reached_at(listening, addresses_now());
}

} // namespace layerline::agent
