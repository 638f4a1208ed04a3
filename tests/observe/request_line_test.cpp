// The line of a request: what it tells, and what it never tells.
#include "observe/request_line.hpp"

#include <catch2/catch.hpp>

using namespace layerline::observe;

TEST_CASE("a request's line tells who, what, how it ended and how long it took")
{
    request_note note;
    note.id = "r-1";
    note.hop = "relay";
    note.via = "lan";
    note.peer = "192.0.2.1";
    note.principal = "t-abc";
    note.method = "GET";
    note.target = "/plugin-api/v1/status?Secret=1";
    note.status = 200;
    note.took = std::chrono::microseconds(1250);
    note.bytes_out = 120;
    CHECK(to_line(note) == "request id=r-1 hop=relay via=lan peer=192.0.2.1 principal=t-abc method=GET "
                           "route=/plugin-api/v1/status status=200 ms=1.25 in=0 out=120");
    note.envelope = 785;
    CHECK(to_line(note).find(" status=200 envelope=785 ") != std::string::npos);
    note.status = 0;
    note.envelope = 0;
    CHECK(to_line(note).find(" status=none ") != std::string::npos);
}

TEST_CASE("others' text cannot end a line, begin a key or bring a token into the log")
{
    CHECK(as_word("") == "-");
    CHECK(as_word("a b\nc\"d\x1b[0m\xc3\xa9") == "a?b?c?d?[0m??");
    CHECK(as_word(std::string(1000, 'a')).size() == 200);
    const std::string token = "ll_" + std::string(43, 'x');
    CHECK(as_word("/" + token + "/end") == "/ll_***/end");
    CHECK(as_word(std::string(190, 'a') + token).find("xxx") == std::string::npos);
    CHECK(as_word(token.substr(0, 30)) == "ll_***");
    CHECK(as_word("/ll_short") == "/ll_short");
    CHECK(route_word("/a/b?token=" + token) == "/a/b");
}
