// send-command: what may go to the program that drives the printer, and what never does.
#include "commands/agent_parts.hpp"
#include "commands/host_call.hpp"
#include "tests/commands/api_desk.hpp"

using namespace layerline::commands;
using layerline::printer::printer_errc;
namespace printer = layerline::printer;

namespace {

int status_of(const std::string& request)
{
    const auto parsed = parse_host_request(request);
    return parsed ? 200 : parsed.error().status;
}
int status_of_path(const std::string& path)
{
    return status_of(json{{"Path", path}}.dump());
}

struct kept_host final : host_api {
    std::optional<host_request> asked;
    host_answer answer;
    std::optional<printer::printer_failure> fails;

    layerline::transport::task<printer::printer_result<host_answer>> ask(host_request what) override
    {
        asked = std::move(what);
        if (fails) co_return *fails;
        co_return answer;
    }
};

struct host_desk : api_desk {
    kept_host host;
    host_desk()
    {
        who.scopes = {layerline::access::scope::console};
        plugin_parts parts;
        parts.host = &host;
        api = make_plugin_api(printer, files, {"agent-1", "0.1.0"}, parts);
    }
};

} // namespace

TEST_CASE("a request names a path of the printer's own host and nothing else", "[send]")
{
    CHECK(status_of_path("/server/info") == 200);
    CHECK(status_of_path("/printer/objects/query?heater_bed&toolhead=position,homed_axes") == 200);
    CHECK(status_of_path("/server/files/gcodes/a%20b.gcode") == 200);
    for (const auto* path :
         {"", "server/info", "//evil.example/x", "http://evil.example/", "/http://evil.example/", "/a b",
          "/a\\b", "/a#b", "/a/../b", "/a/%2e%2e/b", "/a/%2E./b", "/.", "/a//b", "/a%", "/a%0", "/a%zz",
          "/a%0d%0aHost:x", "/a%00", "/\u00fc"}) {
        CAPTURE(path);
        CHECK(status_of_path(path) == 400);
    }
    CHECK(status_of_path("/" + std::string(max_host_path, 'a')) == 400);
    for (const auto* path : {"/access/api_key", "/access", "/%61ccess/oneshot_token", "/access/api_key?x"}) {
        CAPTURE(path);
        CHECK(status_of_path(path) == 403);
    }
}

TEST_CASE("a request's other fields are checked by name", "[send]")
{
    const auto with = [](const char* name, const json& value) {
        json request{{"Path", "/server/info"}};
        request[name] = value;
        return status_of(request.dump());
    };
    CHECK(with("Method", "POST") == 200);
    CHECK(with("Method", "CONNECT") == 400);
    CHECK(with("Method", 7) == 400);
    CHECK(with("Headers", json{{"Accept", "text/plain"}}) == 200);
    CHECK(with("Headers", json{{"Accept", 7}}) == 400);
    CHECK(with("Headers", json{{"A b", "x"}}) == 400);
    CHECK(with("Headers", json{{"Accept", "x\r\nHost: y"}}) == 400);
    CHECK(with("Headers", json::array()) == 400);
    for (const auto* name : {"Host", "X-Api-Key", "Authorization", "Content-Length", "Transfer-Encoding"})
        CHECK(with("Headers", json{{name, "x"}}) == 403);
    CHECK(with("BodyText", "hello") == 200);
    CHECK(with("BodyText", 7) == 400);
    CHECK(with("BodyBase64", "aGVsbG8=") == 200);
    CHECK(with("BodyBase64", "***") == 400);
    CHECK(with("Url", "http://evil.example") == 400);
    CHECK(status_of(R"({"Path":"/a","BodyText":"x","BodyBase64":"eA=="})") == 400);
    CHECK(status_of("[]") == 400);
    CHECK(status_of("{}") == 400);
    CHECK(parse_host_request(R"({"Path":"/a","Method":"POST","BodyBase64":"aGVsbG8="})")->body == "hello");
    CHECK(only_asks(*parse_host_request(R"({"Path":"/a"})")));
    CHECK_FALSE(only_asks(*parse_host_request(R"({"Path":"/a","Method":"DELETE"})")));
}

TEST_CASE("send-command tells what came back, as text or as base64", "[send]")
{
    host_desk desk;
    desk.host.answer.status = 404;
    desk.host.answer.body = "no \"file\"";
    desk.host.answer.headers = {{"content-type", "text/plain"}};
    const auto told = desk.call("POST", "send-command", "",
                                R"({"TransportType":"http","Request":{"Path":"/x"},"TimeoutSec":7})");
    CAPTURE(told->body);
    CHECK(told->status() == 200);
    const auto& result = told->body["Result"];
    CHECK(result["IsError"] == true);
    CHECK(result["Response"]["StatusCode"] == 404);
    CHECK(result["Response"]["BodyText"] == "no \"file\"");
    CHECK(result["Response"]["Headers"]["content-type"] == "text/plain");
    CHECK(desk.host.asked->within == std::chrono::seconds(7));
    CHECK(desk.host.asked->principal == "t-abc");
    desk.host.answer.body = "\xff\xfe\x00";
    const auto binary = desk.call("POST", "send-command", "", R"({"Request":{"Path":"/x"}})");
    CHECK(binary->body["Result"]["Response"]["BodyBase64"] == "//4=");
}

TEST_CASE("send-command goes only where it can, and says why not", "[send]")
{
    host_desk desk;
    const auto status = [&](const char* body) {
        return desk.call("POST", "send-command", "", body)->status();
    };
    CHECK(status("{}") == 400);
    CHECK(status(R"({"Request":"x"})") == 400);
    CHECK(status(R"({"Request":[]})") == 400);
    CHECK(status(R"({"Request":{"Path":"/x"},"TransportType":"mqtt"})") == 788);
    CHECK(status(R"({"Request":{"Path":"/x"},"TransportType":"ftp"})") == 400);
    CHECK(status(R"({"Request":{"Path":"/x"},"TimeoutSec":0})") == 400);
    CHECK_FALSE(desk.host.asked);
    desk.host.fails = printer::printer_failure{printer_errc::host_gone, "Moonraker is not running."};
    CHECK(status(R"({"Request":{"Path":"/x"}})") == 785);
    api_desk serial;
    serial.who.scopes = {layerline::access::scope::console};
    CHECK(serial.call("POST", "send-command", "", R"({"Request":{"Path":"/x"}})")->status() == 788);
}
