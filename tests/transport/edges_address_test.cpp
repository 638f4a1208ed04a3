// Addresses in words, and which of them are this host.
#include "transport/dial_address.hpp"

#include <catch2/catch.hpp>

using namespace layerline::transport;

TEST_CASE("addresses come apart into host, port and path")
{
    const auto plain = parse_address("http://127.0.0.1:8481").value();
    CHECK(plain.host == "127.0.0.1");
    CHECK(plain.port == 8481);
    CHECK(plain.path == "/");
    CHECK(plain.host_field == "127.0.0.1:8481");
    CHECK_FALSE(plain.tls);
    const auto secure = parse_address("wss://relay.example/tunnel?v=1").value();
    CHECK(secure.tls);
    CHECK(secure.port == 443);
    CHECK(secure.path == "/tunnel?v=1");
    CHECK(secure.host_field == "relay.example");
    const auto six = parse_address("https://[::1]:1/x").value();
    CHECK(six.host == "::1");
    CHECK(six.host_field == "[::1]:1");
    CHECK(parse_address("unix:/run/x.sock").value().unix_path == "/run/x.sock");
}

TEST_CASE("what is no address of ours is none")
{
    for (const auto* bad : {"", "x", "ftp://h/", "http://", "http:///x", "http://u:p@h/", "http://h/#f",
                            "http://h:0/", "http://h:99999/", "http://h:1x/", "unix:", "http://h /", "//h"}) {
        INFO(bad);
        CHECK_FALSE(parse_address(bad));
    }
}

TEST_CASE("this host is 127.0.0.0/8, ::1 and localhost")
{
    for (const auto* here : {"127.0.0.1", "127.9.9.9", "::1", "localhost"})
        CHECK(is_this_host(here));
    for (const auto* away :
         {"10.0.0.1", "::", "0.0.0.0", "::2", "localhost.example", "127.0.0.1.example", "h"})
        CHECK_FALSE(is_this_host(away));
}
