// The HTTP/1.1 server on real sockets: order, limits, bodies, and what it answers to nonsense.
#include "edges_fixture.hpp"

#include "transport/error.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <sys/resource.h>
#include <sys/stat.h>

#include <list>

using namespace layerline::transport;
using namespace std::chrono_literals;

namespace {

// What memory may grow by, in KiB; the sanitizers keep freed memory for a while.
#ifdef __SANITIZE_ADDRESS__
constexpr long some_memory = 256 * 1024;
#else
constexpr long some_memory = 16 * 1024;
#endif

const std::string plain_get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

std::string close_get(std::string_view fields = "")
{
    return "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + std::string(fields) + "\r\n";
}

task<void> echo(exchange& call)
{
    const auto text = co_await read_all(*call.body(), 1024 * 1024);
    if (text) co_await respond_with(call, {}, *text);
}

} // namespace

TEST_CASE_METHOD(edge_fixture, "one connection carries request after request, each with its id")
{
    listen();
    raw_peer peer(*this);
    peer.send("GET /a HTTP/1.1\r\nHost: h\r\nX-Request-Id: mine-1\r\n\r\n");
    const auto first = peer.read_answer();
    CHECK(first.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(first.find("x-request-id: mine-1\r\n") != std::string::npos);
    CHECK(first.ends_with("\r\n\r\nhello"));
    peer.send(plain_get);
    const auto second = peer.read_answer();
    CHECK(second.find("x-request-id: ") != std::string::npos);
    CHECK(second.find("mine-1") == std::string::npos);
    CHECK(server->connections() == 1);
}

TEST_CASE_METHOD(edge_fixture, "pipelined requests are answered in order, whatever their bodies")
{
    service.answer = [](exchange& call) -> task<void> {
        const auto text = co_await read_all(*call.body(), 1000);
        std::string said = call.request().target + ":";
        if (text) said += *text;
        co_await respond_with(call, {}, std::move(said));
    };
    listen();
    raw_peer peer(*this);
    const auto all =
        peer.ask("POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
                 "POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
                 "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n"
                 "POST /4 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nConnection: close\r\n\r\nz"
                 "GET /5 HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto one = all.find("/1:abc"), two = all.find("/2:x"), three = all.find("/3:"),
               four = all.find("/4:z");
    CHECK(one < two);
    CHECK(two < three);
    CHECK(three < four);
    CHECK(four != std::string::npos);
    CHECK(all.find("/5") == std::string::npos); // after "connection: close"
}

TEST_CASE_METHOD(edge_fixture,
                 "without a length an answer is chunked, and with HTTP/1.0 ends by the connection")
{
    service.answer = [](exchange& call) -> task<void> {
        co_await call.respond({});
        co_await call.write(net::buffer("abc", 3));
        co_await call.write(net::buffer("", 0));
        co_await call.write(net::buffer("defghijklmnop", 13));
        co_await call.finish();
    };
    listen();
    raw_peer peer(*this);
    CHECK(peer.ask(close_get()).ends_with("\r\n\r\n3\r\nabc\r\nd\r\ndefghijklmnop\r\n0\r\n\r\n"));
    raw_peer old(*this);
    const auto answer = old.ask("GET / HTTP/1.0\r\n\r\n");
    CHECK(answer.ends_with("\r\n\r\nabcdefghijklmnop"));
    CHECK(answer.find("chunked") == std::string::npos);
    CHECK(answer.find("connection: close") != std::string::npos);
}

TEST_CASE_METHOD(edge_fixture, "HTTP/1.0 keeps a connection if it asks for it and the length is known")
{
    listen();
    raw_peer peer(*this);
    for (int i = 0; i < 2; ++i) {
        peer.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        CHECK(peer.read_answer().find("connection: keep-alive") != std::string::npos);
    }
}

TEST_CASE_METHOD(edge_fixture, "HEAD is answered with the length and without the bytes")
{
    listen();
    raw_peer peer(*this);
    peer.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + close_get());
    const auto head = peer.read_until("\r\n\r\n");
    CHECK(head.find("content-length: 5\r\n") != std::string::npos);
    CHECK(peer.read_to_end().starts_with("HTTP/1.1 200"));
}

TEST_CASE_METHOD(edge_fixture, "statuses of the relay are sent as they are")
{
    service.answer = [](exchange& call) -> task<void> {
        response_head head;
        head.status = 601;
        co_await respond_with(call, std::move(head), "{}");
    };
    listen();
    raw_peer peer(*this);
    CHECK(peer.ask(close_get()).starts_with("HTTP/1.1 601 Relay\r\n"));
}

TEST_CASE_METHOD(edge_fixture, "a length that is not kept to ends the connection before the next answer")
{
    error_code said;
    const auto told = [&said](std::string length, std::string bytes) {
        return [&said, length, bytes](exchange& call) -> task<void> {
            response_head head;
            head.headers.set("content-length", length);
            co_await call.respond(std::move(head));
            const auto wrote = co_await call.write(net::buffer(bytes));
            const auto done = co_await call.finish();
            said = wrote ? done.error() : wrote.error();
        };
    };
    listen();
    service.answer = told("6", "hello");
    raw_peer less(*this);
    CHECK(less.ask(plain_get + plain_get).find("HTTP/1.1", 1) == std::string::npos);
    CHECK(said == errc::malformed);
    service.answer = told("4", "hello");
    raw_peer more(*this);
    CHECK(more.ask(plain_get + plain_get).find("hello") == std::string::npos);
    CHECK(said == errc::too_large);
    CHECK(service.calls == 2);
}

TEST_CASE_METHOD(edge_fixture, "a head that would break the answer apart is refused, and 500 is sent")
{
    service.answer = [](exchange& call) -> task<void> {
        response_head head;
        head.headers.set("x-file", "a\r\nset-cookie: b");
        co_await call.respond(std::move(head));
    };
    listen();
    raw_peer peer(*this);
    const auto answer = peer.ask(close_get());
    CHECK(answer.starts_with("HTTP/1.1 500"));
    CHECK(answer.find("set-cookie") == std::string::npos);
}

TEST_CASE_METHOD(edge_fixture,
                 "a handler without an answer, and one that throws, are a 500 with the request's id")
{
    listen();
    service.answer = [](exchange&) -> task<void> { co_return; };
    raw_peer silent(*this);
    silent.send("GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: r1\r\n\r\n");
    auto answer = silent.read_answer();
    CHECK(answer.starts_with("HTTP/1.1 500"));
    CHECK(answer.find("\"RequestId\":\"r1\"") != std::string::npos);
    service.answer = [](exchange&) -> task<void> {
        throw std::runtime_error("broken on purpose");
        co_return;
    };
    silent.send(plain_get); // the connection lives on
    CHECK(silent.read_answer().starts_with("HTTP/1.1 500"));
    service.answer = [](exchange& call) { return say(call, "fine"); };
    silent.send(plain_get);
    CHECK(silent.read_answer().ends_with("fine"));
}

TEST_CASE_METHOD(edge_fixture, "an answer that is left unfinished does not look whole")
{
    service.answer = [](exchange& call) -> task<void> {
        co_await call.respond({});
        co_await call.write(net::buffer("abc", 3));
        throw std::runtime_error("broken on purpose");
    };
    listen();
    raw_peer peer(*this);
    peer.send(plain_get);
    const auto answer = peer.read_to_end();
    CHECK(answer.find("0\r\n\r\n") == std::string::npos);
    raw_peer old(*this);
    CHECK(old.ask("GET / HTTP/1.0\r\n\r\n").ends_with("<reset>"));
}

TEST_CASE_METHOD(edge_fixture,
                 "malformed and ambiguous requests are answered in JSON, and the connection closes")
{
    listen();
    const auto status = [this](std::string_view bytes) {
        raw_peer peer(*this);
        const auto answer = peer.ask(bytes);
        INFO(answer);
        CHECK(answer.find("content-type: application/json\r\n") != std::string::npos);
        CHECK(answer.find("x-request-id: ") != std::string::npos);
        CHECK(answer.find("\"Error\":\"") != std::string::npos);
        return answer.substr(9, 3);
    };
    CHECK(status("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" +
                 plain_get) == "400");
    CHECK(status("GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n") == "501");
    CHECK(status("GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n") == "400");
    CHECK(status("GET / HTTP/1.1\nHost: h\n\n") == "400");
    CHECK(status("GET /" + std::string(8192, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n") == "414");
    CHECK(status("GET / HTTP/1.1\r\nHost: h\r\nX-Layerline-Timeout-Ms: soon\r\n\r\n") == "400");
    CHECK(status("\x01\x02\x03") == "400");
    CHECK(service.calls == 0);
    raw_peer peer(*this);
    CHECK(peer.ask(close_get()).ends_with("hello")); // and the service goes on
}

TEST_CASE_METHOD(edge_fixture, "a malformed chunk breaks the body off, and nothing after it is a request")
{
    error_code said;
    service.answer = [&said](exchange& call) -> task<void> {
        const auto text = co_await read_all(*call.body(), 1000);
        said = text.error();
        response_head head;
        head.status = 400;
        co_await respond_with(call, std::move(head), "bad");
    };
    listen();
    raw_peer peer(*this);
    const auto answer = peer.ask(
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n" + plain_get);
    CHECK(said == errc::malformed);
    CHECK(service.calls == 1);
    CHECK(answer.starts_with("HTTP/1.1 400"));
}

TEST_CASE_METHOD(edge_fixture, "a header of 100 MB is refused at the limit")
{
    listen();
    raw_peer peer(*this);
    peer.send("GET / HTTP/1.1\r\nHost: h\r\nX: ");
    const std::string block(1024 * 1024, 'x');
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 100; ++i)
        if (peer.send_while_taken(block) < block.size()) break;
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    const auto answer = peer.read_to_end();
    CHECK(answer.starts_with("HTTP/1.1 431"));
    CHECK(after.ru_maxrss - before.ru_maxrss < some_memory);
    CHECK(service.calls == 0);
}

TEST_CASE_METHOD(edge_fixture, "a head that comes too slowly is answered 408, an idle connection just closes")
{
    listen([](listen_options& o) {
        o.limits.head_timeout = 1s;
        o.limits.idle_timeout = 1s;
    });
    raw_peer slow(*this), idle(*this);
    slow.send("GET / HT");
    CHECK(slow.read_to_end().starts_with("HTTP/1.1 408"));
    CHECK(idle.read_to_end().empty());
    CHECK(service.calls == 0);
}

TEST_CASE_METHOD(edge_fixture, "100 Continue is sent when the body is first read, and not before")
{
    service.answer = echo;
    listen();
    raw_peer peer(*this);
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    CHECK(peer.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("abc");
    CHECK(peer.read_answer().ends_with("abc"));

    service.answer = [](exchange& call) -> task<void> {
        response_head head;
        head.status = 413;
        co_await respond_with(call, std::move(head), "no");
    };
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    const auto refused = peer.read_answer();
    CHECK(refused.starts_with("HTTP/1.1 413"));
    CHECK(refused.find("connection: close") != std::string::npos);
}

TEST_CASE_METHOD(edge_fixture,
                 "a body that nobody read is passed over up to 256 KiB, and past that the connection closes")
{
    listen();
    raw_peer peer(*this);
    const auto request = [](std::size_t n) {
        return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(n) + "\r\n\r\n" +
               std::string(n, 'b');
    };
    peer.send(request(256 * 1024));
    CHECK(peer.read_answer().ends_with("hello"));
    peer.send(plain_get);
    CHECK(peer.read_answer().ends_with("hello"));
    peer.send(request(256 * 1024 + 1) + plain_get);
    CHECK(peer.read_answer().ends_with("hello"));
    CHECK(peer.read_to_end().empty());
    CHECK(service.calls == 3);
}

TEST_CASE_METHOD(edge_fixture, "authority from a caller is removed, the deadline is taken in")
{
    std::optional<clock::time_point> deadline;
    bool authority = true;
    service.answer = [&](exchange& call) -> task<void> {
        const auto& head = call.request();
        authority = head.headers.find("x-layerline-principal") || head.headers.find("x-layerline-scopes");
        deadline = head.deadline;
        CHECK(head.via == edge::lan);
        CHECK(head.peer == "127.0.0.1");
        co_await respond_with(call, {}, "");
    };
    listen();
    raw_peer peer(*this);
    const auto before = clock::now();
    peer.ask(close_get(
        "X-Layerline-Principal: me\r\nX-LAYERLINE-SCOPES: admin\r\nX-Layerline-Timeout-Ms: 5000\r\n"));
    CHECK_FALSE(authority);
    REQUIRE(deadline);
    CHECK(*deadline >= before + 5s);
    CHECK(*deadline <= clock::now() + 5s);
}

TEST_CASE_METHOD(edge_fixture, "a slow reader holds the writer back")
{
    std::size_t written = 0;
    service.answer = [&written](exchange& call) -> task<void> {
        const std::string block(64 * 1024, 'x');
        co_await call.respond({});
        while (written < 64u * 1024 * 1024) {
            if (!co_await call.write(net::buffer(block))) co_return;
            written += block.size();
        }
        co_await call.finish();
    };
    listen();
    raw_peer peer(*this);
    peer.send(plain_get);
    peer.read_until("\r\n\r\n");
    // Nothing is left to be done until the peer reads.
    context.restart();
    while (context.poll_one() > 0) {
    }
    const auto held = written;
    CHECK(held < 24u * 1024 * 1024); // what the kernel's buffers take, and no more
    peer.close();
    until([this] { return server->connections() == 0; });
}

TEST_CASE_METHOD(edge_fixture, "an upload of 50 MB streams through little memory")
{
    std::uint64_t got = 0;
    service.answer = [&got](exchange& call) -> task<void> {
        std::array<char, 32768> part;
        for (;;) {
            const auto n = co_await call.body()->read_some(net::buffer(part));
            if (!n || *n == 0) break;
            got += *n;
        }
        co_await respond_with(call, {}, "done");
    };
    listen();
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    raw_peer counted(*this), chunked(*this);
    const std::string block(1024 * 1024, 'x');
    counted.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(50 * block.size()) +
                 "\r\n\r\n");
    chunked.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 50; ++i)
        counted.send(block);
    CHECK(counted.read_answer().ends_with("done"));
    CHECK(got == 50 * block.size());
    for (int i = 0; i < 50; ++i)
        chunked.send("100000\r\n" + block + "\r\n");
    chunked.send("0\r\n\r\n");
    CHECK(chunked.read_answer().ends_with("done"));
    CHECK(got == 100 * block.size());
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    CHECK(after.ru_maxrss - before.ru_maxrss < some_memory);
}

TEST_CASE_METHOD(edge_fixture, "connections past the limit are told 503, and there is room again afterwards")
{
    listen([](listen_options& o) { o.limits.max_connections = 2; });
    raw_peer one(*this);
    {
        raw_peer two(*this);
        one.send(plain_get);
        two.send(plain_get);
        one.read_answer();
        two.read_answer();
        raw_peer three(*this);
        three.send(close_get());
        const auto answer = three.read_answer();
        CHECK(answer.starts_with("HTTP/1.1 503"));
        CHECK(answer.find("retry-after: ") != std::string::npos);
    }
    until([this] { return server->connections() == 1; });
    raw_peer again(*this);
    CHECK(again.ask(close_get()).ends_with("hello"));
}

TEST_CASE_METHOD(edge_fixture, "a body that is kept past its exchange ends with an error")
{
    std::shared_ptr<body_source> kept;
    service.answer = [&kept](exchange& call) -> task<void> {
        if (!kept) kept = call.body();
        co_await respond_with(call, {}, "early");
    };
    listen();
    raw_peer peer(*this);
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + close_get());
    peer.read_to_end();
    char byte = 0;
    CHECK(run(kept->read_some(net::buffer(&byte, 1))).error() == errc::closed);
    kept.reset();
}

TEST_CASE_METHOD(edge_fixture,
                 "stop lets an exchange end within its grace, and closes idle connections at once")
{
    net::steady_timer go(context, clock::time_point::max());
    bool begun = false;
    service.answer = [&](exchange& call) -> task<void> {
        begun = true;
        error_code ignored;
        co_await go.async_wait(net::redirect_error(net::use_awaitable, ignored));
        co_await respond_with(call, {}, "late");
    };
    listen();
    raw_peer idle(*this), busy(*this);
    busy.send(plain_get);
    until([&] { return begun && server->connections() == 2; });
    server->stop(10s);
    CHECK(idle.read_to_end().empty());
    go.cancel();
    CHECK(busy.read_to_end().ends_with("late"));
    busy.close();
    until([this] { return ended; });
    context.restart();
    CHECK(context.run_for(5s) < 100); // nothing is left that runs
    CHECK(context.stopped());
}

TEST_CASE_METHOD(edge_fixture, "stop cuts what does not end within its grace")
{
    bool cancelled = false, begun = false;
    service.answer = [&](exchange&) -> task<void> {
        begun = true;
        net::steady_timer never(co_await net::this_coro::executor, clock::time_point::max());
        error_code ec;
        co_await never.async_wait(net::redirect_error(net::use_awaitable, ec));
        cancelled = ec == net::error::operation_aborted;
    };
    listen();
    raw_peer busy(*this);
    busy.send(plain_get);
    until([&] { return begun; });
    stop(10ms);
    CHECK(cancelled);
}

TEST_CASE_METHOD(edge_fixture,
                 "without descriptors a caller is told so, and the next is served when there are some")
{
    listen();
    raw_peer first(*this);
    first.send(plain_get);
    first.read_answer();
    rlimit old{};
    ::getrlimit(RLIMIT_NOFILE, &old);
    net::ip::tcp::socket waiting(context);
    waiting.open(net::ip::tcp::v4());
    rlimit scarce{static_cast<rlim_t>(waiting.native_handle()) + 1, old.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &scarce);
    waiting.connect({net::ip::address_v4::loopback(), server->port()});
    // Steps that the context takes while nothing can be accepted: a few, not a spin.
    context.restart();
    CHECK(context.run_for(500ms) < 50);
    CHECK(server->connections() == 1);
    ::setrlimit(RLIMIT_NOFILE, &old);
    waiting.non_blocking(true);
    std::string told(4096, '\0');
    error_code ec;
    told.resize(waiting.read_some(net::buffer(told), ec));
    CHECK(told.starts_with("HTTP/1.1 503"));
    CHECK(told.find("retry-after") != std::string::npos);
    raw_peer second(*this);
    second.send(plain_get);
    CHECK(second.read_answer().starts_with("HTTP/1.1 200"));
}

TEST_CASE_METHOD(edge_fixture, "without descriptors a whole crowd is told so, though none of it hangs up")
{
    listen();
    rlimit old{};
    ::getrlimit(RLIMIT_NOFILE, &old);
    std::list<net::ip::tcp::socket> crowd;
    for (int i = 0; i < 60; ++i)
        crowd.emplace_back(context).open(net::ip::tcp::v4());
    rlimit scarce{static_cast<rlim_t>(crowd.front().native_handle()), old.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &scarce);
    bool silent = false;
    for (auto& caller : crowd) {
        caller.connect({net::ip::address_v4::loopback(), server->port()});
        if ((silent = !silent)) continue;
        net::write(caller, net::buffer(std::string(plain_get)));
    }
    std::string told(4096, '\0');
    std::size_t answers = 0;
    for (auto& caller : crowd) {
        caller.non_blocking(true);
        error_code ec;
        std::size_t count = 0;
        until([&] {
            return (count = caller.read_some(net::buffer(told), ec)) > 0 || ec != net::error::would_block;
        });
        answers += told.compare(0, 12, "HTTP/1.1 503", 0, std::min<std::size_t>(count, 12)) == 0 ? 1 : 0;
    }
    ::setrlimit(RLIMIT_NOFILE, &old);
    CHECK(answers == crowd.size());
    raw_peer next(*this);
    next.send(plain_get);
    CHECK(next.read_answer().starts_with("HTTP/1.1 200"));
}

TEST_CASE_METHOD(edge_fixture, "a unix socket is for its owner alone, and an older file is replaced")
{
    temporary_folder folder;
    const auto path = folder.path / "edge.sock";
    {
        net::local::stream_protocol::acceptor left_behind(context, path.string());
    }
    REQUIRE(std::filesystem::exists(path));
    listen([&](listen_options& o) {
        o.unix_path = path;
        o.via = edge::local;
    });
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    service.answer = [](exchange& call) -> task<void> {
        CHECK(call.request().via == edge::local);
        co_await respond_with(call, {}, call.request().peer);
    };
    const auto answer = run(fetch(client_at("unix:" + path.string()), get("/"), nullptr));
    REQUIRE(answer.has_value());
    CHECK(answer->second == "unix");
    stop(0ms);
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE_METHOD(edge_fixture, "what cannot be listened on is an error at once")
{
    listen();
    listen_options taken;
    taken.port = server->port();
    CHECK(listen_http(context, taken, service).error() == net::error::address_in_use);
    listen_options odd;
    odd.address = "not numeric";
    CHECK(listen_http(context, odd, service).has_error());
    listen_options longest;
    longest.unix_path = "/tmp/" + std::string(200, 'x');
    CHECK(listen_http(context, longest, service).has_error());
}
