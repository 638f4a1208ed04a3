// What strangers and careless apps send: a clear refusal each, and the service goes on.
#include "rig.hpp"

#include "access/handshake.hpp"
#include "transport/http_client.hpp"
#include "transport/message_stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <fstream>
#include <regex>
#include <set>

using namespace layerline::tests;
using nlohmann::json;
namespace transport = layerline::transport;

namespace {

const std::string secret = "nobody outside may read this";

struct target {
    std::string name, base, token;
};
std::vector<target> targets(const rig& at)
{
    return {{"agent", at.agent_url(), at.agent_token()}, {"relay", at.printer_url(), at.relay_token()}};
}

web_answer ask(const target& at, const std::string& method, const std::string& command,
               const std::string& body = {}, const transport::fields& headers = {},
               const std::string& prefix = "/plugin-api/v1/")
{
    web_request request;
    request.method = method;
    request.url = at.base + prefix + command;
    request.token = at.token;
    request.body = body;
    request.headers = headers;
    return web(request);
}

void check_alive(const rig& at)
{
    for (const auto& one : targets(at)) {
        const auto answer = ask(one, "GET", "ping");
        INFO(one.name << ": " << answer.error << answer.body);
        CHECK(answer.code() == 200);
    }
    CHECK(at.agent->running());
    CHECK(at.relay->running());
    CHECK(at.host->running());
}

// Nothing but questions reached the printer.
void check_printer_untouched(const rig& at)
{
    const auto report = at.report();
    CHECK(report["executed_count"] == 0);
    CHECK(report["wire"]["unknown_commands"] == 0);
    CHECK(report["killed"] == false);
}

// Refused in the envelope, with a sentence, and without the secret.
void check_refused(const web_answer& answer, const std::set<int>& allowed)
{
    INFO("HTTP " << answer.status << " " << answer.error << "\n" << answer.body.substr(0, 600));
    CHECK(allowed.count(answer.code()) == 1);
    REQUIRE(answer.json().is_object());
    CHECK_FALSE(answer.json().value("Error", "").empty());
    CHECK_FALSE(answer.json().value("RequestId", "").empty());
    CHECK(answer.body.find(secret) == std::string::npos);
}

std::string encoded(const std::string& text)
{
    static const char* const digits = "0123456789abcdef";
    std::string all;
    for (const unsigned char c : text) {
        all += '%';
        all += digits[c >> 4U];
        all += digits[c & 15U];
    }
    return all;
}

long peak_kib(const program& one)
{
    std::istringstream status(content_of("/proc/" + std::to_string(one.pid()) + "/status"));
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmHWM:", 0) == 0) return std::stol(line.substr(6));
    return -1;
}

// How many answers a connection gave.
std::size_t answers_in(const std::string& text)
{
    const std::regex head("HTTP/1\\.1 [0-9]{3} ");
    return static_cast<std::size_t>(
        std::distance(std::sregex_iterator(text.begin(), text.end(), head), std::sregex_iterator()));
}

std::size_t count_of(const std::string& text, const std::string& what)
{
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
        ++count;
    return count;
}

// ---- the tunnel's door ----

transport::task<void> knock(std::string url, std::vector<std::string> messages, std::string& said)
{
    transport::fields none;
    transport::client_options options;
    auto dialled = transport::dial_websocket(std::move(url), std::move(none), std::move(options));
    auto stream = co_await std::move(dialled);
    REQUIRE(stream);
    for (const auto& one : messages) {
        const auto sent = co_await (*stream)->write_message(boost::asio::buffer(one));
        if (!sent) break;
    }
    for (;;) {
        auto message = co_await (*stream)->read_message(64 * 1024);
        if (!message) {
            said += "|" + message.error().message();
            break;
        }
        said += "|" + *message;
    }
}

// What the relay said to these messages until it hung up.
std::string said_to(const rig& at, std::vector<std::string> messages)
{
    boost::asio::io_context context(1);
    std::string said;
    bool over = false;
    boost::asio::co_spawn(context, knock("ws" + at.relay_url().substr(4) + "/tunnel/v1", messages, said),
                          [&](const std::exception_ptr& fault) {
                              over = true;
                              if (fault) said += "|exception";
                          });
    context.run_for(seconds(20));
    CHECK(over); // the relay hung up
    return said;
}

// An agent of its own.
struct rogue_desk final : layerline::access::agent_desk {
    void show_code(const std::string& shown, std::chrono::seconds) override { code = shown; }
    void hide_code() override {}
    transport::task<transport::result<void>> keep_pin(layerline::access::relay_pin) override
    {
        co_return transport::result<void>();
    }
    std::string code;
};

struct rogue_outcome {
    bool in = false, hung_up = false;
};

transport::task<void> pair_then_say(std::string url, layerline::access::agent_handshake_options options,
                                    rogue_desk& desk, std::vector<std::string> messages, rogue_outcome& into)
{
    transport::fields none;
    transport::client_options how;
    auto dialled = transport::dial_websocket(std::move(url), std::move(none), std::move(how));
    auto stream = co_await std::move(dialled);
    REQUIRE(stream);
    auto session = co_await layerline::access::agent_handshake(*stream, std::move(options), desk);
    into.in = session.has_value();
    for (const auto& one : messages) {
        const auto sent = co_await (*stream)->write_message(boost::asio::buffer(one));
        if (!sent) break;
    }
    while (!into.hung_up) {
        const auto message = co_await (*stream)->read_message(1024 * 1024);
        into.hung_up = !message;
    }
}

std::string upgrade_request(const rig& at)
{
    return "GET /tunnel/v1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(at.port_of(at.relay_url())) +
           "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

// A client's frame of up to 65,535 bytes; the mask is zero, which leaves the bytes as they are.
std::string frame(unsigned char first, const std::string& bytes)
{
    std::string head{static_cast<char>(first)};
    if (bytes.size() < 126) {
        head += static_cast<char>(0x80U | bytes.size());
    } else {
        head += '\xfe';
        head += static_cast<char>(bytes.size() >> 8U);
        head += static_cast<char>(bytes.size() & 255U);
    }
    return head + std::string(4, '\0') + bytes;
}

// The code of the last close frame in what the relay sent.
int close_code(const std::string& answer)
{
    for (auto at = answer.size(); at-- > 0;) {
        if (static_cast<unsigned char>(answer[at]) != 0x88 || at + 4 > answer.size()) continue;
        const auto length = static_cast<unsigned char>(answer[at + 1]);
        if (length < 2 || at + 2 + length != answer.size()) continue;
        return static_cast<unsigned char>(answer[at + 2]) * 256 + static_cast<unsigned char>(answer[at + 3]);
    }
    return 0;
}

} // namespace

TEST_CASE("broken JSON, wrong types and G-code in arguments are refused, and none reaches the printer",
          "[hostile]")
{
    rig at;
    at.start_all();
    at.put_file("good.gcode", small_job(3));
    struct row {
        std::string command, body;
    };
    const std::vector<row> rows{
        {"set-temp", "{"},
        {"set-temp", "nul"},
        {"set-temp", R"({"BedC":60}x)"},
        {"set-temp", R"({"BedC":NaN})"},
        {"set-temp", R"({"BedC":1e999})"},
        {"set-temp", R"({"BedC":"60\nM112"})"},
        {"set-temp", R"({"BedC":[60]})"},
        {"set-temp", R"({"ToolC":60,"ToolNumber":1.5})"},
        {"set-temp", R"({"ToolC":60,"ToolNumber":-1})"},
        {"set-temp", R"({"ToolC":60,"ToolNumber":"0 S300"})"},
        {"set-temp?BedC=60%0AM112", ""},
        {"set-temp?ToolC=60&ToolNumber=0%20S300", ""},
        {"set-temp", std::string(100'000, '[')},
        {"set-temp", "{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}"},
        {"set-temp", "{\"BedC\":60,\"\xC0\xAF\":1}"},
        {"home", R"({"Axes":"x\nM112"})"},
        {"home", R"({"Axes":"xM"})"},
        {"home", R"({"Axes":["x"]})"},
        {"home?Axes=x%0d%0aM112", ""},
        {"home?Axes=X;M112", ""},
        {"pause", R"({"Park":"yes"})"},
        {"pause", R"({"ExpectedJobId":"j-1\nM112"})"},
        {"pause", R"({"ExpectedState":"printing;M112"})"},
        {"start", R"({"Path":5})"},
        {"start", R"({"Path":{"a":1}})"},
        {"start", R"({"Path":null})"},
        {"start", R"({"Path":"gcode/good.gcode","BedClear":"yes"})"},
        {"start", R"({"Path":"gcode/good.gcode\nM112"})"},
        {"start", R"({"Path":"gcode/a\r\nM112 .gcode"})"},
        {"start", R"({"Path":"gcode/a;M112.gcode"})"},
        {"start", R"({"Path":"gcode/a*71.gcode"})"},
        {"start", R"({"Path":"gcode/\ud800.gcode"})"},
        {"start?Path=gcode/a%0AM112.gcode", ""},
        {"start?Path=gcode/a%3BM112.gcode", ""},
        {"start?Path=gcode/a%2A71.gcode", ""},
        {"start?Path=gcode/a%ff.gcode", ""},
        {"files/delete", R"({"Path":"gcode/a\nM112.gcode"})"},
        {"files/upload?Path=gcode/a%0AM112.gcode", "G28\n"},
        {"files/upload?Path=gcode/a%0d.gcode", "G28\n"},
        {"files/upload?Path=gcode/a%3BM112.gcode", "G28\n"},
        {"files/upload?Path=gcode/a%2A1.gcode", "G28\n"},
        {"files/upload?Path=gcode/a%00.gcode", "G28\n"},
    };
    for (const auto& one : targets(at)) {
        for (const auto* prefix : {"/plugin-api/v1/", "/octoeverywhere-command-api/"})
            for (const auto& each : rows) {
                INFO(one.name << " " << prefix << each.command << " " << each.body.substr(0, 100));
                check_refused(ask(one, "POST", each.command, each.body, {}, prefix), {400, 751, 413});
            }
        for (const auto& [name, value] :
             std::vector<std::pair<std::string, std::string>>{{"idempotency-key", "a b"},
                                                              {"idempotency-key", std::string(65, 'k')},
                                                              {"x-layerline-expect-state", "idle;M112"},
                                                              {"x-layerline-expect-job", "j;M112"}}) {
            INFO(one.name << " " << name << ": " << value);
            transport::fields headers;
            headers.set(name, value);
            const auto answer = ask(one, "POST", "home", "{}", headers);
            INFO(answer.body);
            CHECK(answer.code() == 400);
        }
        check_alive(at);
    }
    check_printer_untouched(at);
    CHECK(std::distance(std::filesystem::directory_iterator(at.path("agent/files/gcode")), {}) <= 2);
}

TEST_CASE("no path leads out of the folder of files", "[hostile]")
{
    rig at;
    at.start_all();
    const auto gcode = at.path("agent/files/gcode");
    at.put_file("good.gcode", small_job(3));
    std::ofstream(at.path("agent/files/secret.gcode")) << secret;
    std::ofstream(at.path("secret.gcode")) << secret;
    std::filesystem::create_directory(at.path("outside"));
    std::ofstream(at.path("outside/secret.gcode")) << secret;
    std::filesystem::create_symlink(at.path("secret.gcode"), gcode / "link.gcode");
    std::filesystem::create_directory_symlink(at.path("outside"), gcode / "away");
    std::filesystem::create_symlink("/proc/self/environ", gcode / "proc.gcode");

    const std::string absolute = at.path("secret.gcode").string();
    const std::vector<std::string> paths{
        "gcode/../secret.gcode",
        "gcode/../../../secret.gcode",
        "gcode/./../secret.gcode",
        "../secret.gcode",
        "gcode/good.gcode/../../secret.gcode",
        "gcode//../secret.gcode",
        "gcode/" + absolute,
        absolute,
        "/etc/passwd",
        "gcode\\..\\secret.gcode",
        "gcode/..\\secret.gcode",
        std::string("gcode/good.gcode\0/../../secret.gcode", 36),
        std::string("gcode/../secret.gcode\0.gcode", 28),
        "gcode/.part/x.gcode",
        "gcode/..",
        "gcode/link.gcode",
        "gcode/away/secret.gcode",
        "gcode/away/new.gcode",
        "gcode/proc.gcode",
        "gcode/%2e%2e/secret.gcode/x",
        "gcode/" + std::string(300, 'a') + ".gcode",
        "gcode/" + std::string(1200, 'a') + ".gcode",
        "file:///etc/passwd",
    };
    for (const auto& one : targets(at))
        for (const auto& path : paths) {
            const auto query = encoded(path);
            INFO(one.name << " " << path.substr(0, 100));
            const auto body = json{{"Path", path}}.dump();
            check_refused(ask(one, "POST", "start", body), {400, 404});
            check_refused(ask(one, "POST", "files/delete", body), {400, 404});
            check_refused(ask(one, "GET", "files/list?Path=" + query), {400, 404});
            check_refused(ask(one, "GET", "files/details?Path=" + query), {400, 404});
            check_refused(ask(one, "GET", "files/download?Path=" + query), {400, 404});
        }
    // Uploads may replace a link of that name, but never write through one.
    for (const auto& one : targets(at))
        for (const auto& path : paths) {
            INFO(one.name << " upload to " << path.substr(0, 100));
            const auto answer = ask(one, "PUT", "files/upload?Path=" + encoded(path), "G28\n");
            INFO(answer.body);
            if (answer.code() == 200)
                CHECK((path == "gcode/link.gcode" || path == "gcode/proc.gcode"));
            else
                check_refused(answer, {400, 404});
        }
    const auto listed = ask(targets(at)[0], "GET", "files/list");
    CHECK(listed.code() == 200);
    CHECK(listed.body.find("away") == std::string::npos);
    for (const auto* file : {"secret.gcode", "agent/files/secret.gcode", "outside/secret.gcode"})
        CHECK(content_of(at.path(file)) == secret);
    CHECK_FALSE(std::filesystem::exists(at.path("outside/new.gcode")));
    check_alive(at);
    check_printer_untouched(at);
}

TEST_CASE("heads that are no HTTP or hide a second request are refused, and nothing hidden is heard",
          "[hostile]")
{
    rig at;
    at.start_all();
    for (const auto& one : targets(at)) {
        const auto port = one.name == "agent" ? at.port_of(at.agent_url()) : at.port_of(at.relay_url());
        const auto path = one.name == "agent" ? std::string() : "/printers/" + at.agent_id();
        const auto lines = "Host: x\r\nAuthorization: Bearer " + one.token + "\r\n";
        const auto head = "POST " + path + "/plugin-api/v1/pause HTTP/1.1\r\n" + lines;
        const auto hidden = "POST " + path + "/plugin-api/v1/emergency-stop HTTP/1.1\r\n" + lines +
                            "Content-Length: 0\r\n\r\n";
        const std::string chunk = "0\r\n\r\n";
        const std::vector<std::pair<std::string, std::string>> rows{
            {"400", "\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03 garbage\r\n\r\n"},
            {"400", "HELLO\r\n\r\n"},
            {"505", "GET / HTTP/9.9\r\nHost: x\r\n\r\n"},
            {"400", "GET /ping HTTP/1.1\r\n\r\n"},
            {"400", "GET /ping HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"},
            {"400", "GET ping HTTP/1.1\r\nHost: x\r\n\r\n"},
            {"400", std::string("GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n", 30)},
            {"414", "GET /" + std::string(12'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"},
            {"431", "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n"},
            {"400", head + "X-Layerline-Timeout-Ms: -1\r\nContent-Length: 0\r\n\r\n" + hidden},
            {"400", head + "X-Layerline-Timeout-Ms: 1e9\r\nContent-Length: 0\r\n\r\n" + hidden},
            {"400", head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + hidden},
            {"400", head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + chunk + hidden},
            {"400", head + "Content-Length: 0\r\nContent-Length: 5\r\n\r\n" + hidden},
            {"400", head + "Content-Length: 0, 5\r\n\r\n" + hidden},
            {"400", head + "Content-Length: -1\r\n\r\n" + hidden},
            {"400", head + "Content-Length: +0\r\n\r\n" + hidden},
            {"400", head + "Content-Length: 0x0\r\n\r\n" + hidden},
            {"400", head + "Content-Length : 0\r\n\r\n" + hidden},
            {"400", head + "Content-Length: 99999999999999999999999\r\n\r\n" + hidden},
            {"501", head + "Transfer-Encoding: xchunked\r\n\r\n" + chunk + hidden},
            {"501", head + "Transfer-Encoding: chunked, identity\r\n\r\n" + chunk + hidden},
            {"400",
             head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + chunk + hidden},
            {"400", head + "Transfer-Encoding : chunked\r\n\r\n" + chunk + hidden},
            {"400", head + "Transfer-Encoding:\vchunked\r\n\r\n" + chunk + hidden},
            {"400", head + "X: a\r\n folded: b\r\n\r\n" + hidden},
            {"400", head + "X: a\rContent-Length: 5\r\n\r\n" + hidden},
            {"400", "POST /x HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + hidden},
        };
        for (const auto& [status, bytes] : rows) {
            INFO(one.name << ": " << bytes.substr(0, 400));
            const auto answer = raw_exchange(port, bytes);
            INFO("answer: " << answer.substr(0, 800));
            CHECK(answer.rfind("HTTP/1.1 " + status, 0) == 0);
            CHECK(answers_in(answer) == 1); // and then it hung up
        }
        // Chunks that lie about their length: the request dies, and with it what follows.
        for (const auto* chunks : {"zz\r\n", "ffffffffffffffffff\r\n", "-1\r\n", "2\r\n{}XX0\r\n\r\n"}) {
            const auto bytes = head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + hidden;
            INFO(one.name << ": " << bytes);
            const auto answer = raw_exchange(port, bytes);
            INFO("answer: " << answer.substr(0, 800));
            CHECK(answers_in(answer) <= 1);
            CHECK(answer.find("Confirmed") == std::string::npos);
        }
        check_alive(at);
    }
    check_printer_untouched(at);
}

TEST_CASE("a head of 100 MB is refused early and takes no memory to speak of", "[hostile]")
{
    rig at;
    at.start_all();
    const std::string big(100'000'000, 'a');
    for (const auto port : {at.port_of(at.agent_url()), at.port_of(at.relay_url())})
        for (const auto& [status, bytes] : std::vector<std::pair<std::string, std::string>>{
                 {"431", "GET /plugin-api/v1/ping HTTP/1.1\r\nHost: x\r\nX: " + big + "\r\n\r\n"},
                 {"414", "GET /" + big + " HTTP/1.1\r\nHost: x\r\n\r\n"}}) {
            INFO("port " << port << ", " << status);
            const auto answer = raw_exchange(port, bytes, seconds(30));
            INFO(answer.substr(0, 400));
            CHECK(answer.rfind("HTTP/1.1 " + status, 0) == 0);
        }
    for (const auto* one : {&*at.agent, &*at.relay}) {
        const auto peak = peak_kib(*one);
        INFO(peak << " KiB at most");
        CHECK(peak > 0);
        CHECK(peak < 64 * 1024);
    }
    check_alive(at);
}

TEST_CASE("whoever is no agent is sent away from the tunnel's door", "[hostile]")
{
    rig at;
    at.start_all();
    // The relay speaks first; then it hangs up on what is no hello.
    for (const auto& messages : std::vector<std::vector<std::string>>{{"abc"},
                                                                      {std::string(3, '\0')},
                                                                      {""},
                                                                      {"{}"},
                                                                      {"null"},
                                                                      {R"({"type":"hello"})"},
                                                                      {R"({"type":"ready"})"},
                                                                      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
                                                                      {"abc", "def", "ghi"}}) {
        INFO(messages[0].substr(0, 60));
        const auto said = said_to(at, messages);
        INFO(said);
        CHECK(said.find("refused") != std::string::npos);
        check_alive(at);
    }
    struct row {
        std::string what, bytes;
        int code;
    };
    const auto port = at.port_of(at.relay_url());
    for (const auto& each : std::vector<row>{
             {"a text frame", frame(0x81, "abc"), 1003},
             {"a frame without a mask",
              std::string("\x82\x03"
                          "abc"),
              1002},
             {"a reserved opcode", frame(0x83, "abc"), 1002},
             {"a reserved bit", frame(0xC2, "abc"), 1002},
             {"the middle of no message", frame(0x80, "abc"), 1002},
             {"a hello of 60 KB", frame(0x82, std::string(60'000, '[')), 1009},
             {"a ping in pieces", frame(0x09, "abc"), 1002},
             {"garbage", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1002},
             {"a message of 2^62 bytes",
              std::string("\x82\xff\x40\0\0\0\0\0\0\0", 10) + std::string(4, '\0') + "abc", 1009}}) {
        INFO(each.what);
        const auto answer = raw_exchange(port, upgrade_request(at), seconds(10), each.bytes);
        INFO(answer);
        CHECK(answer.rfind("HTTP/1.1 101", 0) == 0);
        CHECK(close_code(answer) == each.code);
        check_alive(at);
    }
    // Who does not wait for the answer, and who wants no WebSocket at all.
    const auto early = raw_exchange(port, upgrade_request(at) + frame(0x82, "abc"));
    INFO(early);
    CHECK(early.rfind("HTTP/1.1 400", 0) == 0);
    web_request plain;
    plain.url = at.relay_url() + "/tunnel/v1";
    CHECK(web(plain).status == 426);
    // The true agent never noticed.
    CHECK(count_of(at.agent->log(), "The tunnel ended") == 0);
}

TEST_CASE("an agent that was let in and then talks garbage is hung up on, and nobody else is", "[hostile]")
{
    rig at;
    at.start_all();
    const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
    for (const auto& messages : std::vector<std::vector<std::string>>{
             {"abc", "defghijklmnopqrstuvwxyz"},
             {std::string(100'000, '\xff')},
             {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
             {settings, std::string("\0\0\5\1\4\0\0\0\1\xff\xff\xff\xff\xff", 14)}, // an answer to nothing
             {settings, std::string("\0\0\3\0\0\0\0\0\0", 9) + "abc"},              // data on no stream
             {settings, std::string("\xff\xff\xff\0\0\0\0\0\1", 9), "abc"}}) {      // 16 MB in a frame
        INFO(json(messages).dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 100));
        auto key = layerline::access::make_identity();
        REQUIRE(key);
        layerline::access::agent_handshake_options options;
        options.self = *key;
        options.software_version = "0.1.0";
        options.host = "127.0.0.1";
        options.binding = layerline::access::binding_mode::off;
        rogue_desk desk;
        rogue_outcome outcome;
        boost::asio::io_context context(1);
        boost::asio::co_spawn(
            context,
            pair_then_say("ws" + at.relay_url().substr(4) + "/tunnel/v1", options, desk, messages, outcome),
            boost::asio::detached);
        // The code is shown a moment before the relay has it.
        bool claimed = false;
        const auto until = std::chrono::steady_clock::now() + seconds(20);
        while (!claimed && std::chrono::steady_clock::now() < until) {
            context.run_one_for(seconds(1));
            claimed = !desk.code.empty() && at.relay_command({"claim", desk.code}).exit_code == 0;
        }
        CHECK(claimed);
        context.run_for(seconds(20));
        CHECK(outcome.in);
        CHECK(outcome.hung_up);
        const auto answer =
            ask({"", at.relay_url() + "/printers/" + (*key)->agent_id(), at.relay_token()}, "GET", "ping");
        INFO(answer.body);
        CHECK(answer.status == 601);
        check_alive(at);
    }
    CHECK(count_of(at.agent->log(), "The tunnel ended") == 0);
}

TEST_CASE("headers that only the relay may set give nobody on the network a right", "[hostile]")
{
    rig at;
    at.start_all();
    transport::fields forged;
    forged.set("x-layerline-principal", "owner");
    forged.set("x-layerline-scopes", "view control files");
    forged.set("x-forwarded-for", "127.0.0.1");
    for (const auto& one : targets(at)) {
        INFO(one.name);
        const auto stranger = ask({one.name, one.base, ""}, "POST", "home", "{}", forged);
        INFO(stranger.body);
        CHECK((stranger.status == 401 || stranger.status == 606));
        const auto guess = ask({one.name, one.base, "ll_guess"}, "POST", "home", "{}", forged);
        CHECK((guess.status == 401 || guess.status == 606));
    }
    const target viewer_here{"agent", at.agent_url(), at.make_agent_token("view").secret};
    const target viewer_there{"relay", at.printer_url(), at.make_relay_token("view").secret};
    for (const auto& viewer : {viewer_here, viewer_there}) {
        INFO(viewer.name);
        CHECK(ask(viewer, "GET", "ping", {}, forged).code() == 200);
        CHECK(ask(viewer, "POST", "home", "{}", forged).status == 403);
        CHECK(ask(viewer, "POST", "emergency-stop", "{}", forged).status == 403);
        CHECK(ask(viewer, "GET", "files/download?Path=gcode/x.gcode", {}, forged).status == 403);
    }
    check_alive(at);
    check_printer_untouched(at);
}
