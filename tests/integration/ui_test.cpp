// Whole local UIs behind a printer's own host: the real relay and agent, and a UI that is a fake.
#include "tests/fakes/run_task.hpp"
#include "ui_rig.hpp"

#include "transport/error.hpp"
#include "transport/http_client.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace layerline::tests;
using layerline::fakes::fake_ui;
namespace transport = layerline::transport;
namespace net = transport::net;

namespace {

std::string seen(const transport::fields& headers, std::string_view name)
{
    return std::string(headers.find(name).value_or("(none)"));
}

// One read, as text.
transport::task<transport::result<std::string>> next_of(std::shared_ptr<transport::body_source> body)
{
    std::string part(4096, '\0');
    const auto got = co_await body->read_some(net::buffer(part));
    if (!got) co_return got.error();
    part.resize(*got);
    co_return part;
}

struct whole_message {
    std::string text;
    transport::message_kind kind = transport::message_kind::binary;
};

transport::task<transport::result<whole_message>> receive(std::shared_ptr<transport::message_stream> from)
{
    whole_message out;
    std::string part(4096, '\0');
    for (;;) {
        const auto got = co_await from->read_part(net::buffer(part));
        if (!got) co_return got.error();
        out.text.append(part, 0, got->bytes);
        out.kind = got->kind;
        if (got->last) co_return out;
    }
}

transport::task<transport::result<whole_message>> echoed(std::shared_ptr<transport::message_stream> by,
                                                         transport::message_kind kind, std::string text)
{
    const auto sent = co_await by->write_part(kind, net::buffer(text), true);
    if (!sent) co_return sent.error();
    auto back = co_await receive(by);
    co_return back;
}

} // namespace

TEST_CASE("a local UI is whole behind its own host: page, asset, login, redirect, upload", "[ui]")
{
    ui_rig rig;
    const auto page = web(rig.request("/"));
    INFO(page.status << page.body << page.error);
    REQUIRE(page.status == 200);
    CHECK(page.body == "<title>fake</title>");
    CHECK(seen(page.headers, "content-type") == "text/html");

    // What the UI was told, and what not.
    auto asked = rig.request("/?token=" + rig.token + "&x=1");
    asked.headers.set("origin", rig.origin());
    asked.headers.set("referer", rig.origin() + "/dash");
    asked.headers.set("x-forwarded-for", "127.0.0.1");
    asked.headers.set("x-real-ip", "127.0.0.1");
    asked.headers.set("x-api-key", "the UI's own");
    asked.headers.set("x-layerline-scopes", "admin");
    asked.headers.set("cookie", "theme=dark; layerline=ours");
    CHECK(web(asked).status == 200);
    const auto heard = rig.ui->requests().back();
    CHECK(heard.target == "/?token=" + rig.token + "&x=1"); // a query is the UI's, and opens nothing
    CHECK(heard.header("host") == "127.0.0.1:" + std::to_string(rig.ui->port()));
    CHECK(heard.header("origin") == rig.ui->url());
    CHECK(heard.header("referer") == rig.ui->url() + "/dash");
    CHECK(heard.header("x-forwarded-host") == rig.host());
    CHECK(heard.header("x-forwarded-proto") == "http");
    CHECK(heard.header("x-forwarded-for") == "127.0.0.1"); // of this test, as the relay saw it
    CHECK(heard.header("x-api-key") == "the UI's own");
    CHECK(heard.header("cookie") == "theme=dark");
    for (const auto& f : heard.headers) {
        INFO(f.name << ": " << f.value);
        CHECK(f.name != "authorization");
        CHECK(f.name != "x-real-ip");
        CHECK_FALSE(f.name.starts_with("x-layerline-"));
    }

    const auto asset = web(rig.request("/asset.js"));
    CHECK(asset.status == 200);
    CHECK(asset.body == fake_ui::asset());
    CHECK(seen(asset.headers, "etag") == "\"v1\"");
    auto part = rig.request("/asset.js");
    part.headers.set("range", "bytes=100-199");
    const auto ranged = web(part);
    CHECK(ranged.status == 206);
    CHECK(ranged.body == fake_ui::asset().substr(100, 100));
    CHECK(seen(ranged.headers, "content-range") == "bytes 100-199/300000");
    auto known = rig.request("/asset.js");
    known.headers.set("if-none-match", "\"v1\"");
    CHECK(web(known).status == 304);
    CHECK(web(rig.request("/asset.js", "HEAD")).body.empty());

    const auto login = web(rig.request("/login", "POST"));
    CHECK(login.status == 200);
    CHECK(seen(login.headers, "set-cookie") == "session=s3cret; Path=/; HttpOnly");
    CHECK(std::count_if(login.headers.begin(), login.headers.end(),
                        [](const auto& f) { return f.name == "set-cookie"; }) == 1);
    const auto out = web(rig.request("/private"));
    CHECK(out.status == 401);
    CHECK(out.body == "log in");
    CHECK(seen(out.headers, "www-authenticate") == "(none)");
    auto in = rig.request("/private");
    in.headers.set("cookie", "session=s3cret");
    CHECK(web(in).body == "secret page");

    const auto moved = web(rig.request("/old"));
    CHECK(moved.status == 302);
    CHECK(seen(moved.headers, "location") == rig.origin() + "/new");

    auto upload = rig.request("/upload", "POST");
    for (int i = 0; i < 200'000; ++i)
        upload.body += std::to_string(i);
    std::uint64_t sum = 0;
    for (const unsigned char c : upload.body)
        sum = sum * 31 + c;
    const auto taken = web(upload);
    CHECK(taken.status == 201);
    CHECK(taken.body == std::to_string(upload.body.size()) + " " + std::to_string(sum));

    // A path that only the UI has, though other hosts have it for themselves.
    for (const auto* path :
         {"/healthz", "/tunnel/v1", "/printers/x/plugin-api/v1/ping", "/app/", "/api/version"}) {
        INFO(path);
        CHECK(web(rig.request(path)).body == "no such page");
    }
    // The commands are what they are elsewhere, with any token that may.
    auto ping = rig.request("/plugin-api/v1/ping");
    CHECK(web(ping).code() == 200);
    ping.headers.set("authorization", "Bearer " + rig.at.relay_token());
    CHECK(web(ping).code() == 200);
    auto seed = rig.request("/octoeverywhere-command-api/ping", "POST");
    CHECK(web(seed).code() == 200);
    // The name that it was claimed with is a label, too.
    auto named = rig.request("/");
    named.headers.set("host", rig.host("rig"));
    CHECK(web(named).status == 200);
}

TEST_CASE("events of a local UI arrive one by one, and WebSockets carry text and binary", "[ui]")
{
    ui_rig rig;
    const auto client = rig.client();
    auto events = layerline::fakes::run(rig.context, client->send(rig.head("/events"), nullptr));
    REQUIRE(events.has_value());
    CHECK(seen(events->head.headers, "content-type") == "text/event-stream");
    CHECK(layerline::fakes::run(rig.context, next_of(events->body)).value() == "data: one\n\n");
    rig.ui->next_event();
    CHECK(layerline::fakes::run(rig.context, next_of(events->body)).value() == "data: two\n\n");
    CHECK(layerline::fakes::run(rig.context, next_of(events->body)).value().empty());

    auto head = rig.head("/websocket?x=1");
    head.headers.set("origin", rig.origin());
    head.headers.set("sec-websocket-protocol", "echo");
    head.headers.set("x-real-ip", "127.0.0.1");
    auto opened = layerline::fakes::run(rig.context, client->open_websocket(head));
    REQUIRE(opened.has_value());
    REQUIRE(opened->stream);
    CHECK(seen(opened->head.headers, "sec-websocket-protocol") == "echo");
    const auto heard = rig.ui->requests().back();
    CHECK(heard.target == "/websocket?x=1");
    CHECK(heard.header("origin") == rig.ui->url());
    CHECK(heard.header("authorization").empty());
    CHECK(heard.header("x-real-ip").empty());
    CHECK(heard.header("x-layerline-principal").empty());
    using transport::message_kind;
    for (const auto kind : {message_kind::text, message_kind::binary})
        for (const std::size_t size :
             {std::size_t(1), std::size_t(0), std::size_t(70'000), std::size_t(400'000)}) {
            const std::string text(size, kind == message_kind::text ? 't' : '\x80');
            const auto back = layerline::fakes::run(rig.context, echoed(opened->stream, kind, text));
            REQUIRE(back.has_value());
            CHECK(back->text == text);
            CHECK(back->kind == kind);
        }
    layerline::fakes::run(rig.context, opened->stream->close(1000, "done"));

    // A UI that says no says why.
    auto refused = rig.head("/no-such");
    const auto said = layerline::fakes::run(rig.context, client->open_websocket(refused));
    REQUIRE(said.has_value());
    CHECK_FALSE(said->stream);
    CHECK(said->head.status == 404);
}

TEST_CASE("a local UI that dies ends what was open at once, and is there again when it is back", "[ui]")
{
    ui_rig rig;
    const auto client = rig.client();
    auto download = layerline::fakes::run(rig.context, client->send(rig.head("/endless"), nullptr));
    REQUIRE(download.has_value());
    CHECK_FALSE(layerline::fakes::run(rig.context, next_of(download->body)).value().empty());
    auto events = layerline::fakes::run(rig.context, client->send(rig.head("/events"), nullptr));
    REQUIRE(events.has_value());
    CHECK(layerline::fakes::run(rig.context, next_of(events->body)).value() == "data: one\n\n");
    auto opened = layerline::fakes::run(rig.context, client->open_websocket(rig.head("/websocket")));
    REQUIRE(opened.has_value());
    REQUIRE(opened->stream);
    REQUIRE(layerline::fakes::run(rig.context, echoed(opened->stream, transport::message_kind::text, "hello"))
                .has_value());

    const auto port = rig.ui->port();
    const auto before = std::chrono::steady_clock::now();
    rig.ui->die();
    const auto drain = [&](const std::shared_ptr<transport::body_source>& body) {
        for (;;) {
            const auto part = layerline::fakes::run(rig.context, next_of(body), seconds(10));
            if (!part) return true; // broke off
            if (part->empty()) return false;
        }
    };
    CHECK(drain(download->body));
    CHECK(drain(events->body));
    CHECK_FALSE(layerline::fakes::run(rig.context, receive(opened->stream), seconds(10)).has_value());
    CHECK(std::chrono::steady_clock::now() - before < seconds(10));

    const auto dead = web(rig.request("/"));
    CHECK(dead.status == 502);
    CHECK(dead.json()["Cause"]["Code"] == "ui_unreachable");
    CHECK(dead.json()["Cause"]["Hop"] == "agent");
    const auto no_socket = layerline::fakes::run(rig.context, client->open_websocket(rig.head("/websocket")));
    REQUIRE(no_socket.has_value());
    CHECK_FALSE(no_socket->stream);
    CHECK(no_socket->head.status == 502);
    CHECK(rig.at.at_relay("GET", "ping").code() == 200); // the tunnel stayed

    rig.ui = std::make_unique<fake_ui>(port);
    CHECK(web(rig.request("/")).status == 200);
}

TEST_CASE("nothing reaches a local UI without a token that has the scope", "[ui][access]")
{
    ui_rig rig;
    const auto view = rig.at.make_relay_token("view").secret;
    const auto nearly = rig.at.make_relay_token("view,control,files,console,admin").secret;
    const auto others = rig.at.make_relay_token("ui", {"--printer", "aaaaaaaaaaaaaaaaaaaaaaaaaa"}).secret;
    const auto lan_token = rig.at.make_agent_token("ui").secret;
    const auto dead = rig.at.make_relay_token("ui");
    REQUIRE(rig.at.relay_command({"token", "revoke", dead.id}).exit_code == 0);
    REQUIRE(web(rig.request("/")).status == 200);
    const auto heard = rig.ui->requests().size();

    const std::vector<std::string> credentials{
        "",
        "Authorization: " + basic("ll_0123456789012345678901234567890123456789012") + "\r\n",
        "Authorization: " + basic("") + "\r\n",
        "Authorization: Basic !!!\r\n",
        "Authorization: Bearer\r\n",
        "Authorization: Digest x\r\n",
        "Authorization: " + basic(view) + "\r\n",
        "Authorization: Bearer " + nearly + "\r\n",
        "Authorization: Bearer " + others + "\r\n",
        "Authorization: Bearer " + lan_token + "\r\n",
        "Authorization: Bearer " + dead.secret + "\r\n",
        "X-Layerline-Principal: t-admin\r\nX-Layerline-Scopes: ui,admin\r\n",
        "X-Layerline-Host: " + rig.host() + "\r\nX-Layerline-Scheme: http\r\n",
        "X-Api-Key: " + rig.token + "\r\n",
        "Cookie: token=" + rig.token + "; authorization=Bearer " + rig.token + "\r\n",
        "Proxy-Authorization: Bearer " + rig.token + "\r\n",
        "X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\n",
        "Sec-WebSocket-Protocol: " + rig.token + "\r\n",
    };
    const std::string upgrade = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const std::vector<std::string> targets{
        "/",
        "/websocket",
        "//",
        "//websocket",
        "/./",
        "/%2e/private",
        "/a/../private",
        "/%70rivate",
        "/?token=" + rig.token,
        "/?access_token=" + rig.token,
        "http://" + rig.host() + "/",
        "http://user:" + rig.token + "@" + rig.host() + "/",
        "/printers/" + rig.at.agent_id() + "/",
        "/plugin-api/../",
        "/plugin-api/v1/../../private",
        "/plugin-api/%2e%2e/private",
    };
    for (const auto& credential : credentials)
        for (const auto& target : targets)
            for (const bool websocket : {false, true}) {
                auto fields = "Host: " + rig.host() + "\r\n" + credential;
                if (websocket) fields += "Connection: Upgrade, close\r\n" + upgrade;
                const auto request = "GET " + target + " HTTP/1.1\r\n" + fields +
                                     (websocket ? std::string() : std::string("Connection: close\r\n")) +
                                     "\r\n";
                // Refused at once: a head is all that is waited for.
                const auto answer = raw_exchange(rig.at.port_of(rig.at.relay_url()), request, seconds(1));
                INFO(request << answer.substr(0, 400));
                CHECK(answer.find(" 101 ") == std::string::npos);
                CHECK(answer.find("<title>") == std::string::npos);
                const bool command = target.starts_with("/plugin-api/");
                if (!command) CHECK_FALSE(answer.starts_with("HTTP/1.1 2"));
            }
    CHECK(rig.ui->requests().size() == heard);
}

TEST_CASE("smuggled and forged heads do not get past the token", "[ui][access]")
{
    ui_rig rig;
    const auto good = "Authorization: " + basic(rig.token) + "\r\n";
    const auto host = "Host: " + rig.host() + "\r\n";
    const auto heard = rig.ui->requests().size();
    const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";
    const std::vector<std::string> requests{
        // Two readings of where a request ends.
        "POST /upload HTTP/1.1\r\n" + host + good +
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
        "POST /upload HTTP/1.1\r\n" + host + good + "Content-Length: 5\r\nContent-Length: 60\r\n\r\nhello" +
            hidden,
        "POST /upload HTTP/1.1\r\n" + host + good + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden,
        "POST /upload HTTP/1.1\r\n" + host + good + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden,
        "GET / HTTP/1.1\r\n" + host + good + "X-A: b\r\n Host: evil\r\n\r\n",
        "GET / HTTP/1.1\r\n" + host + host + good + "\r\n",
        "GET / HTTP/1.1\r\n" + good + "\r\n",
        "GET /\x0bx HTTP/1.1\r\n" + host + good + "\r\n",
        "GET /a b HTTP/1.1\r\n" + host + good + "\r\n",
        "CONNECT 127.0.0.1:80 HTTP/1.1\r\n" + host + good + "\r\n",
    };
    for (const auto& request : requests) {
        const auto answer = raw_exchange(rig.at.port_of(rig.at.relay_url()), request, seconds(2));
        INFO(request << "\n" << answer.substr(0, 300));
        CHECK((answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 5")));
    }
    CHECK(rig.ui->requests().size() == heard);

    // With a good token these are refused by the agent: they climb, or are no method for pages.
    for (const auto* target :
         {"/../private", "/a/%2e%2e/private", "/a/..%2fprivate", "/a%5c..%5cb", "/a%00"}) {
        INFO(target);
        const auto answer = rig.raw("GET " + std::string(target) + " HTTP/1.1", host + good);
        CHECK(answer.starts_with("HTTP/1.1 400"));
    }
    CHECK(rig.raw("TRACE / HTTP/1.1", host + good).starts_with("HTTP/1.1 405"));
    CHECK(rig.ui->requests().size() == heard);

    // A second request on one connection needs a token of its own.
    const auto twice = raw_exchange(rig.at.port_of(rig.at.relay_url()),
                                    "GET / HTTP/1.1\r\n" + host + good + "\r\nGET /new HTTP/1.1\r\n" + host +
                                        "Connection: close\r\n\r\n");
    INFO(twice);
    CHECK(twice.starts_with("HTTP/1.1 200"));
    CHECK(twice.find("HTTP/1.1 401") != std::string::npos);
    CHECK(rig.ui->requests().size() == heard + 1);
    // Which fields a Connection field takes away is the caller's choice, but not these.
    const auto stripped =
        rig.raw("GET / HTTP/1.1", host + good + "Connection: authorization, x-layerline-scopes, host\r\n");
    CHECK(stripped.starts_with("HTTP/1.1 200"));
    CHECK(rig.ui->requests().back().header("authorization").empty());
}

TEST_CASE("a UI that its owner did not switch on stays shut, and the LAN listener offers none",
          "[ui][access]")
{
    ui_rig rig("forbidden_scopes = [\"console\", \"ui\"]\n");
    const auto shut = web(rig.request("/"));
    CHECK(shut.status == 403);
    CHECK(shut.json()["Cause"]["Code"] == "ui_switched_off");
    auto head = rig.head("/websocket");
    const auto no = layerline::fakes::run(rig.context, rig.client()->open_websocket(head));
    REQUIRE(no.has_value());
    CHECK_FALSE(no->stream);
    CHECK(no->head.status == 403);

    std::ofstream(rig.at.path("policy.toml")) << "forbidden_scopes = []\n";
    REQUIRE(rig.at.agent->stop() == 0);
    rig.at.start_agent();
    rig.at.wait_for_tunnel();
    CHECK(web(rig.request("/")).status == 200);
    const auto heard = rig.ui->requests().size();

    const auto token = rig.at.make_agent_token("view,control,files,ui,admin").secret;
    for (const auto* path : {"/", "//", "/websocket", "/private", "/new", "/./", "/%2e%2e/"}) {
        web_request asked;
        asked.url = rig.at.agent_url() + path;
        asked.headers.set("host", rig.host());
        asked.headers.set("x-layerline-host", rig.host());
        asked.headers.set("x-layerline-scheme", "http");
        asked.headers.set("x-layerline-principal", "t-forged");
        asked.headers.set("x-layerline-scopes", "ui");
        INFO(path);
        CHECK(web(asked).status == 401);
        asked.token = token;
        CHECK(web(asked).status == 404);
    }
    CHECK(rig.ui->requests().size() == heard);
}

TEST_CASE("a host asks browsers for a password, and other sites' pages get nothing", "[ui][access]")
{
    ui_rig rig;
    const auto bare = [&](const std::string& path) {
        auto asked = rig.request(path);
        asked.headers.erase("authorization");
        return web(asked);
    };
    const auto asked = bare("/");
    CHECK(asked.status == 401);
    CHECK(asked.json()["Status"] == 606);
    CHECK(seen(asked.headers, "www-authenticate") == "Basic realm=\"Layerline\", charset=\"UTF-8\"");
    CHECK(bare("/plugin-api/v1/ping").status == 606); // the commands are what they are elsewhere
    web_request path_mode;
    path_mode.url = rig.at.printer_url() + "/plugin-api/v1/ping";
    CHECK(web(path_mode).status == 606);
    path_mode.headers.set("x-layerline-status", "standard");
    CHECK(seen(web(path_mode).headers, "www-authenticate").starts_with("Bearer"));

    // One answer for a label that nobody has and for one that is another's.
    const auto others = rig.at.make_relay_token("ui", {"--printer", "aaaaaaaaaaaaaaaaaaaaaaaaaa"}).secret;
    const auto at_host = [&](const std::string& host, const std::string& secret) {
        auto one = rig.request("/");
        one.headers.set("host", host);
        one.headers.set("authorization", basic(secret));
        one.headers.set("x-request-id", "r");
        return web(one);
    };
    const auto unknown = at_host(rig.host("nobody"), rig.token);
    CHECK(unknown.status == 603);
    CHECK(at_host(rig.host("a.b"), rig.token).body == unknown.body);
    CHECK(at_host(rig.host(), others).body == unknown.body);
    CHECK(at_host("print.test:" + rig.port(), rig.token).status == 404);
    CHECK(at_host(rig.host("nobody"), "ll_0123456789012345678901234567890123456789012").status == 401);

    const auto heard = rig.ui->requests().size();
    const auto from = [&](const std::string& method, const std::string& path, const transport::fields& more) {
        auto one = rig.request(path, method);
        for (const auto& f : more)
            one.headers.set(f.name, f.value);
        return web(one);
    };
    for (const auto* origin : {"https://evil.example", "null", "http://rig.print.test"}) {
        INFO(origin);
        CHECK(from("POST", "/upload", {{"origin", origin}}).status == 403);
        CHECK(from("GET", "/", {{"origin", origin}}).json()["Cause"]["Code"] == "foreign_origin");
        auto socket = rig.head("/websocket");
        socket.headers.set("origin", origin);
        const auto no = layerline::fakes::run(rig.context, rig.client()->open_websocket(socket));
        REQUIRE(no.has_value());
        CHECK_FALSE(no->stream);
        CHECK(no->head.status == 403);
    }
    const transport::fields image{{"sec-fetch-site", "cross-site"}, {"sec-fetch-mode", "no-cors"}};
    CHECK(from("GET", "/octoeverywhere-command-api/ping", image).status == 403);
    CHECK(from("GET", "/", image).status == 403);
    CHECK(rig.ui->requests().size() == heard);
    const transport::fields link{
        {"sec-fetch-site", "cross-site"}, {"sec-fetch-mode", "navigate"}, {"sec-fetch-dest", "document"}};
    CHECK(from("GET", "/", link).status == 200);
    CHECK(from("GET", "/plugin-api/v1/ping", link).status == 403);
    CHECK(from("POST", "/upload", {{"origin", rig.origin()}}).status == 201);
}

TEST_CASE("a tunnel that is cut ends what was open, is back after a short outage, and leaves nothing behind",
          "[ui][tunnel]")
{
    ui_rig rig;
    const auto client = rig.client();
    REQUIRE(web(rig.request("/")).status == 200);
    const auto quiet = [&] {
        return std::pair(descriptors_of(*rig.at.relay), descriptors_of(*rig.at.agent));
    };
    const auto before = quiet();
    for (int round = 0; round < 3; ++round) {
        INFO("round " << round);
        auto opened = layerline::fakes::run(rig.context, client->open_websocket(rig.head("/websocket")));
        REQUIRE(opened.has_value());
        REQUIRE(opened->stream);
        REQUIRE(
            layerline::fakes::run(rig.context, echoed(opened->stream, transport::message_kind::text, "hello"))
                .has_value());
        auto download = layerline::fakes::run(rig.context, client->send(rig.head("/endless"), nullptr));
        REQUIRE(download.has_value());

        rig.way->refuse(true);
        rig.way->cut();
        CHECK_FALSE(layerline::fakes::run(rig.context, receive(opened->stream), seconds(10)).has_value());
        for (;;) {
            const auto part = layerline::fakes::run(rig.context, next_of(download->body), seconds(10));
            if (!part) break;
            REQUIRE_FALSE(part->empty()); // no end that looks whole
        }
        rig.way->refuse(false);
        CHECK(rig.at.becomes([&] { return web(rig.request("/")).status == 200; }));
    }
    // What was open is closed at both; the agent's and the client's kept connections to the UI and the relay
    // may stay.
    CHECK(rig.at.becomes([&] {
        const auto now = quiet();
        return now.first <= before.first + 4 && now.second <= before.second + 2;
    }));
}
