// An rtnetlink socket.
#include "agent/network_watch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

namespace layerline::agent {

namespace net = transport::net;

namespace {

constexpr std::size_t aligned(std::size_t length)
{
    return (length + NLMSG_ALIGNTO - 1) & ~static_cast<std::size_t>(NLMSG_ALIGNTO - 1);
}

// The fixed part of a message, if it is there whole.
template <class Part>
bool read_part(std::string_view bytes, std::size_t at, Part& into)
{
    if (bytes.size() < at || bytes.size() - at < sizeof(Part)) return false;
    std::memcpy(&into, bytes.data() + at, sizeof(Part));
    return true;
}

bool is_good(const nlmsghdr& head, std::string_view message)
{
    constexpr auto body = aligned(sizeof(nlmsghdr));
    if (head.nlmsg_type == RTM_NEWADDR) {
        ifaddrmsg address{};
        return read_part(message, body, address) && address.ifa_scope != RT_SCOPE_HOST;
    }
    if (head.nlmsg_type == RTM_NEWLINK) {
        ifinfomsg link{};
        return read_part(message, body, link) && (link.ifi_flags & IFF_RUNNING) != 0 &&
               (link.ifi_flags & IFF_LOOPBACK) == 0;
    }
    return false;
}

int listen_to_kernel()
{
    const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) return -1;
    sockaddr_nl groups{};
    groups.nl_family = AF_NETLINK;
    groups.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&groups), sizeof groups) != 0) {
        ::close(fd);
        return -1;
    }
    return fd;
}

} // namespace

bool tells_of_a_way_out(std::string_view datagram)
{
    while (true) {
        nlmsghdr head{};
        if (!read_part(datagram, 0, head)) return false;
        if (head.nlmsg_len < sizeof head || head.nlmsg_len > datagram.size()) return false;
        if (is_good(head, datagram.substr(0, head.nlmsg_len))) return true;
        const auto next = aligned(head.nlmsg_len);
        if (next >= datagram.size()) return false;
        datagram.remove_prefix(next);
    }
}

network_watch::network_watch(net::io_context& context, std::function<void()> news)
    : kernel_(context), news_(std::move(news))
{
    if (const int fd = listen_to_kernel(); fd >= 0) kernel_.assign(fd);
}

transport::task<void> network_watch::run()
{
    std::array<char, 16UL * 1024> bytes{};
    while (kernel_.is_open()) {
        auto [code, count] =
            co_await kernel_.async_read_some(net::buffer(bytes), net::as_tuple(net::use_awaitable));
        if (code == net::error::operation_aborted || !kernel_.is_open()) co_return;
        // ENOBUFS: words were lost; what they said may well have been good.
        if (code && code != net::error::no_buffer_space) co_return;
        if (code || tells_of_a_way_out({bytes.data(), count})) news_();
    }
}

void network_watch::stop()
{
    transport::error_code ignored;
    kernel_.close(ignored);
}

} // namespace layerline::agent
