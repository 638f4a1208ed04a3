// 600 by its real causes: a store that is locked or has no room, at the relay's start and while it runs.
#include "rig.hpp"
#include "small_disk.hpp"

#include <catch2/catch.hpp>

#include <csignal>

#include <unistd.h>

using namespace layerline::tests;

namespace {

web_answer ping(const rig& at, bool standard = false)
{
    web_request asked;
    asked.url = at.printer_url() + "/plugin-api/v1/ping";
    asked.token = at.relay_token();
    if (standard) asked.headers.set("x-layerline-status", "standard");
    return web(asked);
}

// Another program that holds the relay's database for itself.
class locker {
public:
    explicit locker(const rig& at)
        : program_({"python3", "-c",
                    "import signal, sqlite3, sys\n"
                    "store = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)\n"
                    "store.execute('begin exclusive')\n"
                    "open(sys.argv[2], 'w').write('locked')\n"
                    "signal.pause()\n",
                    at.path("relay/access.db").string(), at.path("locked").string()},
                   at.path("locker.log"))
    {
        program_.wait_for_file(at.path("locked"));
    }
    void let_go()
    {
        program_.signal(SIGKILL);
        (void)program_.wait();
    }

private:
    program program_;
};

void check_600(const rig& at)
{
    const auto answer = ping(at);
    INFO(answer.status << ' ' << answer.body << answer.error);
    CHECK(answer.status == 600);
    const auto body = answer.json();
    REQUIRE(body.is_object());
    CHECK(body["Status"] == 600);
    CHECK(body["Cause"]["Code"] == "relay_failed");
    CHECK(body["Hop"] == "relay");
    CHECK(body["RetryAfterSec"] == 5);
    CHECK(answer.headers.find("retry-after") == std::optional<std::string_view>("5"));
    CHECK(ping(at, true).status == 503);
}

} // namespace

TEST_CASE("600: a relay that finds its store locked when it starts answers so until it is free",
          "[relay][status][store]")
{
    rig at;
    at.start_relay();
    at.start_agent();
    at.pair();
    REQUIRE(at.relay->stop() == 0);
    locker other(at);
    at.start_relay();
    check_600(at);
    CHECK(at.relay->log().find("another process holds the database") != std::string::npos);
    // Its agent is not taken for one that nobody claimed.
    CHECK(at.agent_status()["pairing"].is_null());
    const auto listed = at.relay_command({"token", "list"});
    INFO(listed.output);
    CHECK(listed.exit_code == 1);
    CHECK(listed.output.find("(600)") != std::string::npos);

    other.let_go();
    CHECK(at.becomes([&] { return ping(at).status == 200; }, seconds(60)));
    CHECK(at.agent_status()["pairing"].is_null());
}

TEST_CASE("600: a relay whose disk is full when it starts answers so until there is room",
          "[relay][status][store]")
{
    rig at;
    const small_disk disk(at.path("relay"), ::geteuid());
    if (!disk.there()) {
        WARN("mounting is not allowed here: not tested");
        return;
    }
    at.start_relay();
    at.start_agent();
    at.pair();
    REQUIRE(at.relay->stop() == 0);
    disk.fill();
    at.start_relay();
    check_600(at);
    disk.make_room();
    CHECK(at.becomes([&] { return ping(at).status == 200; }, seconds(60)));
}

TEST_CASE("600: what must be written fails while the store is locked, loses nothing, and requests go on",
          "[relay][status][store]")
{
    rig at;
    at.start_relay();
    at.start_agent();
    at.use_relay_token(at.make_relay_token("view").secret);
    const auto code = at.pairing_code();
    locker other(at);
    for (const auto& command :
         {std::vector<std::string>{"claim", code}, {"token", "create", "--name", "late"}}) {
        const auto said = at.relay_command(command);
        INFO(said.output);
        CHECK(said.exit_code == 1);
        CHECK(said.output.find("another process holds the database") != std::string::npos);
        CHECK(said.output.find("(600)") != std::string::npos);
    }
    CHECK(ping(at).status == 603); // tokens are answered from memory

    other.let_go();
    const auto claimed = at.relay_command({"claim", code}); // the same code: it was not used up
    INFO(claimed.output);
    CHECK(claimed.exit_code == 0);
    CHECK(at.becomes([&] { return ping(at).status == 200; }));
}
