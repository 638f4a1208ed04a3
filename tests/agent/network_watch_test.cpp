// The kernel's words about links and addresses.
#include "agent/network_watch.hpp"

#include <catch2/catch.hpp>

#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cstring>
#include <string>

using namespace layerline::agent;

namespace {
template <class Body>
std::string message(std::uint16_t type, const Body& body)
{
    nlmsghdr head{};
    head.nlmsg_len = NLMSG_LENGTH(sizeof body);
    head.nlmsg_type = type;
    std::string bytes(NLMSG_SPACE(sizeof body), '\0');
    std::memcpy(bytes.data(), &head, sizeof head);
    std::memcpy(bytes.data() + NLMSG_LENGTH(0), &body, sizeof body);
    return bytes;
}
std::string link(unsigned flags, std::uint16_t type = RTM_NEWLINK)
{
    ifinfomsg body{};
    body.ifi_flags = flags;
    return message(type, body);
}
std::string address(unsigned char scope)
{
    ifaddrmsg body{};
    body.ifa_scope = scope;
    return message(RTM_NEWADDR, body);
}
} // namespace

TEST_CASE("a link that carries and a new address are a way out; loopback, losses and nonsense are not")
{
    CHECK(tells_of_a_way_out(link(IFF_UP | IFF_RUNNING)));
    CHECK(tells_of_a_way_out(address(RT_SCOPE_UNIVERSE)));
    CHECK(tells_of_a_way_out(link(IFF_UP) + address(RT_SCOPE_LINK)));
    CHECK_FALSE(tells_of_a_way_out(link(IFF_UP)));
    CHECK_FALSE(tells_of_a_way_out(link(IFF_UP | IFF_RUNNING | IFF_LOOPBACK)));
    CHECK_FALSE(tells_of_a_way_out(link(IFF_UP | IFF_RUNNING, RTM_DELLINK)));
    CHECK_FALSE(tells_of_a_way_out(address(RT_SCOPE_HOST)));
    CHECK_FALSE(tells_of_a_way_out(""));
    CHECK_FALSE(tells_of_a_way_out("short"));
    const auto whole = address(RT_SCOPE_UNIVERSE);
    for (std::size_t cut = 0; cut < whole.size(); ++cut)
        CHECK_FALSE(tells_of_a_way_out(std::string_view(whole).substr(0, cut)));
    CHECK_FALSE(tells_of_a_way_out(std::string(64, '\0')));
}
