// Requests on their way to a local UI: which target, which path, and whose word counts.
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
    out.name = "t";
    out.prefix = prefix;
    return out;
}

const std::vector<ui_target> two{target("http://127.0.0.1:80/"),
                                 target("http://127.0.0.1:8080/stream/", "/webcam/")};

ui_request passed(const std::string& path, const fields& headers = {}, const std::string& method = "GET")
{
    auto out = request_for_ui(two, method, path, headers, place);
    INFO(path);
    REQUIRE(std::holds_alternative<ui_request>(out));
    return std::get<ui_request>(out);
}

std::optional<ui_fault> fault(const std::string& path, const fields& headers = {},
                              const std::string& method = "GET")
{
    const auto out = request_for_ui(two, method, path, headers, place);
    if (const auto* f = std::get_if<ui_fault>(&out)) return *f;
    return std::nullopt;
}

std::string seen(const fields& headers, std::string_view name)
{
    return std::string(headers.find(name).value_or("(none)"));
}

// What the UI sees of a field that the caller sent.
std::string told(const std::string& name, const std::string& value)
{
    return seen(passed("/", {{name, value}}).headers, name);
}

} // namespace

TEST_CASE("the longest prefix takes a path, and puts its target's base before the rest")
{
    const std::vector<std::pair<std::string, std::string>> rows{
        {"/", "/"},
        {"/server/info?a=b", "/server/info?a=b"},
        {"/webcam/", "/stream/"},
        {"/webcam/?action=stream", "/stream/?action=stream"},
        {"/webcam/a/b", "/stream/a/b"},
        {"/webcam", "/webcam"}, // only with its slash
        {"/webcamera/", "/webcamera/"},
        {"//", "//"},
        {"//webcam/x", "//webcam/x"},
        {"/Webcam/x", "/Webcam/x"},
        {"/a%20b/c%2Fd?x=%2e%2e", "/a%20b/c%2Fd?x=%2e%2e"},
        {"/...", "/..."},
        {"/.well-known/x", "/.well-known/x"},
        {"/a..b/..c/d..", "/a..b/..c/d.."},
        {"/q?../../x", "/q?../../x"},
    };
    for (const auto& [outside, inside] : rows)
        CHECK(passed(outside).path == inside);
    CHECK(passed("/webcam/").to == &two[1]);
    CHECK(passed("/").to == &two[0]);
    CHECK(target_for({two[1]}, "/") == nullptr);
    const auto none = request_for_ui({}, "GET", "/", {}, place);
    CHECK(std::get<ui_fault>(none) == ui_fault::no_target);
}

TEST_CASE("a path that climbs, or is none, is refused however it is encoded")
{
    for (const auto* bad : {"",
                            "*",
                            "x",
                            "http://127.0.0.1/",
                            "/..",
                            "/.",
                            "/a/..",
                            "/a/../b",
                            "/a/./b",
                            "/webcam/../server",
                            "/webcam/%2e%2e/server",
                            "/webcam/.%2E/x",
                            "/webcam/%2e./x",
                            "/webcam/..%2fserver",
                            "/webcam/%2e%2e%5cx",
                            "/webcam/..\\x",
                            "/a%5c..%5cb",
                            "/webcam/..?x",
                            "/%2e",
                            "/a%00b",
                            "/a%",
                            "/a%4",
                            "/a%zz",
                            "/a b",
                            "/a\tb",
                            "/a\r\nX-Evil: 1",
                            "/a\x7f",
                            "/\xc3\xa4",
                            "/a#b",
                            "/a?b c",
                            "/a?b\nc",
                            "/a?\xff"}) {
        INFO(bad);
        CHECK(fault(bad) == ui_fault::bad_path);
    }
    CHECK(fault("/", {}, "CONNECT") == ui_fault::bad_method);
    CHECK(fault("/", {}, "TRACE") == ui_fault::bad_method);
    CHECK_FALSE(fault("/", {}, "PROPFIND"));
}

TEST_CASE("the caller's word about who and where he is does not reach a UI")
{
    for (const auto* name : {"authorization",
                             "proxy-authorization",
                             "forwarded",
                             "x-forwarded-server",
                             "x-forwarded-user",
                             "x-forwarded-port",
                             "x-real-ip",
                             "x-client-ip",
                             "x-remote-user",
                             "remote-user",
                             "true-client-ip",
                             "cf-connecting-ip",
                             "x-original-url",
                             "x-rewrite-url",
                             "x-script-name",
                             "x-layerline-principal",
                             "x-layerline-scopes",
                             "x-layerline-host",
                             "x-layerline-scheme",
                             "x-layerline-priority",
                             "x_forwarded_for",
                             "x_real_ip",
                             "x_api_key",
                             "via",
                             "expect",
                             "te",
                             "trailer",
                             "transfer-encoding",
                             "upgrade",
                             "keep-alive",
                             "proxy-connection",
                             "connection",
                             "content-length"}) {
        INFO(name);
        CHECK(told(name, "1.2.3.4") == "(none)");
    }
    CHECK(told("x-forwarded-host", "evil.example") == "lab.print.example");
    CHECK(told("x-forwarded-proto", "http") == "https");
    CHECK(told("host", "evil.example") == "127.0.0.1");
    CHECK(seen(passed("/webcam/").headers, "host") == "127.0.0.1:8080");
    const auto named = passed("/", {{"connection", "x-secret, close"}, {"x-secret", "1"}});
    CHECK(seen(named.headers, "x-secret") == "(none)");
}

TEST_CASE("what belongs to the UI passes as it came")
{
    for (const auto* name : {"x-api-key", "accept", "accept-encoding", "range", "if-none-match",
                             "content-type", "content-range", "user-agent", "x-request-id", "x-csrf-token",
                             "x-requested-with", "sec-websocket-protocol", "cache-control"})
        CHECK(told(name, "value; q=1") == "value; q=1");
    CHECK(told("x-note", "gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
}

TEST_CASE("the caller's address is the relay's word, and only where the target is to have it")
{
    CHECK(told("x-forwarded-for", "203.0.113.7") == "203.0.113.7");
    CHECK(told("x-forwarded-for", "2001:db8::1") == "2001:db8::1");
    for (const auto* bad : {"127.0.0.1, 203.0.113.7", "localhost", "", "unix", "1.2.3.4\t"})
        CHECK(told("x-forwarded-for", bad) == "(none)");
    auto quiet = two;
    quiet[0].tell_caller = false;
    const auto out = request_for_ui(quiet, "GET", "/", {{"x-forwarded-for", "203.0.113.7"}}, place);
    CHECK(seen(std::get<ui_request>(out).headers, "x-forwarded-for") == "(none)");
}

TEST_CASE("an origin passes only if it is the public host's, and becomes the target's")
{
    CHECK(told("origin", "https://lab.print.example") == "http://127.0.0.1");
    CHECK(told("origin", "HTTPS://Lab.Print.Example") == "http://127.0.0.1");
    CHECK(seen(passed("/webcam/", {{"origin", "https://lab.print.example"}}).headers, "origin") ==
          "http://127.0.0.1:8080");
    for (const auto* bad : {"null", "", "http://lab.print.example", "https://lab.print.example:8443",
                            "https://evil.example", "https://other.print.example",
                            "https://lab.print.example.evil.example", "https://lab.print.example/",
                            "https://lab.print.example https://evil.example", "http://127.0.0.1"}) {
        INFO(bad);
        CHECK(fault("/", {{"origin", bad}}) == ui_fault::foreign_origin);
    }
    CHECK(fault("/", {{"origin", "https://lab.print.example"}, {"origin", "https://lab.print.example"}}) ==
          ui_fault::foreign_origin);
}

TEST_CASE("a referer of the public host becomes the target's, another's is left out")
{
    CHECK(told("referer", "https://lab.print.example/dash?x=1") == "http://127.0.0.1/dash?x=1");
    CHECK(told("referer", "https://lab.print.example") == "http://127.0.0.1/");
    CHECK(seen(passed("/webcam/", {{"referer", "https://lab.print.example/webcam/a"}}).headers, "referer") ==
          "http://127.0.0.1:8080/stream/a");
    CHECK(seen(passed("/webcam/", {{"referer", "https://lab.print.example/dash"}}).headers, "referer") ==
          "http://127.0.0.1:8080/");
    for (const auto* bad : {"https://evil.example/", "https://lab.print.example.evil.example/", "x", "",
                            "https://lab.print.example:99/", "https://lab.print.example@evil.example/"})
        CHECK(told("referer", bad) == "(none)");
}

TEST_CASE("the UI's cookies pass, Layerline's own do not")
{
    const std::vector<std::pair<std::string, std::string>> rows{
        {"session=a1; theme=dark", "session=a1; theme=dark"},
        {"layerline=x; session=a1", "session=a1"},
        {"session=a1;  layerline_session=x ;b=2", "session=a1; b=2"},
        {"__Host-layerline=x; __Secure-Layerline-y=z", ""},
        {" Layerline =x; a=b", "a=b"},
        {"", ""},
        {";;; ;", ""},
        {"flag; a=b=c", "flag; a=b=c"},
    };
    for (const auto& [all, kept] : rows) {
        INFO(all);
        CHECK(cookies_for_ui(all) == kept);
    }
    CHECK(told("cookie", "layerline=x") == "(none)");
    const auto both = passed("/", {{"cookie", "a=1"}, {"cookie", "layerline=2"}, {"cookie", "b=3"}});
    CHECK(seen(both.headers, "cookie") == "a=1; b=3");
}

TEST_CASE("a field that cannot be written is refused, whole")
{
    for (const auto& [name, value] :
         std::vector<std::pair<std::string, std::string>>{{"x-a", "b\r\nhost: evil"},
                                                          {"x-a", "b\n"},
                                                          {"x-a", std::string("b\0c", 3)},
                                                          {"x-a", "\x7f"},
                                                          {"x-a b", "c"},
                                                          {"x-a:", "c"},
                                                          {"", "c"},
                                                          {"x-\xc3\xa4", "c"},
                                                          {"x-a", std::string(9000, 'v')},
                                                          {"referer", "https://lab.print.example/\r\nx: y"},
                                                          {"cookie", "a=b\r\nx: y"}}) {
        INFO(name);
        CHECK(fault("/", {{name, value}}) == ui_fault::bad_field);
    }
}

TEST_CASE("the public place is a scheme and a host of plain characters")
{
    CHECK(public_place_of("lab.print.example", "https")->origin() == "https://lab.print.example");
    CHECK(public_place_of("lab.print.example:8480", "http")->origin() == "http://lab.print.example:8480");
    using words = std::optional<std::string_view>;
    for (const auto& [host, scheme] : std::vector<std::pair<words, words>>{{std::nullopt, "https"},
                                                                           {"a.b", std::nullopt},
                                                                           {"", "https"},
                                                                           {"a.b", "ftp"},
                                                                           {"A.b", "https"},
                                                                           {"a.b:", "https"},
                                                                           {"a.b:123456", "https"},
                                                                           {"a.b:8a", "https"},
                                                                           {"a.b/x", "https"},
                                                                           {"a.b\r\n", "https"},
                                                                           {"user@a.b", "https"},
                                                                           {"a b", "https"}})
        CHECK_FALSE(public_place_of(host, scheme));
}
