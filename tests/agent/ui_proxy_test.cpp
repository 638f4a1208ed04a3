// The proxy of local UIs on its own: who gets in, what is bounded, and how a UI's faults are told.
#include "agent/ui_proxy.hpp"

#include "tests/fakes/fake_ui.hpp"
#include "tests/fakes/memory_exchange.hpp"
#include "tests/fakes/run_task.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/co_spawn.hpp>
#include <nlohmann/json.hpp>

using namespace layerline;
using namespace layerline::agent;
using access::scope;

namespace {

struct proxy_desk {
    transport::net::io_context context{1};
    fakes::fake_ui ui;
    policy owner;

    proxy_desk() { owner.allowed.add(scope::ui); }

    ui_target target(const std::string& url) const
    {
        auto out = std::get<ui_target>(parse_ui_url(url));
        out.name = "fake";
        return out;
    }
    ui_proxy proxy(ui_limits limits = {}) { return {context, {target(ui.url())}, limits}; }

    static void ask(fakes::memory_exchange& call)
    {
        call.head.via = transport::edge::tunnel;
        call.head.headers.set("x-layerline-host", "lab.print.example");
        call.head.headers.set("x-layerline-scheme", "https");
    }
    // The status and, of a refusal, its stable name.
    std::string told(ui_proxy& by, fakes::memory_exchange& call, access::scope_set granted = {scope::ui})
    {
        fakes::run(context, by.serve(call, granted, owner));
        REQUIRE(call.answer);
        const auto body = nlohmann::json::parse(call.sent, nullptr, false);
        auto text = std::to_string(call.answer->status);
        if (body.is_object() && body.contains("Cause")) text += " " + body["Cause"].value("Code", "");
        return text;
    }
    std::string told(ui_proxy& by, const std::string& path, access::scope_set granted = {scope::ui},
                     const std::string& method = "GET")
    {
        fakes::memory_exchange call(method, path);
        ask(call);
        return told(by, call, granted);
    }
};

} // namespace

TEST_CASE("only the relay, through the tunnel, asks for a UI, and never at a command's path")
{
    const auto asks = [](transport::edge via, const std::string& target, bool host = true) {
        transport::request_head head;
        head.via = via;
        head.target = target;
        if (host) head.headers.set("x-layerline-host", "lab.print.example");
        return asks_for_ui(head);
    };
    CHECK(asks(transport::edge::tunnel, "/"));
    CHECK(asks(transport::edge::tunnel, "/healthz"));
    CHECK(asks(transport::edge::tunnel, "//plugin-api/v1/ping"));
    CHECK_FALSE(asks(transport::edge::tunnel, "/", false));
    CHECK_FALSE(asks(transport::edge::lan, "/"));
    CHECK_FALSE(asks(transport::edge::local, "/"));
    CHECK_FALSE(asks(transport::edge::tunnel, "/plugin-api/v1/ping"));
    CHECK_FALSE(asks(transport::edge::tunnel, "/octoeverywhere-command-api/ping"));
}

TEST_CASE_METHOD(proxy_desk, "the scope and the owner's policy are checked before anything else")
{
    auto by = proxy();
    CHECK(told(by, "/", {scope::view, scope::control, scope::files, scope::console, scope::admin}) ==
          "403 scope_missing");
    CHECK(told(by, "/", {}) == "403 scope_missing");
    owner.allowed = {scope::view, scope::admin};
    CHECK(told(by, "/", owner.permitted({scope::ui, scope::admin})) == "403 ui_switched_off");
    CHECK(ui.requests().empty());
}

TEST_CASE_METHOD(proxy_desk, "what may not pass is refused with its own name, and the UI hears nothing of it")
{
    auto by = proxy();
    CHECK(told(by, "/a/../b") == "400 ui_bad_path");
    CHECK(told(by, "*", {scope::ui}, "OPTIONS") == "400 ui_bad_path");
    CHECK(told(by, "/", {scope::ui}, "TRACE") == "405 ui_bad_method");
    fakes::memory_exchange foreign("POST", "/upload");
    ask(foreign);
    foreign.head.headers.set("origin", "https://evil.example");
    CHECK(told(by, foreign) == "403 foreign_origin");
    fakes::memory_exchange broken("GET", "/");
    ask(broken);
    broken.head.headers.set("x-a", "b\r\nc: d");
    CHECK(told(by, broken) == "400 ui_bad_field");
    fakes::memory_exchange placeless("GET", "/");
    placeless.head.via = transport::edge::tunnel;
    placeless.head.headers.set("x-layerline-host", "lab.print.example/x");
    CHECK(told(by, placeless) == "502 ui_bad_place");
    ui_proxy none(context, {});
    CHECK(told(none, "/") == "404 ui_not_configured");
    CHECK(ui.requests().empty());
}

TEST_CASE_METHOD(proxy_desk, "a body streams both ways")
{
    auto by = proxy();
    fakes::memory_exchange page("GET", "/asset.js");
    ask(page);
    CHECK(told(by, page) == "200");
    CHECK(page.sent == fakes::fake_ui::asset());
    CHECK(page.finished);
    fakes::memory_exchange upload("POST", "/upload", std::string(1'000'000, 'u'));
    ask(upload);
    CHECK(told(by, upload) == "201");
    CHECK(upload.sent.starts_with("1000000 "));
    CHECK(by.open() == 0);
}

TEST_CASE_METHOD(proxy_desk, "a name is looked up and kept, and all its addresses are tried")
{
    auto named = target("http://localhost:" + std::to_string(ui.port()));
    ui_proxy by(context, {named});
    fakes::run(context, by.pin_all());
    CHECK(told(by, "/") == "200");
}

TEST_CASE_METHOD(proxy_desk, "where nobody listens the answer says so, and a UI that comes back is found")
{
    auto by = proxy();
    const auto port = ui.port();
    ui.die();
    CHECK(told(by, "/") == "502 ui_unreachable");
    fakes::memory_exchange upload("POST", "/upload", "x");
    ask(upload);
    CHECK(told(by, upload) == "502 ui_unreachable");
    const fakes::fake_ui again(port);
    CHECK(told(by, "/") == "200");
}

TEST_CASE_METHOD(proxy_desk, "an answer that stands still is broken off, not waited for")
{
    ui_limits limits;
    limits.stall = std::chrono::milliseconds(50);
    auto by = proxy(limits);
    fakes::memory_exchange call("GET", "/endless");
    ask(call);
    CHECK(told(by, call) == "200");
    CHECK_FALSE(call.finished);
    CHECK(by.open() == 0);
}

TEST_CASE_METHOD(proxy_desk, "a caller's deadline holds for a UI that does not answer")
{
    auto by = proxy();
    fakes::memory_exchange call("POST", "/upload");
    ask(call);
    call.content = std::make_shared<fakes::silent_body>(); // so the UI waits for ever
    call.head.deadline = transport::clock::now() + std::chrono::milliseconds(50);
    CHECK(told(by, call) == "504 ui_timed_out");
}

TEST_CASE_METHOD(proxy_desk, "so many exchanges at once and no more, and room again when one ends")
{
    ui_limits limits;
    limits.max_open = 1;
    auto by = proxy(limits);
    fakes::memory_exchange held("GET", "/events");
    ask(held);
    bool over = false;
    transport::net::co_spawn(context, by.serve(held, {scope::ui}, owner),
                             [&over](const std::exception_ptr&) { over = true; });
    while (!held.answer && context.run_one() != 0) {
    }
    REQUIRE(held.answer);
    CHECK(told(by, "/") == "503 ui_busy");
    ui.next_event();
    context.restart();
    while (!over && context.run_one() != 0) {
    }
    CHECK(held.sent == "data: one\n\ndata: two\n\n");
    CHECK(told(by, "/") == "200");
}

TEST_CASE_METHOD(proxy_desk, "a camera of a UI is framed anew, as bulk, and ends with its caller")
{
    auto by = proxy();
    fakes::memory_exchange call("GET", "/webcam");
    ask(call);
    call.breaks_after = 100'000; // the caller goes after a few pictures
    fakes::run(context, by.serve(call, {scope::ui}, owner));
    REQUIRE(call.answer);
    CHECK(call.answer->status == 200);
    CHECK(call.answer->headers.find("content-type") == "multipart/x-mixed-replace; boundary=layerline-frame");
    CHECK(call.answer->headers.find("x-layerline-priority") == "bulk");
    CHECK(call.sent.starts_with("--layerline-frame\r\nContent-Type: image/jpeg\r\nContent-Length: 30000\r\n"
                                "X-Number: 1\r\n\r\n1 "));
    CHECK(by.open() == 0);
    fakes::memory_exchange asked("HEAD", "/webcam");
    ask(asked);
    fakes::run(context, by.serve(asked, {scope::ui}, owner));
    REQUIRE(asked.answer);
    CHECK(asked.answer->headers.find("content-type") ==
          "multipart/x-mixed-replace;boundary=boundarydonotcross");
}
