// Token buckets and the keys of addresses.
#include "access/limits.hpp"

#include <catch2/catch.hpp>

using namespace layerline::access;
using namespace std::chrono_literals;

namespace {
const rate_limiter::clock::time_point start{1000h};
}

TEST_CASE("a burst is allowed, then one each interval, and the wait is told")
{
    rate_limiter limiter({3, 1000ms});
    for (int i = 0; i < 3; ++i)
        CHECK_FALSE(limiter.take("a", start));
    CHECK(limiter.take("a", start) == 1000ms);
    CHECK(limiter.take("a", start + 400ms) == 600ms);
    CHECK_FALSE(limiter.take("a", start + 1000ms));
    CHECK(limiter.take("a", start + 1000ms) == 1000ms);
    CHECK_FALSE(limiter.take("b", start));
    CHECK_FALSE(limiter.take("a", start + 1h, 3));
    CHECK(limiter.take("a", start + 1h) == 1000ms);
}

TEST_CASE("looking takes nothing")
{
    rate_limiter limiter({1, 1000ms});
    CHECK_FALSE(limiter.peek("a", start));
    CHECK(limiter.keys() == 0);
    CHECK_FALSE(limiter.take("a", start));
    CHECK(limiter.peek("a", start) == 1000ms);
}

TEST_CASE("a cost over the burst is let through by a full bucket only")
{
    rate_limiter limiter({2, 1000ms});
    CHECK_FALSE(limiter.take("a", start, 50));
    CHECK(limiter.take("a", start + 1s, 50) == 1000ms);
    CHECK_FALSE(limiter.take("a", start + 2s, 50));
}

TEST_CASE("a clock that stands still or is passed in older gives nothing back")
{
    rate_limiter limiter({1, 1000ms});
    CHECK_FALSE(limiter.take("a", start));
    CHECK(limiter.take("a", start - 1h) == 1000ms);
    CHECK(limiter.take("a", start) == 1000ms);
}

TEST_CASE("the number of keys is bounded and who knocks again is kept")
{
    rate_limiter limiter({1, 1h}, 3);
    CHECK_FALSE(limiter.take("knocks", start));
    for (int i = 0; i < 50; ++i) {
        CHECK_FALSE(limiter.take("once " + std::to_string(i), start));
        CHECK(limiter.take("knocks", start));
    }
    CHECK(limiter.keys() == 3);
    CHECK_FALSE(limiter.take("once 0", start));
}

TEST_CASE("an address is one key however it is written, and IPv6 goes by its /64")
{
    CHECK(address_key("192.0.2.7") == "192.0.2.7");
    CHECK(address_key("192.0.2.7:5123") == "192.0.2.7");
    CHECK(address_key("::ffff:192.0.2.7") == "192.0.2.7");
    CHECK(address_key("[::ffff:192.0.2.7]:443") == "192.0.2.7");
    CHECK(address_key("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
    CHECK(address_key("[2001:DB8:1:2::9]:443") == "2001:db8:1:2::/64");
    CHECK(address_key("fe80::1%eth0") == "fe80::/64");
    CHECK(address_key("unix") == "unix");
    CHECK(address_key("").empty());
    CHECK(address_key(std::string(1000, 'x')).size() == 64);
    CHECK(address_key("[") == "[");
}
