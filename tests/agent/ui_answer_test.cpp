// Answers of a local UI as the caller gets them.
#include "agent/ui_rewrite.hpp"

#include <catch2/catch.hpp>

#include <utility>

using namespace layerline::agent;
using layerline::transport::fields;

namespace {

const public_place place{"https", "lab.print.example"};

ui_target target(const std::string& url, const std::string& prefix = "/")
{
    auto out = std::get<ui_target>(parse_ui_url(url)); // also before main(): no assertion here
    out.prefix = prefix;
    return out;
}

const ui_target plain = target("http://127.0.0.1:5000/");
const ui_target below = target("http://octopi.local/stream/", "/webcam/");

std::string location(const std::string& value, const ui_target& from)
{
    return location_from_ui(value, from, place).value_or("(none)");
}

std::string cookie(const std::string& value, const ui_target& from = plain)
{
    return set_cookie_from_ui(value, from).value_or("(none)");
}

std::string told(const std::string& name, const std::string& value)
{
    const auto out = answer_from_ui({{name, value}}, plain, place);
    return std::string(out.find(name).value_or("(none)"));
}

} // namespace

TEST_CASE("a redirect to the target leads to the public host")
{
    const std::vector<std::pair<std::string, std::string>> rows{
        {"/login?x=/a", "/login?x=/a"},
        {"login", "login"},
        {"?page=2", "?page=2"},
        {"http://127.0.0.1:5000/login", "https://lab.print.example/login"},
        {"HTTP://127.0.0.1:5000", "https://lab.print.example/"},
        {"http://127.0.0.1:5000?x", "https://lab.print.example/?x"},
        {"//127.0.0.1:5000/a", "https://lab.print.example/a"},
        {"http://lab.print.example/a", "https://lab.print.example/a"},
        {"//LAB.print.example/a", "https://lab.print.example/a"},
        {" /a ", "/a"},
        // Others' pages stay others'.
        {"https://127.0.0.1:5000/", "https://127.0.0.1:5000/"},
        {"http://127.0.0.1/", "http://127.0.0.1/"},
        {"http://127.0.0.1:5000@evil.example/", "http://127.0.0.1:5000@evil.example/"},
        {"http://127.0.0.1:5000.evil.example/", "http://127.0.0.1:5000.evil.example/"},
        {"https://accounts.example/o?r=http://127.0.0.1:5000/",
         "https://accounts.example/o?r=http://127.0.0.1:5000/"},
        {"", "(none)"},
        {"  ", "(none)"},
    };
    for (const auto& [inside, outside] : rows) {
        INFO(inside);
        CHECK(location(inside, plain) == outside);
    }
}

TEST_CASE("a redirect below a target's base leads below its prefix")
{
    CHECK(location("/stream/a?b", below) == "/webcam/a?b");
    CHECK(location("/stream", below) == "/webcam/");
    CHECK(location("/stream?x", below) == "/webcam/?x");
    CHECK(location("/streams", below) == "/streams");
    CHECK(location("http://octopi.local/stream/", below) == "https://lab.print.example/webcam/");
    CHECK(location("http://octopi.local:80/stream/", below) == "https://lab.print.example/webcam/");
    CHECK(location("http://octopi.local/elsewhere", below) == "https://lab.print.example/elsewhere");
}

TEST_CASE("a UI's cookies are for the public host alone")
{
    const std::vector<std::pair<std::string, std::string>> rows{
        {"session=a1", "session=a1"},
        {"session=a1; Path=/; HttpOnly; SameSite=Lax", "session=a1; Path=/; HttpOnly; SameSite=Lax"},
        {"session=a1; Domain=127.0.0.1; Path=/", "session=a1; Path=/"},
        {"session=a1;domain=.print.example;Secure", "session=a1; Secure"},
        {"session=a1; DOMAIN = print.example ; Max-Age=5", "session=a1; Max-Age=5"},
        {"session=a1; Domain", "session=a1"},
        {"session=\"a b\"; ;; Expires=Wed, 09 Jun 2032 10:18:14 GMT",
         "session=\"a b\"; Expires=Wed, 09 Jun 2032 10:18:14 GMT"},
        {"layerline=stolen", "(none)"},
        {"__Host-Layerline-session=x; Path=/", "(none)"},
        {"=layerline=x", "(none)"},
        {"layerline", "(none)"},
        {"", "(none)"},
    };
    for (const auto& [inside, outside] : rows) {
        INFO(inside);
        CHECK(cookie(inside) == outside);
    }
    CHECK(cookie("s=1; Path=/stream/a", below) == "s=1; Path=/webcam/a");
    CHECK(cookie("s=1; Path=/stream", below) == "s=1; Path=/webcam/");
    CHECK(cookie("s=1; Path=/", below) == "s=1; Path=/");
    CHECK(cookie("s=1; path=", below) == "s=1; Path=");
}

TEST_CASE("what is the relay's to say is not a UI's")
{
    for (const auto* name : {"x-layerline-principal", "x-layerline-scopes", "x-layerline-priority", "alt-svc",
                             "strict-transport-security", "www-authenticate", "proxy-authenticate",
                             "connection", "transfer-encoding", "keep-alive", "x-request-id"}) {
        INFO(name);
        CHECK(told(name, "x") == "(none)");
    }
    for (const auto* name : {"etag", "content-length", "content-range", "content-type", "cache-control",
                             "vary", "content-encoding", "sec-websocket-protocol", "accept-ranges"})
        CHECK(told(name, "12") == "12");
}

TEST_CASE("CORS that lets the target's own pages in lets the public host's in")
{
    CHECK(told("access-control-allow-origin", "http://127.0.0.1:5000") == "https://lab.print.example");
    CHECK(told("access-control-allow-origin", "*") == "*");
    CHECK(told("access-control-allow-origin", "https://evil.example") == "https://evil.example");
}

TEST_CASE("hostile fields of an answer are left out, each alone")
{
    const auto out = answer_from_ui({{"location", "/a\r\nset-cookie: x=y"},
                                     {"x-a", "b\nc"},
                                     {"x b", "c"},
                                     {"x-long", std::string(9000, 'v')},
                                     {"set-cookie", std::string("a=b\0", 4)},
                                     {"set-cookie", "good=1; Domain=print.example"},
                                     {"set-cookie", "second=2"},
                                     {"x-good", "gr\xc3\xbc\xc3\x9f"}},
                                    plain, place);
    CHECK(out.size() == 3);
    CHECK(out.find("set-cookie") == "good=1");
    CHECK(out.find("x-good") == "gr\xc3\xbc\xc3\x9f");
}
