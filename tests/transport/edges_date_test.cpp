// The Date field of answers.
#include "edges_fixture.hpp"

#include "transport/date_field.hpp"

#include <ctime>

using namespace layerline::transport;

TEST_CASE("dates are written as HTTP wants them")
{
    CHECK(date_text(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(date_text(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(date_text(951868799) == "Tue, 29 Feb 2000 23:59:59 GMT");
    CHECK(date_text(253402300799) == "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST_CASE("the date of now is made anew when the second is over")
{
    const auto before = std::time(nullptr);
    const auto told = date_now();
    const auto after = std::time(nullptr);
    bool one_of = false;
    for (auto second = before; second <= after; ++second)
        one_of = one_of || told == date_text(second);
    CHECK(one_of);
}

TEST_CASE_METHOD(edge_fixture, "answers tell their date, and keep one that they come with")
{
    listen();
    raw_peer peer(*this);
    const std::string ask = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    peer.send(ask);
    const auto own = peer.read_answer();
    const auto at = own.find("\r\ndate: ");
    REQUIRE(at != std::string::npos);
    CHECK(own.substr(at + 8, 29).ends_with(" GMT"));
    service.answer = [](exchange& call) -> task<void> {
        response_head head;
        head.headers.set("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        co_await respond_with(call, std::move(head), "old");
    };
    peer.send(ask);
    const auto passed_on = peer.read_answer();
    CHECK(passed_on.find("\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n") != std::string::npos);
    CHECK(passed_on.find("date: ") == passed_on.rfind("date: "));
    peer.send("nonsense\r\n\r\n");
    CHECK(peer.read_answer().find("\r\ndate: ") != std::string::npos);
}
