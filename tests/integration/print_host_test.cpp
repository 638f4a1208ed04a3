// What the print host guards by itself, through the real programs: heat that nobody needs, and its socket.
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <vector>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace layerline::tests;
using nlohmann::json;

namespace {

// What a heater is to be heated to; nothing while that is not known.
std::optional<double> target(const json& state, const std::string& heater)
{
    for (const auto& one : state["heaters"])
        if (one["name"] == heater && one["target_c"].is_number()) return one["target_c"].get<double>();
    return std::nullopt;
}

void configure_host(rig& at, const std::string& toml)
{
    std::ofstream(at.path("printhost.toml")) << toml;
    at.options().host = {"--config", at.path("printhost.toml").string()};
}

// A connection to the print host's socket; the number of bytes it says at once is up to it.
class caller {
public:
    explicit caller(const std::filesystem::path& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.string().copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        timeval patience{20, 0};
        REQUIRE(::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    }
    ~caller() { ::close(fd_); }
    caller(const caller&) = delete;
    caller& operator=(const caller&) = delete;
    // The first line that it is told; empty when the connection ends before.
    std::string first_line() const
    {
        std::string line;
        for (char byte = 0; ::recv(fd_, &byte, 1, 0) == 1 && byte != '\n';)
            line += byte;
        return line;
    }

private:
    int fd_;
};

} // namespace

TEST_CASE("heaters that a dead host's job left on go off by themselves while nobody says what becomes of it",
          "[guards]")
{
    rig at({.speed = "20"});
    configure_host(at, "[guards]\nfailed_tool_minutes = 0.05\nfailed_bed_minutes = 0.1\n");
    at.start_all();
    at.put_file("warm.gcode", warm_job(20000));
    const auto started = at.at_agent("POST", "start", R"({"Path":"gcode/warm.gcode","BedClear":true})");
    INFO(started.body);
    REQUIRE(started.code() == 200);
    (void)wait_for_state(at.agent_url(), at.agent_token(), [](const json& state) {
        return state["now"] == "printing" && state["job"]["lines_acknowledged"].get<int>() > 20;
    });
    // The board goes on heating for nobody.
    at.host->signal(SIGKILL);
    (void)at.host->wait();
    at.start_host();
    const auto left_on = wait_for_state(at.agent_url(), at.agent_token(), [](const json& state) {
        return state["now"] == "paused" && target(state, "tool0") == 200 && target(state, "bed") == 60;
    });
    INFO(left_on.dump());
    // Nobody kept the port open: a person is asked.
    CHECK(left_on["wants"]["kind"] == "takeover");
    // The hotend first, the bed after it.
    const auto tool_off = wait_for_state(at.agent_url(), at.agent_token(),
                                         [](const json& state) { return target(state, "tool0") == 0; });
    CHECK(target(tool_off, "bed") == 60);
    (void)wait_for_state(at.agent_url(), at.agent_token(),
                         [](const json& state) { return target(state, "bed") == 0; });
}

TEST_CASE("a heater that somebody switched on and forgot goes off after the idle time", "[guards]")
{
    rig at;
    configure_host(at, "[guards]\nidle_minutes = 1\n"); // the shortest there is
    at.start_all();
    const auto heated = at.at_agent("POST", "set-temp", R"({"BedC":50})");
    INFO(heated.body);
    REQUIRE(heated.code() == 200);
    (void)wait_for_state(at.agent_url(), at.agent_token(),
                         [](const json& state) { return target(state, "bed") == 50; });
    (void)wait_for_state(
        at.agent_url(), at.agent_token(), [](const json& state) { return target(state, "bed") == 0; },
        seconds(120));
}

TEST_CASE("a print host with as many clients as it takes tells the next one so", "[socket]")
{
    rig at;
    at.start_printer();
    at.start_host();
    std::vector<std::unique_ptr<caller>> all;
    for (int n = 0; n < 8; ++n) {
        all.push_back(std::make_unique<caller>(at.path("host.sock")));
        CHECK(all.back()->first_line().find("\"event\":\"state\"") != std::string::npos);
    }
    at.start_relay();
    at.start_agent();
    at.pair();
    (void)wait_for_state(at.agent_url(), at.agent_token(),
                         [](const json& state) { return state["away"] == "too_many_clients"; });
    for (const auto& answer : {at.at_agent("GET", "status"), at.at_relay("POST", "home")}) {
        INFO(answer.body);
        CHECK(answer.code() == 787);
        CHECK(answer.json()["Cause"]["Code"] == "too_many_clients");
    }
    all.pop_back();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
}

TEST_CASE("the print host speaks to its own user and group alone, whatever the socket's mode", "[socket]")
{
    if (::geteuid() != 0) {
        WARN("needs root, to run programs as another user");
        return;
    }
    rig at;
    at.start_printer();
    at.start_host();
    const auto connected = [&] { return at.host->log().find("connected to Marlin") != std::string::npos; };
    REQUIRE(at.becomes(connected));
    const auto path = at.path("host.sock");
    struct stat about {};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0660);
    // Somebody opened the way to it; the host still looks at who is there.
    REQUIRE(::chmod(path.c_str(), 0666) == 0);
    REQUIRE(::chmod(path.parent_path().c_str(), 0755) == 0);
    const std::vector<std::string> ask{"python3", "-c",
                                       "import socket, sys\n"
                                       "s = socket.socket(socket.AF_UNIX)\n"
                                       "s.settimeout(20)\n"
                                       "s.connect(sys.argv[1])\n"
                                       "try:\n"
                                       "    s.sendall(b'{\"id\":1,\"do\":\"emergency_stop\"}\\n')\n"
                                       "    print('told', len(s.recv(100)))\n"
                                       "except (ConnectionResetError, BrokenPipeError):\n"
                                       "    print('told 0')\n",
                                       path.string()};
    const auto own = run(ask);
    INFO(own.output << at.host->log());
    CHECK(own.output == "told 100\n");
    // Our own user's stop arrived.
    REQUIRE(at.becomes([&] { return at.host->log().find("echo:M112 Shutdown") != std::string::npos; }));
    CHECK(at.report()["killed"] == true);
    REQUIRE(at.host->stop() == 0);
    REQUIRE(at.printer->stop() == 0);
    at.start_printer();
    at.start_host();
    REQUIRE(at.becomes(connected));
    REQUIRE(::chmod(path.c_str(), 0666) == 0);

    start_options stranger;
    stranger.user = 12345;
    const auto refused = run(ask, stranger);
    INFO(refused.output);
    CHECK(refused.output == "told 0\n");
    CHECK(at.report()["killed"] == false);
}
