// Heads taken apart: limits to the byte, and no request that two readers could understand differently.
#include "transport/http_head.hpp"

#include <catch2/catch.hpp>

using namespace layerline::transport;

namespace {

const head_limits usual{};

std::variant<more_needed, refusal, parsed_request> parse(std::string_view text, head_limits limits = usual)
{
    std::size_t seen = 0;
    return parse_request(text, seen, limits);
}

// 0: more is needed; 200: taken.
unsigned verdict(std::string_view text, head_limits limits = usual)
{
    const auto out = parse(text, limits);
    if (std::holds_alternative<more_needed>(out)) return 0;
    if (const auto* no = std::get_if<refusal>(&out)) return no->status;
    return 200;
}

parsed_request taken(std::string_view text)
{
    auto out = parse(text);
    if (const auto* no = std::get_if<refusal>(&out)) FAIL(no->status << " " << no->why);
    REQUIRE(std::holds_alternative<parsed_request>(out));
    return std::get<parsed_request>(std::move(out));
}

// With a host and the fields given.
std::string with(std::string_view fields)
{
    return "POST /x HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

} // namespace

TEST_CASE("a request's head comes apart into method, target and lower-case fields")
{
    const auto r = taken("GET /a?b=c HTTP/1.1\r\nHost: h\r\nX-One:  1 \r\nX-ONE: 2\r\n\r\nrest");
    CHECK(r.head.method == "GET");
    CHECK(r.head.target == "/a?b=c");
    CHECK(r.head.headers.size() == 3);
    CHECK(r.head.headers.find("x-one") == "1");
    CHECK(r.keep_alive);
    CHECK(r.body.kind == body_framing::by::nothing);
    CHECK(r.consumed == 58 - 4);
}

TEST_CASE("a head may arrive byte by byte")
{
    const std::string text = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n";
    std::size_t seen = 0;
    for (std::size_t n = 0; n < text.size(); ++n)
        REQUIRE(std::holds_alternative<more_needed>(
            parse_request(std::string_view(text).substr(0, n), seen, usual)));
    const auto out = parse_request(text, seen, usual);
    REQUIRE(std::holds_alternative<parsed_request>(out));
    CHECK(std::get<parsed_request>(out).body.length == 5);
}

TEST_CASE("an empty line before a request is forgiven, two are not")
{
    CHECK(verdict("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n") == 200);
    CHECK(verdict("\r") == 0);
    CHECK(verdict("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
}

TEST_CASE("a head is taken at its limit and refused with 431 one byte past it")
{
    const std::string head = "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(100, 'x') + "\r\n\r\n";
    CHECK(verdict(head, {head.size(), 8192}) == 200);
    CHECK(verdict(head, {head.size() - 1, 8192}) == 431);
    CHECK(verdict(head.substr(0, head.size() - 2), {head.size() - 2, 8192}) == 431);
    CHECK(verdict(head.substr(0, head.size() - 2), {head.size() - 1, 8192}) == 0);
}

TEST_CASE("a target is taken at its limit and refused with 414 one byte past it, ended or not")
{
    const auto request = [](std::size_t n) {
        return "GET /" + std::string(n - 1, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n";
    };
    CHECK(verdict(request(100), {16384, 100}) == 200);
    CHECK(verdict(request(101), {16384, 100}) == 414);
    CHECK(verdict("GET /" + std::string(100, 'a'), {16384, 100}) == 414);
}

TEST_CASE("what is not HTTP is refused as soon as it shows")
{
    CHECK(verdict("\x16\x03\x01") == 400); // a TLS hello
    CHECK(verdict(" GET") == 400);
    CHECK(verdict("GET / HTTP/1.1\n") == 400);
    CHECK(verdict("GET / HTTP/1.1\rX") == 400);
    CHECK(verdict(std::string_view("GET /\0", 6)) == 400);
    CHECK(verdict("GET / HTTP/1.1\r\nHost: h\r\n folded\r\n") == 400);
    CHECK(verdict("GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n") == 400);
    CHECK(verdict("GET / HTTP/1.1\r\nHost: h\r\nX: a\nY: b\r\n\r\n") == 400);
    CHECK(verdict("GET / HTTP/1.1\r\nHost: h\r\nX : a\r\n\r\n") == 400);
    CHECK(verdict("GET / HTTP/1.1\r\nHost: h\r\n: a\r\n\r\n") == 400);
    CHECK(verdict("GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n") == 400);
    CHECK(verdict("GET / HTTP/1.1\r\nHost: h\r\nX: \x01\r\n\r\n") == 400);
    CHECK(verdict("GET  / HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
    CHECK(verdict("GET / HTTP/1.1 \r\nHost: h\r\n\r\n") == 505);
    CHECK(verdict("G(T / HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
    CHECK(verdict(std::string(65, 'G')) == 501);
}

TEST_CASE("HTTP/1.0 and 1.1 are spoken, others are 505")
{
    CHECK(verdict("GET / HTTP/1.0\r\n\r\n") == 200);
    CHECK(verdict("GET / HTTP/2.0\r\nHost: h\r\n\r\n") == 505);
    CHECK(verdict("GET / HTTP/0.9\r\nHost: h\r\n\r\n") == 505);
    CHECK(verdict("PRI * HTTP/2.0\r\n\r\n") == 505);
}

TEST_CASE("HTTP/1.1 needs exactly one host")
{
    CHECK(verdict("GET / HTTP/1.1\r\n\r\n") == 400);
    CHECK(verdict("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
    CHECK(verdict("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
}

TEST_CASE("a body with two readings is refused")
{
    CHECK(verdict(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")) == 400);
    CHECK(verdict(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")) == 400);
    CHECK(verdict(with("Content-Length: 5\r\nContent-Length: 6\r\n")) == 400);
    CHECK(verdict(with("Content-Length: 5\r\nContent-Length: 5\r\n")) == 400);
    CHECK(verdict(with("Content-Length: 5, 5\r\n")) == 400);
    CHECK(verdict(with("Content-Length: +5\r\n")) == 400);
    CHECK(verdict(with("Content-Length: -5\r\n")) == 400);
    CHECK(verdict(with("Content-Length: 0x5\r\n")) == 400);
    CHECK(verdict(with("Content-Length: 5 5\r\n")) == 400);
    CHECK(verdict(with("Content-Length:\r\n")) == 400);
    CHECK(verdict(with("Content-Length: 99999999999999999999\r\n")) == 400);
    CHECK(verdict(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")) == 400);
    CHECK(verdict("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
}

TEST_CASE("transfer codings other than chunked are 501")
{
    CHECK(verdict(with("Transfer-Encoding: gzip, chunked\r\n")) == 501);
    CHECK(verdict(with("Transfer-Encoding: gzip\r\n")) == 501);
    CHECK(verdict(with("Transfer-Encoding: identity\r\n")) == 501);
    CHECK(verdict(with("Transfer-Encoding: chunked, gzip\r\n")) == 501);
    CHECK(verdict(with("Transfer-Encoding: xchunked\r\n")) == 501);
    CHECK(verdict(with("Transfer-Encoding:\r\n")) == 501);
    CHECK(taken(with("Transfer-Encoding: Chunked\r\n")).body.kind == body_framing::by::chunks);
}

TEST_CASE("an absolute target is reduced to its path, and its authority is the host")
{
    const auto r = taken("GET http://real:81/a?b HTTP/1.1\r\nHost: other\r\n\r\n");
    CHECK(r.head.target == "/a?b");
    CHECK(r.head.headers.find("host") == "real:81");
    CHECK(taken("GET HTTP://real HTTP/1.1\r\nHost: h\r\n\r\n").head.target == "/");
    CHECK(taken("GET http://real?q HTTP/1.1\r\nHost: h\r\n\r\n").head.target == "/?q");
    CHECK(verdict("GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
    CHECK(verdict("GET ftp://h/a HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
    CHECK(verdict("GET a HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
    CHECK(verdict("GET * HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
    CHECK(verdict("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n") == 200);
    CHECK(verdict("CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n") == 501);
    CHECK(verdict("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
}

TEST_CASE("only 100-continue can be expected, and only with a body")
{
    CHECK(taken(with("Expect: 100-Continue\r\nContent-Length: 3\r\n")).expects_continue);
    CHECK_FALSE(taken(with("Expect: 100-continue\r\n")).expects_continue);
    CHECK(verdict(with("Expect: a-raise\r\n")) == 417);
}

TEST_CASE("keep-alive follows the version and the connection field")
{
    CHECK_FALSE(taken("GET / HTTP/1.0\r\n\r\n").keep_alive);
    CHECK(taken("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
    CHECK_FALSE(taken(with("Connection: close\r\n")).keep_alive);
}

TEST_CASE("a field is a word, a colon and text; blanks around the text are not of it")
{
    const auto r = taken(with("A:\r\nB:x\r\nC: \t y z \t\r\nD: \xc3\xa9\r\n"));
    CHECK(r.head.headers.find("a") == "");
    CHECK(r.head.headers.find("b") == "x");
    CHECK(r.head.headers.find("c") == "y z");
    CHECK(r.head.headers.find("d") == "\xc3\xa9");
    for (const std::string line :
         {"NoColon", ": x", "A b: x", "A : x", "A\t: x", "A: \x01", "A: x\x7f", "A(: x"})
        CHECK(verdict(with(line + "\r\n")) == 400);
}

TEST_CASE("a WebSocket is asked for by GET with both fields, and without a body")
{
    const std::string ask = "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    CHECK(taken(ask + "\r\n").wants_websocket);
    CHECK_FALSE(taken(ask + "Content-Length: 3\r\n\r\n").wants_websocket);
    CHECK_FALSE(taken(with("Connection: Upgrade\r\nUpgrade: websocket\r\n")).wants_websocket);
}

namespace {

std::variant<more_needed, refusal, parsed_response> answer(std::string_view text,
                                                           std::string_view method = "GET")
{
    std::size_t seen = 0;
    return parse_response(text, seen, 1024, method);
}

parsed_response answered(std::string_view text, std::string_view method = "GET")
{
    auto out = answer(text, method);
    REQUIRE(std::holds_alternative<parsed_response>(out));
    return std::get<parsed_response>(std::move(out));
}

} // namespace

TEST_CASE("an answer's body is framed by its method, status and fields")
{
    using by = body_framing::by;
    CHECK(answered("HTTP/1.1 601 Relay\r\nContent-Length: 4\r\n\r\n").head.status == 601);
    CHECK(answered("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n").body.length == 4);
    CHECK(answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").body.kind == by::chunks);
    CHECK(answered("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "HEAD").body.kind == by::nothing);
    CHECK(answered("HTTP/1.1 304 x\r\nContent-Length: 4\r\n\r\n").body.kind == by::nothing);
    CHECK(answered("HTTP/1.1 204 x\r\n\r\n").body.kind == by::nothing);
    const auto open = answered("HTTP/1.1 200 OK\r\n\r\n");
    CHECK(open.body.kind == by::connection_end);
    CHECK_FALSE(open.keep_alive);
}

TEST_CASE("an answer that is not HTTP, ambiguous or too large is refused")
{
    CHECK(std::holds_alternative<refusal>(answer("SSH-2.0-x\r\n\r\n")));
    CHECK(std::holds_alternative<refusal>(answer("HTTP/1.1 099 x\r\n\r\n")));
    CHECK(std::holds_alternative<refusal>(answer("HTTP/1.1 20 x\r\n\r\n")));
    CHECK(std::holds_alternative<refusal>(
        answer("HTTP/1.1 200 x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")));
    const auto large = answer("HTTP/1.1 200 x\r\nX: " + std::string(1024, 'x'));
    REQUIRE(std::holds_alternative<refusal>(large));
    CHECK(std::get<refusal>(large).status == 431);
    CHECK(std::holds_alternative<more_needed>(answer("HTTP/1.1 200 x\r\n")));
}

TEST_CASE("what would break a head apart is not written")
{
    CHECK(write_response(200, {{"a", "b"}}) == "HTTP/1.1 200 OK\r\na: b\r\n\r\n");
    CHECK(write_response(601, {}) == "HTTP/1.1 601 Relay\r\n\r\n");
    CHECK_FALSE(write_response(99, {}));
    CHECK_FALSE(write_response(1000, {}));
    CHECK_FALSE(write_response(200, {{"a", "b\r\nc: d"}}));
    CHECK_FALSE(write_response(200, {{"a b", "c"}}));
    CHECK_FALSE(write_response(200, {{"", "c"}}));
    CHECK(write_request("GET", "/x", {{"host", "h"}}) == "GET /x HTTP/1.1\r\nhost: h\r\n\r\n");
    CHECK_FALSE(write_request("GET", "/x y", {}));
    CHECK_FALSE(write_request("GET", "/x\r\nA: b", {}));
    CHECK_FALSE(write_request("G T", "/x", {}));
}
