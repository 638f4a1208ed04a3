// The table of transport errors: dense, named once, and retried only where that can help.
#include "transport/error.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/error.hpp>

#include <set>
#include <string>

using namespace layerline::transport;

TEST_CASE("each transport error has a name of its own, a text and an advice")
{
    std::set<std::string_view> names;
    for (const auto& row : error_table()) {
        INFO(row.name);
        CHECK(names.insert(row.name).second);
        CHECK(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
        CHECK(make_error_code(row.code).message() == row.text);
        CHECK_FALSE(row.advice.empty());
    }
}

TEST_CASE("a code outside the table still has a message")
{
    CHECK(error_category().message(0).find("unknown") == 0);
    CHECK(error_category().message(99).find("unknown") == 0);
    CHECK(error_category().message(-1).find("unknown") == 0);
}

TEST_CASE("permanent errors are not worth retrying, everything else is")
{
    CHECK_FALSE(worth_retrying(errc::credentials_refused));
    CHECK_FALSE(worth_retrying(errc::insecure_refused));
    CHECK_FALSE(worth_retrying(errc::superseded));
    CHECK(worth_retrying(errc::certificate_refused)); // a clock that was not set yet
    CHECK(worth_retrying(errc::unreachable));
    CHECK(worth_retrying(errc::keep_alive_lost));
    CHECK(worth_retrying(boost::asio::error::connection_reset));
}
