// Whose word counts at the edge: authority removed, request ids made sure of, time left read.
#include "transport/edge_fields.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace layerline::transport;
using std::chrono::milliseconds;

TEST_CASE("a caller may send request options but no authority")
{
    CHECK(caller_may_send("x-layerline-status"));
    CHECK(caller_may_send("x-layerline-timeout-ms"));
    CHECK(caller_may_send("x-other"));
    CHECK_FALSE(caller_may_send("x-layerline-principal"));
    CHECK_FALSE(caller_may_send("x-layerline-scopes"));
    CHECK_FALSE(caller_may_send("x-layerline-anything-else"));
    CHECK_FALSE(caller_may_send("x-layerline-"));

    fields f{
        {"x-layerline-principal", "me"}, {"x-layerline-scopes", "admin"}, {"x-layerline-status", "standard"}};
    take_in(f);
    CHECK_FALSE(f.find("x-layerline-principal"));
    CHECK_FALSE(f.find("x-layerline-scopes"));
    CHECK(f.find("x-layerline-status") == "standard");
}

TEST_CASE("a good request id is taken over, another is made new")
{
    const auto after = [](fields f) {
        take_in(f);
        REQUIRE(f.erase("x-request-id") == 1);
        return true;
    };
    fields good{{"x-request-id", "aB3_-"}, {"x-request-id", "second"}};
    take_in(good);
    CHECK(good.find("x-request-id") == "aB3_-");
    CHECK(after(good));

    for (const std::string& bad :
         {std::string(), std::string("a b"), std::string("a\"b"), std::string(65, 'a')}) {
        fields f{{"x-request-id", bad}};
        take_in(f);
        const std::string made(f.find("x-request-id").value());
        CHECK(made.size() == 16);
        CHECK(valid_request_id(made));
    }
    CHECK(valid_request_id(std::string(64, 'a')));
    CHECK(after({}));
}

TEST_CASE("request ids do not repeat")
{
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i)
        CHECK(seen.insert(new_request_id()).second);
}

TEST_CASE("the time left is a plain number of milliseconds, up to a day")
{
    CHECK(parse_timeout("1") == milliseconds(1));
    CHECK(parse_timeout("86400000") == milliseconds(86400000));
    for (const auto* bad :
         {"0", "86400001", "", "-1", "+1", "1.5", "1e3", " 1", "1 ", "99999999", "999999999"})
        CHECK_FALSE(parse_timeout(bad));

    fields f{{"x-layerline-timeout-ms", "250"}};
    const auto left = take_in(f);
    CHECK(std::get<time_left>(left) == milliseconds(250));
    CHECK_FALSE(f.find("x-layerline-timeout-ms")); // it lives on as the deadline
    fields twice{{"x-layerline-timeout-ms", "250"}, {"x-layerline-timeout-ms", "250"}};
    CHECK(std::holds_alternative<malformed_timeout>(take_in(twice)));
    fields none;
    CHECK_FALSE(std::get<time_left>(take_in(none)));
}
