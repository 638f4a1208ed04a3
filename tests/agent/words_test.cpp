// What the agent keeps and tells: pins, reports, words to the service manager.
#include "agent/pin_memory.hpp"
#include "agent/service_manager.hpp"
#include "agent/state_folder.hpp"
#include "agent/status_report.hpp"
#include "tests/agent/service_desk.hpp"

#include <catch2/catch.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

using namespace layerline;
using namespace layerline::agent;
using namespace std::chrono_literals;

TEST_CASE_METHOD(service_desk, "the relay's pin is kept, found again and forgotten")
{
    pin_memory memory(*store);
    CHECK(fakes::run(context, memory.load()).value() == std::nullopt);
    access::relay_pin pin;
    pin.key.fill(0xa5);
    pin.binding = access::binding_mode::off;
    REQUIRE(fakes::run(context, memory.keep(pin)).has_value());
    auto found = fakes::run(context, memory.load());
    REQUIRE(found.has_value());
    REQUIRE(found->has_value());
    CHECK((*found)->key == pin.key);
    CHECK((*found)->binding == pin.binding);
    REQUIRE(fakes::run(context, memory.forget()).has_value());
    CHECK_FALSE(fakes::run(context, memory.load()).value().has_value());
}

TEST_CASE_METHOD(service_desk, "a damaged pin is an error, never taken for not paired")
{
    REQUIRE(fakes::run(context, store->set_fact("relay.pin", "{\"key\":\"00\",\"binding\":\"off\"}"))
                .has_value());
    pin_memory memory(*store);
    const auto found = fakes::run(context, memory.load());
    REQUIRE(found.has_error());
    CHECK(found.error() == access::errc::store_corrupt);
}

TEST_CASE("a pin's text is read back, and nothing else is a pin")
{
    access::relay_pin pin;
    pin.key[31] = 7;
    CHECK(pin_from_text(pin_as_text(pin))->key == pin.key);
    for (const auto* wrong :
         {"", "[]", "{}", "{\"key\":1,\"binding\":\"off\"}", "{\"key\":\"zz\",\"binding\":\"off\"}"})
        CHECK_FALSE(pin_from_text(wrong));
}

TEST_CASE("the status says how the relay is, with the code and what to do with it")
{
    const auto now = transport::clock::now();
    status_report report;
    report.agent_id = "abc";
    report.version = "0.1.0";
    report.lan = "http://127.0.0.1:8481";
    report.relay.now = relay_phase::pairing;
    report.relay.url = "wss://relay.example";
    report.relay.code = "ABCD-2345";
    report.relay.code_until = now + 552s;
    report.printer.now = printer::phase::offline;
    report.printer.reason = "gone \x1b[31mred";
    const auto text = as_json(report, now);
    const auto parsed = json::parse(text);
    CHECK(parsed["pairing"]["code"] == "ABCD-2345");
    CHECK(parsed["pairing"]["seconds_left"] == 552);
    CHECK(parsed["relay"]["state"] == "pairing");
    CHECK(parsed["printer"]["phase"] == "offline");
    const auto lines = as_lines(text);
    CHECK(lines.find("layerline-relay claim ABCD-2345") != std::string::npos);
    CHECK(lines.find("not paired yet") != std::string::npos);
    CHECK(lines.find('\x1b') == std::string::npos);
    CHECK_NOTHROW(as_lines("nonsense"));
    CHECK_NOTHROW(as_lines("{\"relay\":3,\"pairing\":[]}"));
}

TEST_CASE("a waiting agent says for how long and why")
{
    const auto now = transport::clock::now();
    relay_report report;
    report.now = relay_phase::waiting;
    report.url = "wss://relay.example";
    report.problem = "no connection could be made.";
    report.next_try = now + 2500ms;
    CHECK(in_words(report, now) ==
          "not connected; next try in 3 s at wss://relay.example: no connection could be made.");
    report.now = relay_phase::given_up;
    CHECK(in_words(report, now).find("layerline-agent reconnect") != std::string::npos);
}

TEST_CASE("the service manager hears that the agent is ready, and is spared when there is none")
{
    access::scratch_folder folder;
    const auto path = (folder / "notify").string();
    const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path.c_str(), path.size());
    REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    const service_manager manager(path, 10s);
    manager.tell("READY=1");
    char text[64]{};
    CHECK(recv(fd, text, sizeof text, MSG_DONTWAIT) == 7);
    CHECK(std::string(text) == "READY=1");
    CHECK(manager.beat() == std::chrono::microseconds(5s));
    close(fd);
    manager.tell("WATCHDOG=1"); // nobody listens: no harm
    const service_manager none("", 10s);
    none.tell("READY=1");
    CHECK_FALSE(none.beat());
}

TEST_CASE("a state folder is private and serves one agent")
{
    access::scratch_folder folder;
    const auto path = folder / "state";
    auto first = state_folder::open(path);
    REQUIRE(first.has_value());
    CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::mask) ==
          std::filesystem::perms::owner_all);
    const auto second = state_folder::open(path);
    REQUIRE(second.has_error());
    CHECK(second.error() == boost::system::errc::resource_unavailable_try_again);
    {
        auto gone = std::move(*first);
    }
    CHECK(state_folder::open(path).has_value());
}

TEST_CASE("a file is written whole or not at all")
{
    access::scratch_folder folder;
    const auto file = folder / "ready.json";
    REQUIRE(write_whole(file, "{}").has_value());
    CHECK(access::get_file(file) == "{}");
    CHECK(write_whole(folder / "no/such/folder", "x").has_error());
    CHECK_FALSE(std::filesystem::exists(folder / "ready.json.new"));
}
