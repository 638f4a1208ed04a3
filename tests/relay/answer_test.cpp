#include "relay/answer.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace layerline::relay;
using nlohmann::json;

TEST_CASE("an own answer carries status, hop, request id, cause and retry hint", "[relay][answer]")
{
    const auto answer = answer_for(relay_errc::agent_offline, "agent", "r-1", false, std::chrono::seconds(5));
    CHECK(answer.head.status == 601);
    CHECK(answer.head.headers.find("retry-after") == "5");
    const auto body = json::parse(answer.body);
    CHECK(body["Status"] == 601);
    CHECK(body["Hop"] == "agent");
    CHECK(body["RequestId"] == "r-1");
    CHECK(body["RetryAfterSec"] == 5);
    CHECK(body["Cause"]["Code"] == "agent_offline");
    CHECK_FALSE(body["Cause"]["Advice"].get<std::string>().empty());
}

TEST_CASE("strict clients get a registered status and the same body", "[relay][answer]")
{
    for (const auto& row : relay_error_table()) {
        const auto plain = answer_for(row.code, "relay", "r", false);
        const auto standard = answer_for(row.code, "relay", "r", true);
        CHECK(plain.head.status == static_cast<unsigned>(row.code));
        CHECK(standard.head.status == row.standard_status);
        CHECK(standard.head.status < 600);
        CHECK(plain.body == standard.body);
    }
}

TEST_CASE("every row of the relay's table says what to do, or why it is never sent", "[relay][answer]")
{
    for (const auto& row : relay_error_table()) {
        INFO(row.name);
        CHECK_FALSE(row.text.empty());
        CHECK_FALSE(row.advice.empty());
        CHECK(row.sent == (row.advice.find("ever sent") == row.advice.npos &&
                           row.advice.find("Not sent") == row.advice.npos));
    }
}
