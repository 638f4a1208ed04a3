// The HTTP/2 session without any I/O: two of them, joined by strings.
#include "transport/error.hpp"
#include "transport/tunnel/h2_session.hpp"

#include <catch2/catch.hpp>

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <deque>

using namespace layerline::transport;

namespace {

constexpr std::size_t message = 64 * 1024;

// Two sessions and what each was told.
struct session_pair {
    explicit session_pair(tunnel_limits both = {}, bool greet = true)
        : limits(both), client(h2_role::client, limits), server(h2_role::server, limits)
    {
        if (greet) settle();
    }

    tunnel_limits limits;
    h2_session client, server;
    std::vector<h2_event::any> to_client, to_server;

    static void keep(h2_session& from, std::vector<h2_event::any>& into)
    {
        for (auto& event : from.take_events())
            into.push_back(std::move(event));
    }
    bool one_way(h2_session& from, h2_session& to)
    {
        std::string bytes;
        if (!from.gather(bytes, message)) return false;
        REQUIRE(bytes.size() <= message);
        REQUIRE(to.receive(bytes));
        return true;
    }
    // Until neither has anything to say.
    void settle()
    {
        bool moved = true;
        while (moved) {
            const bool up = one_way(client, server);
            const bool down = one_way(server, client);
            moved = up || down;
            keep(client, to_client);
            keep(server, to_server);
        }
    }
    h2_stream_id get(std::string target = "/x", fields headers = {},
                     h2_priority priority = h2_priority::normal)
    {
        const auto id = client.request("GET", target, std::move(headers), priority, false);
        REQUIRE(id);
        return *id;
    }
    template <class Event>
    static std::vector<Event> all(const std::vector<h2_event::any>& events)
    {
        std::vector<Event> out;
        for (const auto& event : events)
            if (const auto* one = std::get_if<Event>(&event)) out.push_back(*one);
        return out;
    }
    std::string read_all(h2_session& session, h2_stream_id id)
    {
        std::string out(1 << 20, '\0');
        out.resize(session.read(id, out));
        return out;
    }
};

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload)
{
    std::string out;
    out.push_back(static_cast<char>(payload.size() >> 16));
    out.push_back(static_cast<char>(payload.size() >> 8));
    out.push_back(static_cast<char>(payload.size()));
    out.push_back(static_cast<char>(type));
    out.push_back(static_cast<char>(flags));
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(stream >> shift));
    out += payload;
    return out;
}

// HPACK, literals without indexing and without Huffman: enough to send what no honest client would.
std::string literal(std::string_view name, std::string_view value)
{
    std::string out(1, '\0');
    for (const auto part : {name, value}) {
        REQUIRE(part.size() < 127);
        out.push_back(static_cast<char>(part.size()));
        out += part;
    }
    return out;
}

std::string raw_request(std::uint32_t stream, std::initializer_list<field> more,
                        std::string_view method = "GET")
{
    std::string block = literal(":method", method) + literal(":scheme", "http") + literal(":authority", "h") +
                        literal(":path", "/");
    for (const auto& f : more)
        block += literal(f.name, f.value);
    return frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, stream, block);
}

const std::string greeting = std::string(NGHTTP2_CLIENT_MAGIC) + frame(NGHTTP2_SETTINGS, 0, 0, "");

} // namespace

TEST_CASE("a request and its answer pass with their fields", "[tunnel][h2]")
{
    session_pair p;
    const auto id =
        p.get("/a?b=c", {{"host", "printer.example"}, {"accept", "*/*"}, {"x-many", "1"}, {"x-many", "2"}});
    p.settle();
    const auto requests = p.all<h2_event::request>(p.to_server);
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].method == "GET");
    CHECK(requests[0].target == "/a?b=c");
    CHECK(requests[0].headers.find("host") == "printer.example");
    CHECK(std::count_if(requests[0].headers.begin(), requests[0].headers.end(),
                        [](const field& f) { return f.name == "x-many"; }) == 2);
    REQUIRE(p.server.answer(id, 601, {{"content-type", "text/plain"}}, {}));
    CHECK(p.server.write(id, std::string("hello")) == 5);
    p.server.end_body(id);
    p.settle();
    const auto answers = p.all<h2_event::answer>(p.to_client);
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].status == 601);
    CHECK(answers[0].headers.find("content-type") == "text/plain");
    CHECK(p.read_all(p.client, id) == "hello");
    CHECK(p.client.body_is_over(id));
    p.client.release(id);
    p.server.release(id);
    CHECK(p.client.open_streams() == 0);
    CHECK(p.server.open_streams() == 0);
    CHECK(p.client.buffered() + p.server.buffered() == 0);
}

TEST_CASE("a request that ended with its head is known to have no body", "[tunnel][h2]")
{
    session_pair p;
    p.get("/none");
    REQUIRE(p.client.request("POST", "/some", {}, h2_priority::normal, true));
    p.settle();
    const auto seen = session_pair::all<h2_event::request>(p.to_server);
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].bodiless);
    CHECK_FALSE(seen[1].bodiless);
}

TEST_CASE("a request without a host arrives without one", "[tunnel][h2]")
{
    session_pair p;
    p.get("/", {});
    p.settle();
    CHECK_FALSE(p.all<h2_event::request>(p.to_server).at(0).headers.find("host"));
}

TEST_CASE("fields of one hop are left out on both sides", "[tunnel][h2]")
{
    session_pair p;
    SECTION("of a request")
    {
        p.get("/", {{"connection", "close, x-hop"},
                    {"x-hop", "1"},
                    {"upgrade", "h2c"},
                    {"te", "gzip"},
                    {"transfer-encoding", "chunked"},
                    {"keep-alive", "5"},
                    {"x-stays", "1"}});
        p.settle();
        const auto requests = p.all<h2_event::request>(p.to_server);
        REQUIRE(requests.size() == 1);
        CHECK(requests[0].headers.size() == 1);
        CHECK(requests[0].headers.find("x-stays"));
    }
    SECTION("of an answer")
    {
        const auto id = p.get();
        p.settle();
        REQUIRE(
            p.server.answer(id, 200, {{"connection", "keep-alive"}, {"transfer-encoding", "chunked"}}, {}));
        p.settle();
        CHECK(p.all<h2_event::answer>(p.to_client).at(0).headers.empty());
    }
}

TEST_CASE("a head that HTTP does not allow is refused before it is sent", "[tunnel][h2]")
{
    session_pair p;
    const auto refused = [&](const std::string& method, const std::string& target, fields headers) {
        const auto id = p.client.request(method, target, std::move(headers), h2_priority::normal, false);
        return id ? boost::system::error_code() : id.error();
    };
    CHECK(refused("GET", "/", {{"a b", "1"}}) == errc::malformed);
    CHECK(refused("GET", "/", {{"", "1"}}) == errc::malformed);
    CHECK(refused("GET", "/", {{":path", "/other"}}) == errc::malformed);
    CHECK(refused("GET", "/", {{"a", "1\r\nb: 2"}}) == errc::malformed);
    CHECK(refused("GET", "/", {{"a", std::string("1\0", 2)}}) == errc::malformed);
    CHECK(refused("GET", "/", {{"host", "a b"}}) == errc::malformed);
    CHECK(refused("GET", "", {}) == errc::malformed);
    CHECK(refused("GET", "x", {}) == errc::malformed);
    CHECK(refused("GET", "/a b", {}) == errc::malformed);
    CHECK(refused("", "/", {}) == errc::malformed);
    CHECK(refused("G T", "/", {}) == errc::malformed);
    CHECK(refused("CONNECT", "/", {}) == errc::malformed);
    CHECK(refused("POST", "/", {{"content-length", "1"}, {"content-length", "2"}}) == errc::malformed);
    CHECK(refused("POST", "/", {{"content-length", "-1"}}) == errc::malformed);
    p.settle();
    CHECK(p.to_server.empty());
    CHECK(p.client.open_streams() == 0);
    // What merely looks odd passes: blanks around, upper case of a value, the same length twice.
    CHECK_FALSE(refused("OPTIONS", "*", {{"x", "  padded \t"}, {"y", "caf\xc3\xa9"}}));
    CHECK_FALSE(refused("GET", "/", {{"content-length", "0"}, {"content-length", "0"}}));
    p.settle();
    CHECK(p.all<h2_event::request>(p.to_server).size() == 2);
    CHECK(p.all<h2_event::request>(p.to_server).at(0).headers.find("x") == "padded");
}

TEST_CASE("a head over the limit is refused before it is sent", "[tunnel][h2]")
{
    session_pair p;
    const auto id =
        p.client.request("GET", "/", {{"x", std::string(70'000, 'x')}}, h2_priority::normal, false);
    REQUIRE_FALSE(id);
    CHECK(id.error() == errc::too_large);
    // A head just below the limit passes, whole.
    const auto fits = p.get("/", {{"x", std::string(64'000, 'x')}});
    p.settle();
    REQUIRE(p.all<h2_event::request>(p.to_server).size() == 1);
    CHECK(p.all<h2_event::request>(p.to_server)[0].headers.find("x")->size() == 64'000);
    const auto sent = p.server.answer(fits, 200, {{"x", std::string(70'000, 'x')}}, {});
    REQUIRE_FALSE(sent);
    CHECK(sent.error() == errc::too_large);
    // The exchange can still be answered with something smaller.
    CHECK(p.server.answer(fits, 500, {}, {}));
    p.settle();
    CHECK(p.all<h2_event::answer>(p.to_client).at(0).status == 500);
}

TEST_CASE("a head over the limit that comes in is refused without being kept", "[tunnel][h2]")
{
    tunnel_limits small;
    small.max_header_bytes = 1000;
    h2_session server(h2_role::server, small);
    REQUIRE(server.receive(greeting));
    for (std::uint32_t id = 1; id < 9; id += 2) {
        const std::string much(120, 'x');
        REQUIRE(server.receive(
            raw_request(id, {{"a", much}, {"b", much}, {"c", much}, {"d", much}, {"e", much}, {"f", much}})));
    }
    const auto requests = session_pair::all<h2_event::request>(server.take_events());
    REQUIRE(requests.size() == 4);
    for (const auto& r : requests)
        CHECK(r.refuse == 431);
}

TEST_CASE("an answer whose head is over the limit ends its stream alone", "[tunnel][h2]")
{
    tunnel_limits small;
    small.max_header_bytes = 1000;
    h2_session client(h2_role::client, small);
    h2_session server(h2_role::server, {}); // may send 64 KiB
    std::string bytes;
    const auto id = client.request("GET", "/", {}, h2_priority::normal, false);
    client.gather(bytes, message);
    REQUIRE(server.receive(bytes));
    REQUIRE(server.answer(*id, 200, {{"x", std::string(5000, 'x')}}, {}));
    server.end_body(*id);
    bytes.clear();
    server.gather(bytes, message);
    REQUIRE(client.receive(bytes));
    bytes.clear();
    client.gather(bytes, message);
    const auto closed = session_pair::all<h2_event::closed>(client.take_events());
    REQUIRE(closed.size() == 1);
    CHECK(closed[0].why == errc::too_large);
}

TEST_CASE("invalid fields from the peer reset their stream and no other", "[tunnel][h2]")
{
    const auto bad = GENERATE(table<std::string, std::string>({{"a b", "1"},
                                                               {"A", "1"},
                                                               {"a", "1\r\n"},
                                                               {"a", " 1"},
                                                               {"connection", "close"},
                                                               {"transfer-encoding", "chunked"},
                                                               {"content-length", "x"},
                                                               {":path", "/again"}}));
    h2_session server(h2_role::server, {});
    REQUIRE(server.receive(greeting + raw_request(1, {{std::get<0>(bad), std::get<1>(bad)}}) +
                           raw_request(3, {})));
    std::string bytes;
    server.gather(bytes, message);
    const auto requests = session_pair::all<h2_event::request>(server.take_events());
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].stream == 3);
    CHECK(bytes.find(frame(NGHTTP2_RST_STREAM, 0, 1, std::string("\0\0\0\1", 4))) != std::string::npos);
    CHECK(server.open_streams() == 1);
    CHECK_FALSE(server.finished());
}

TEST_CASE("invalid fields of an answer reach whoever waits for it", "[tunnel][h2]")
{
    h2_session client(h2_role::client, {});
    const auto id = client.request("GET", "/", {}, h2_priority::normal, false);
    std::string bytes;
    client.gather(bytes, message);
    REQUIRE(client.receive(frame(NGHTTP2_SETTINGS, 0, 0, "") +
                           frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, static_cast<std::uint32_t>(*id),
                                 literal(":status", "200") + literal("bad name", "1"))));
    client.gather(bytes, message);
    const auto events = client.take_events();
    CHECK(session_pair::all<h2_event::answer>(events).empty());
    REQUIRE(session_pair::all<h2_event::closed>(events).size() == 1);
    CHECK(session_pair::all<h2_event::closed>(events)[0].why == errc::malformed);
}

TEST_CASE("trailers and 1xx answers are dropped", "[tunnel][h2]")
{
    h2_session client(h2_role::client, {});
    const auto id = client.request("GET", "/", {}, h2_priority::normal, false);
    const auto stream = static_cast<std::uint32_t>(*id);
    std::string bytes;
    client.gather(bytes, message);
    REQUIRE(client.receive(frame(NGHTTP2_SETTINGS, 0, 0, "") +
                           frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream,
                                 literal(":status", "103") + literal("link", "x")) +
                           frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream,
                                 literal(":status", "200") + literal("a", "1")) +
                           frame(NGHTTP2_DATA, 0, stream, "body") +
                           frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, stream,
                                 literal("trailer", "x"))));
    const auto answers = session_pair::all<h2_event::answer>(client.take_events());
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].status == 200);
    CHECK(answers[0].headers.size() == 1);
    std::array<char, 16> body{};
    CHECK(client.read(*id, body) == 4);
    CHECK(client.body_is_over(*id));
}

TEST_CASE("a CONNECT to something else than a WebSocket is refused with 501", "[tunnel][h2]")
{
    h2_session server(h2_role::server, {});
    const auto block = literal(":method", "CONNECT") + literal(":protocol", "connect-udp") +
                       literal(":scheme", "http") + literal(":authority", "h") + literal(":path", "/ws");
    REQUIRE(server.receive(greeting + frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, block)));
    const auto requests = session_pair::all<h2_event::request>(server.take_events());
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].refuse == 501);
    REQUIRE(server.answer(1, 501, {}, {}));
    server.end_body(1);
    server.release(1);
    std::string bytes;
    server.gather(bytes, message);
    // The caller's side of the stream is given up too, or it would stay for ever.
    CHECK(bytes.find(frame(NGHTTP2_RST_STREAM, 0, 1, std::string("\0\0\0\0", 4))) != std::string::npos);
    CHECK(server.open_streams() == 0);
}

TEST_CASE("more streams than the peer takes are refused here and now", "[tunnel][h2]")
{
    tunnel_limits few;
    few.max_streams = 3;
    session_pair p(few);
    std::vector<h2_stream_id> open;
    for (int i = 0; i < 3; ++i)
        open.push_back(p.get());
    const auto more = p.client.request("GET", "/", {}, h2_priority::normal, false);
    REQUIRE_FALSE(more);
    CHECK(more.error() == errc::too_many_streams);
    p.settle();
    REQUIRE(p.server.answer(open[0], 200, {}, {}));
    p.server.end_body(open[0]);
    p.settle();
    CHECK(p.client.open_streams() == 2);
    CHECK(p.client.request("GET", "/", {}, h2_priority::normal, false));
}

TEST_CASE("before its settings are here a peer is asked no more than it surely takes", "[tunnel][h2]")
{
    session_pair p({}, false);
    int taken = 0;
    while (p.client.request("GET", "/", {}, h2_priority::normal, false) && taken < 1000)
        ++taken;
    CHECK(taken == 100);
    p.settle();
    CHECK(p.all<h2_event::request>(p.to_server).size() == 100);
    CHECK(p.client.request("GET", "/", {}, h2_priority::normal, false));
}

TEST_CASE("five thousand cancelled requests in a row leave the tunnel up", "[tunnel][h2]")
{
    session_pair p;
    for (int i = 0; i < 5000; ++i) {
        const auto id = p.get();
        p.settle();
        p.client.release(id);
        p.settle();
        REQUIRE(p.all<h2_event::closed>(p.to_server).size() == 1);
        CHECK(p.all<h2_event::closed>(p.to_server)[0].why == errc::cancelled_by_peer);
        p.server.release(id);
        p.to_server.clear();
        p.to_client.clear();
    }
    CHECK_FALSE(p.client.finished());
    CHECK_FALSE(p.server.finished());
    CHECK(p.server.open_streams() == 0);
    CHECK(p.client.open_streams() == 0);
}

TEST_CASE("a request that is cancelled before it was sent is forgotten", "[tunnel][h2]")
{
    session_pair p;
    p.client.release(p.get());
    p.settle();
    CHECK(p.client.open_streams() == 0);
    CHECK(p.to_server.empty());
    p.get("/next");
    p.settle();
    CHECK(p.all<h2_event::request>(p.to_server).at(0).target == "/next");
}

TEST_CASE("a stalled reader costs its window and the others go on", "[tunnel][h2]")
{
    session_pair p;
    const auto slow = p.get("/slow");
    const auto fast = p.get("/fast");
    p.settle();
    for (const auto id : {slow, fast})
        REQUIRE(p.server.answer(id, 200, {}, {}));
    const std::string chunk(16 * 1024, 'x');
    std::size_t slow_written = 0, fast_read = 0;
    std::string taken(1 << 20, '\0');
    for (int i = 0; i < 2000; ++i) {
        slow_written += p.server.write(slow, chunk);
        p.server.write(fast, chunk);
        p.settle();
        fast_read += p.client.read(fast, taken);
        REQUIRE(p.client.buffered() <= p.limits.stream_window + chunk.size());
        REQUIRE(p.server.buffered() <= 2 * 64 * 1024);
    }
    CHECK(fast_read > 30'000'000);
    CHECK(slow_written <= p.limits.stream_window + 64 * 1024);
    // It goes on as soon as it is read.
    CHECK(p.client.read(slow, taken) == p.limits.stream_window);
    p.settle();
    CHECK(p.client.buffered() > 0);
}

TEST_CASE("urgent bodies are sent before normal and bulk ones", "[tunnel][h2]")
{
    session_pair p;
    const auto bulk = p.get("/bulk", {}, h2_priority::bulk);
    const auto normal = p.get("/normal");
    const auto urgent = p.get("/urgent", {}, h2_priority::urgent);
    const auto emergency = p.get("/stop", {}, h2_priority::emergency);
    p.settle();
    for (const auto& r : p.all<h2_event::request>(p.to_server))
        CHECK_FALSE(r.headers.find("x-layerline-priority"));
    for (const auto id : {bulk, normal, urgent, emergency})
        REQUIRE(p.server.answer(id, 200, {}, {}));
    p.settle();
    // The bulk stream is under way already when the others get something to say.
    const std::string block(64 * 1024, 'b');
    p.server.write(bulk, block);
    std::string bytes;
    p.server.gather(bytes, 8 * 1024);
    REQUIRE(p.client.receive(bytes));
    p.server.write(normal, std::string("normal"));
    p.server.write(urgent, std::string("urgent"));
    p.server.write(emergency, std::string("stopped"));
    bytes.clear();
    p.server.gather(bytes, 8 * 1024);
    const auto u = bytes.find("urgent"), n = bytes.find("normal"), b = bytes.find("bbbb");
    const auto s = bytes.find("stopped");
    REQUIRE(s != std::string::npos);
    REQUIRE(u != std::string::npos);
    CHECK(s < u);
    REQUIRE(n != std::string::npos);
    REQUIRE(b != std::string::npos);
    CHECK(u < n);
    CHECK(n < b);
    REQUIRE(p.client.receive(bytes));
    p.settle();
    CHECK(p.read_all(p.client, bulk).size() == block.size());
}

TEST_CASE("an answer can be given another priority than its request", "[tunnel][h2]")
{
    session_pair p;
    const auto one = p.get("/one");
    const auto two = p.get("/two");
    p.settle();
    REQUIRE(p.server.answer(one, 200, {}, h2_priority::bulk));
    REQUIRE(p.server.answer(two, 200, {}, {}));
    p.server.write(one, std::string(1000, '1'));
    p.server.write(two, std::string(1000, '2'));
    std::string bytes;
    p.server.gather(bytes, message);
    CHECK(bytes.find("2222") < bytes.find("1111"));
}

TEST_CASE("a wider window lets more come before anything is read", "[tunnel][h2]")
{
    session_pair p;
    const auto id = p.get();
    p.settle();
    REQUIRE(p.server.answer(id, 200, {}, {}));
    const std::string chunk(64 * 1024, 'x');
    const auto fill = [&] {
        for (int i = 0; i < 100; ++i) {
            p.server.write(id, chunk);
            p.settle();
        }
    };
    fill();
    CHECK(p.client.buffered() == p.limits.stream_window);
    p.client.set_window(id, 1024 * 1024);
    p.settle();
    fill();
    CHECK(p.client.buffered() == 1024 * 1024);
    // It stays that wide: what was read may come again.
    std::string taken(600'000, '\0');
    CHECK(p.client.read(id, taken) == taken.size());
    p.settle();
    fill();
    CHECK(p.client.buffered() == 1024 * 1024);
}

TEST_CASE("a window opens again while most of it is still unread", "[tunnel][h2]")
{
    session_pair p;
    const auto id = p.get();
    p.settle();
    const auto there = session_pair::all<h2_event::request>(p.to_server).front().stream;
    REQUIRE(p.server.answer(there, 200, {}, std::nullopt));
    const std::string chunk(64 * 1024, 'w');
    std::size_t written = 0;
    const auto fill = [&] {
        for (std::size_t taken = 1; taken > 0;) {
            taken = p.server.write(there, chunk);
            written += taken;
            p.settle();
        }
    };
    fill();
    const auto before = written;
    std::string step(64 * 1024, '\0');
    REQUIRE(p.client.read(id, step) == step.size());
    p.settle();
    fill();
    CHECK(written == before + step.size());
    CHECK(p.client.buffered() == p.limits.stream_window);
}

TEST_CASE("as much of one body waits as one message can carry", "[tunnel][h2]")
{
    session_pair p;
    const auto id = p.get();
    p.settle();
    REQUIRE(p.server.answer(id, 200, {}, {}));
    const std::string much(1'000'000, 'x');
    CHECK(p.server.write(id, much) == 64 * 1024);
    p.server.set_send_room(256 * 1024);
    CHECK(p.server.write(id, much) == 192 * 1024);
    p.server.set_send_room(4096); // never less than a frame of the largest kind
    std::string bytes;
    REQUIRE(p.server.gather(bytes, 300 * 1024));
    REQUIRE(p.client.receive(bytes));
    CHECK(p.server.write(id, much) == 64 * 1024);
}

TEST_CASE("an answer to a ping tells which", "[tunnel][h2]")
{
    session_pair p;
    p.client.ping(7);
    p.client.ping(8);
    p.settle();
    const auto pongs = p.all<h2_event::pong>(p.to_client);
    REQUIRE(pongs.size() == 2);
    CHECK(pongs[0].number == 7);
    CHECK(pongs[1].number == 8);
}

TEST_CASE("a ping goes ahead of bodies", "[tunnel][h2]")
{
    session_pair p;
    const auto id = p.get();
    p.settle();
    REQUIRE(p.server.answer(id, 200, {}, {}));
    p.server.write(id, std::string(60'000, 'b'));
    std::string bytes;
    p.server.gather(bytes, 4096);
    REQUIRE(p.client.receive(bytes));
    p.server.ping(0);
    bytes.clear();
    p.server.gather(bytes, 64 * 1024);
    CHECK(bytes.find(frame(NGHTTP2_PING, 0, 0, std::string(8, '\0'))) < bytes.find("bbbb"));
}

TEST_CASE("a message never outgrows its limit", "[tunnel][h2]")
{
    session_pair p;
    const auto id = p.get("/", {{"x", std::string(30'000, 'x')}});
    std::string bytes;
    while (bytes.clear(), p.client.gather(bytes, 4096)) {
        REQUIRE(bytes.size() <= 4096);
        REQUIRE(p.server.receive(bytes));
    }
    REQUIRE(p.server.answer(id, 200, {}, {}));
    p.server.write(id, std::string(50'000, 'y'));
    p.server.end_body(id);
    while (bytes.clear(), p.server.gather(bytes, 100)) {
        REQUIRE(bytes.size() <= 100);
        REQUIRE(p.client.receive(bytes));
    }
    CHECK(p.read_all(p.client, id).size() == 50'000);
}

TEST_CASE("bytes cut anywhere mean the same", "[tunnel][h2]")
{
    session_pair p({}, false);
    const auto id = p.client.request("POST", "/", {}, h2_priority::normal, true);
    p.client.write(*id, std::string("body"));
    p.client.end_body(*id);
    std::string bytes;
    p.client.gather(bytes, message);
    for (const char c : bytes)
        REQUIRE(p.server.receive(std::span<const char>(&c, 1)));
    CHECK(session_pair::all<h2_event::request>(p.server.take_events()).size() == 1);
    CHECK(p.read_all(p.server, *id) == "body");
    CHECK(p.server.body_is_over(*id));
}

TEST_CASE("after GOAWAY open streams end well and new ones are refused", "[tunnel][h2]")
{
    session_pair p;
    const auto id = p.get();
    p.settle();
    p.server.go_away(NGHTTP2_NO_ERROR, "draining");
    p.settle();
    const auto late = p.client.request("GET", "/", {}, h2_priority::normal, false);
    REQUIRE_FALSE(late);
    CHECK(late.error() == errc::closed);
    REQUIRE(p.client.peer_farewell());
    CHECK(p.client.peer_farewell()->reason == "draining");
    CHECK_FALSE(p.client.finished());
    REQUIRE(p.server.answer(id, 200, {}, {}));
    p.server.write(id, std::string("bye"));
    p.server.end_body(id);
    p.settle();
    CHECK(p.read_all(p.client, id) == "bye");
    CHECK(p.client.finished());
    CHECK(p.server.finished());
}

TEST_CASE("an answer that ends early gives up the rest of the request", "[tunnel][h2]")
{
    session_pair p;
    const auto id = p.client.request("POST", "/", {}, h2_priority::normal, true);
    REQUIRE(id);
    p.client.write(*id, std::string(1000, 'x'));
    p.settle();
    REQUIRE(p.server.answer(*id, 413, {}, {}));
    p.server.end_body(*id);
    p.settle();
    const auto closed = p.all<h2_event::closed>(p.to_client);
    REQUIRE(closed.size() == 1);
    CHECK_FALSE(closed[0].why); // the answer is whole
    CHECK(p.client.body_is_over(*id));
    CHECK(p.client.write(*id, std::string("more")) == 0);
}

TEST_CASE("bytes that are not HTTP/2 end the session", "[tunnel][h2]")
{
    SECTION("to a server")
    {
        h2_session server(h2_role::server, {});
        const auto bytes =
            GENERATE(std::string("abc"), std::string("GET / HTTP/1.1\r\n\r\n"), std::string(3, '\0'));
        const auto taken = server.receive(bytes);
        REQUIRE_FALSE(taken);
        CHECK(taken.error() == errc::malformed);
        CHECK(server.finished());
    }
    SECTION("to a client")
    {
        h2_session client(h2_role::client, {});
        const auto taken = client.receive(std::string("HTTP/1.1 400 Bad Request\r\n\r\n"));
        REQUIRE_FALSE(taken);
        CHECK(taken.error() == errc::malformed);
        CHECK(client.finished());
    }
    SECTION("to a client, after a good beginning")
    {
        h2_session client(h2_role::client, {});
        REQUIRE(client.receive(frame(NGHTTP2_SETTINGS, 0, 0, "") + frame(NGHTTP2_SETTINGS, 0, 0, "12345")));
        std::string bytes;
        client.gather(bytes, message);
        CHECK(client.own_complaint().value_or(0) != 0);
        CHECK(client.finished());
    }
}
