// An agent and its relay get to know each other: codes, claims, keys, and what a restart or a stranger
// changes.
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace layerline::tests;
using nlohmann::json;

namespace {

// A code of the right form that nobody shows.
std::string wrong_code(const std::string& right)
{
    auto code = right;
    code.back() = code.back() == '7' ? '8' : '7';
    return code;
}

json printers_of(const rig& at)
{
    const auto listed = at.relay_command({"printers", "--json"});
    INFO(listed.output);
    REQUIRE(listed.exit_code == 0);
    return json::parse(listed.output, nullptr, false);
}

std::string relay_state(const rig& at)
{
    const auto status = at.agent_status();
    return status.is_object() && status["relay"].is_object() ? status["relay"].value("state", "") : "";
}

web_answer ping(const rig& at, const std::string& token)
{
    web_request asked;
    asked.url = at.printer_url() + "/plugin-api/v1/ping";
    asked.token = token;
    return web(asked);
}

} // namespace

TEST_CASE("an agent that nobody claimed shows its code and carries nothing", "[pairing]")
{
    rig at;
    at.start_relay();
    at.start_agent();
    const auto code = at.pairing_code();
    CHECK(code.size() == 9);
    const auto told = at.agent_command({"status"});
    INFO(told.output);
    CHECK(told.exit_code == 0);
    CHECK(told.output.find("layerline-relay claim " + code) != std::string::npos);
    CHECK(told.output.find("not paired yet") != std::string::npos);
    CHECK(at.agent->log().find(code) != std::string::npos);
    CHECK(at.relay->log().find(code) == std::string::npos); // the relay knows its hash only

    const auto token = at.make_relay_token("view,control,files");
    CHECK(ping(at, token.secret).status == 603);
    const auto list = printers_of(at);
    CHECK(list["printers"].empty());
    CHECK(list["waiting"] == 1);
    CHECK(at.relay_command({"printers"}).output.find("0 printers, 1 agents wait") != std::string::npos);

    // Gone with its connection: nothing waits at the relay for an agent that is off.
    REQUIRE(at.agent->stop() == 0);
    CHECK(at.becomes([&] { return printers_of(at)["waiting"] == 0; }));
    const auto late = at.relay_command({"claim", code});
    CHECK(late.exit_code == 1);
    CHECK(late.output.find("No agent waits") != std::string::npos);
}

TEST_CASE("a code is good once and however it is typed; a restart of the relay keeps the claim", "[pairing]")
{
    rig at;
    at.start_relay();
    at.start_agent();
    const auto token = at.make_relay_token("view");
    const auto code = at.pairing_code();
    const auto wrong = at.relay_command({"claim", wrong_code(code)});
    INFO(wrong.output);
    CHECK(wrong.exit_code == 1);
    CHECK(wrong.output.find("No agent waits") != std::string::npos);

    auto typed = code; // as a person types it
    std::transform(typed.begin(), typed.end(), typed.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    std::replace(typed.begin(), typed.end(), '0', 'o');
    std::replace(typed.begin(), typed.end(), '1', 'l');
    std::replace(typed.begin(), typed.end(), '-', ' ');
    const auto claimed = at.relay_command({"claim", typed, "--name", "by the window"});
    INFO(typed << ": " << claimed.output);
    REQUIRE(claimed.exit_code == 0);
    CHECK(claimed.output.find(at.agent_id()) != std::string::npos);
    REQUIRE(at.becomes([&] { return ping(at, token.secret).status == 200; }));
    const auto again = at.relay_command({"claim", code});
    CHECK(again.exit_code == 1);
    CHECK(again.output.find("No agent waits") != std::string::npos);
    CHECK(at.agent_command({"status"}).output.find("as \"by the window\"") != std::string::npos);
    CHECK(at.agent_status()["pairing"].is_null());

    REQUIRE(at.relay->stop() == 0);
    const auto off = at.relay_command({"printers"});
    CHECK(off.exit_code == 3);
    at.start_relay();
    REQUIRE(at.becomes([&] { return ping(at, token.secret).status == 200; }));
    const auto list = printers_of(at);
    REQUIRE(list["printers"].size() == 1);
    CHECK(list["printers"][0]["agent_id"] == at.agent_id());
    CHECK(list["printers"][0]["name"] == "by the window");
    CHECK(list["printers"][0]["online"] == true);
    CHECK(list["waiting"] == 0);
}

TEST_CASE("after five wrong codes not even the right one is taken, also after a restart", "[pairing]")
{
    rig at;
    at.start_relay();
    at.start_agent();
    const auto code = at.pairing_code();
    for (int i = 0; i < 5; ++i) {
        const auto wrong = at.relay_command({"claim", wrong_code(code)});
        INFO(i << ": " << wrong.output);
        CHECK(wrong.exit_code == 1);
        CHECK(wrong.output.find("No agent waits") != std::string::npos);
    }
    const auto sixth = at.relay_command({"claim", code});
    INFO(sixth.output);
    CHECK(sixth.exit_code == 1);
    CHECK(sixth.output.find("Too many wrong codes") != std::string::npos);

    REQUIRE(at.relay->stop() == 0);
    at.start_relay();
    const auto after = at.relay_command({"claim", at.pairing_code()});
    INFO(after.output);
    CHECK(after.exit_code == 1);
    CHECK(after.output.find("Too many wrong codes") != std::string::npos);
    CHECK(printers_of(at)["printers"].empty());
}

TEST_CASE("a printer that the relay forgets is out at once, and can be claimed again", "[pairing]")
{
    rig at;
    at.start_relay();
    at.start_agent();
    at.pair();
    CHECK(at.relay_command({"forget", "aaaaaaaaaaaaaaaaaaaaaaaaaa"}).exit_code == 1);
    const auto forgotten = at.relay_command({"forget", at.agent_id()});
    INFO(forgotten.output);
    REQUIRE(forgotten.exit_code == 0);
    CHECK(ping(at, at.relay_token()).status == 603);
    CHECK(printers_of(at)["printers"].empty());
    // The agent is told so and does not come back by itself: its owner decides.
    REQUIRE(at.becomes([&] { return relay_state(at) == "given_up"; }));
    CHECK(at.agent_command({"status"}).output.find("does not accept this key") != std::string::npos);
    REQUIRE(at.agent_command({"reconnect"}).exit_code == 0);

    const auto claimed = at.relay_command({"claim", at.pairing_code(), "--name", "once more"});
    INFO(claimed.output);
    REQUIRE(claimed.exit_code == 0);
    at.wait_for_tunnel();
    CHECK(printers_of(at)["printers"][0]["name"] == "once more");
}

TEST_CASE("a relay with another key is refused for good, until the owner unpairs", "[pairing]")
{
    rig at;
    at.start_relay();
    at.start_agent();
    at.pair();
    REQUIRE(at.relay->stop() == 0);
    std::filesystem::remove_all(at.path("relay"));
    std::filesystem::create_directories(at.path("relay"));
    at.start_relay();
    REQUIRE(at.becomes([&] { return relay_state(at) == "given_up"; }, seconds(90)));
    const auto told = at.agent_command({"status"});
    INFO(told.output);
    CHECK(told.output.find("the relay has another key than at pairing") != std::string::npos);
    CHECK(told.output.find("unpair") != std::string::npos);
    CHECK(printers_of(at)["waiting"] == 0);

    // Asked to, it tries once more, with the same outcome: nothing but the owner's word changes it.
    REQUIRE(at.agent_command({"reconnect"}).exit_code == 0);
    CHECK(at.becomes([&] { return relay_state(at) == "given_up"; }));
    CHECK(at.agent_status()["pairing"].is_null());

    const auto unpaired = at.agent_command({"unpair"});
    INFO(unpaired.output);
    REQUIRE(unpaired.exit_code == 0);
    at.pair();
    CHECK(relay_state(at) == "connected");
}

TEST_CASE("a key that was renewed is another printer", "[pairing]")
{
    rig at;
    at.start_relay();
    at.start_agent();
    at.pair();
    const auto before = at.agent_id();
    REQUIRE(at.agent->stop() == 0);
    REQUIRE(at.agent_command({"rekey"}).exit_code == 0);
    at.start_agent();
    CHECK(at.agent_id() != before);
    CHECK(ping(at, at.relay_token()).status == 603);
    web_request old;
    old.url = at.relay_url() + "/printers/" + before + "/plugin-api/v1/ping";
    old.token = at.relay_token();
    CHECK(web(old).status == 601);
}
