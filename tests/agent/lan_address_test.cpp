#include "agent/lan_address.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace layerline::agent;

TEST_CASE("an agent on every address is reached by one that others can reach, and one on loopback by none")
{
    const std::array all{interface_address{"127.0.0.1", true, false, true},
                         interface_address{"169.254.7.7", false, true, true},
                         interface_address{"10.9.9.9", false, false, false},
                         interface_address{"fe80::1", false, true, true},
                         interface_address{"2001:db8::7", false, false, true},
                         interface_address{"192.168.1.20", false, false, true}};
    CHECK(reached_at("0.0.0.0", all) == "192.168.1.20");
    CHECK(reached_at("::", all) == "192.168.1.20");
    CHECK(reached_at("::", std::span(all).first(5)) == "2001:db8::7");
    CHECK(reached_at("0.0.0.0", std::span(all).first(5)).empty());
    CHECK(reached_at("192.168.1.9", all) == "192.168.1.9");
    CHECK(reached_at("127.0.0.1", all).empty());
    CHECK(reached_at("::1", all).empty());
    CHECK(reached_at("127.0.0.1").empty());
    CHECK(reached_at("192.0.2.1") == "192.0.2.1");
}
