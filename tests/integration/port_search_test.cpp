// A printer whose baud rate is not known, and one that is plugged in under another name, with the real
// programs.
#include "program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

using namespace layerline::tests;
using nlohmann::json;

namespace {

// A print host and as many virtual printers as wanted, without an agent.
struct bench {
    temp_folder folder;
    temp_folder memory{"/dev/shm"};
    std::optional<program> host;

    std::string path(const std::string& name) const { return (folder.path() / name).string(); }
    program printer(const std::string& name, std::vector<std::string> more = {}) const
    {
        std::vector<std::string> argv{program_path("layerline-virtual-printer").string(),
                                      "--link",
                                      path(name),
                                      "--ready",
                                      path(name + ".ready"),
                                      "--report",
                                      path(name + ".json"),
                                      "--baud",
                                      "0"};
        argv.insert(argv.end(), more.begin(), more.end());
        program started(argv, path(name + ".log"));
        started.wait_for_file(path(name + ".ready"));
        return started;
    }
    void start_host(std::vector<std::string> more)
    {
        std::filesystem::create_directories(path("files/gcode"));
        std::vector<std::string> argv{program_path("layerline-printhost").string(),
                                      "--socket",
                                      path("sock"),
                                      "--files",
                                      path("files"),
                                      "--state",
                                      path("state"),
                                      "--journal",
                                      memory.path().string()};
        argv.insert(argv.end(), more.begin(), more.end());
        std::filesystem::remove(path("sock"));
        host.reset();
        host.emplace(argv, path("host.log"));
        host->wait_for_file(path("sock"));
    }
    // Asks for the state ten times a second until `so`; fails the test after `patience`, and gives that
    // state.
    json becomes(const std::function<bool(const json&)>& so, seconds patience = seconds(40)) const
    {
        const auto end = std::chrono::steady_clock::now() + patience;
        json seen;
        for (bool done = false; !done;) {
            seen = state();
            done = seen.is_object() && so(seen);
            const bool late = std::chrono::steady_clock::now() > end;
            INFO("the host's log:\n" << host->log() << "\nthe state: " << seen.dump());
            if (late) REQUIRE(done);
            if (!done) ::poll(nullptr, 0, 100);
        }
        return seen;
    }
    json becomes_idle() const
    {
        return becomes([](const json& state) { return state["now"] == "idle" && state["port"].is_object(); });
    }
    // A pty as a USB board of that serial number, as sysfs would tell it.
    void describe(const std::string& device, const std::string& serial) const
    {
        const auto name = device.substr(device.rfind('/') + 1);
        const auto tty = folder.path() / "sys/class/tty" / ("pts" + name);
        std::filesystem::create_directories(tty / "device");
        std::ofstream(tty / "uevent") << "DEVNAME=" << device.substr(5) << "\n";
        std::ofstream(tty / "device/idVendor") << "2c99\n";
        std::ofstream(tty / "device/idProduct") << "0002\n";
        std::ofstream(tty / "device/serial") << serial << "\n";
        std::ofstream(tty / "device/bInterfaceNumber") << "00\n";
    }
    void forget(const std::string& device) const
    {
        std::filesystem::remove_all(folder.path() / "sys/class/tty" /
                                    ("pts" + device.substr(device.rfind('/') + 1)));
    }
    void link(const std::string& name, const std::string& device) const
    {
        std::filesystem::remove(path(name));
        std::filesystem::create_symlink(device, path(name));
    }
    std::string device_of(const std::string& name) const
    {
        return std::filesystem::canonical(path(name)).string();
    }
    json state() const
    {
        const auto told = run({program_path("layerline-printhost").string(), "ctl", "--socket", path("sock"),
                               "--json", "status"});
        return json::parse(told.output, nullptr, false);
    }
    finished start(const std::string& file) const
    {
        return run({program_path("layerline-printhost").string(), "ctl", "--socket", path("sock"), "start",
                    file, "--bed-clear"});
    }
    json kept() const { return json::parse(content_of(path("state/printhost.json")), nullptr, false); }
};

// Takes the number of a pty that is gone, so that the next one gets another.
class taken_number {
public:
    explicit taken_number(const std::string& device)
    {
        for (int tries = 0; tries < 64; ++tries) {
            const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
            REQUIRE(master >= 0);
            held_.push_back(master);
            std::array<char, 64> name{};
            REQUIRE(::ptsname_r(master, name.data(), name.size()) == 0);
            if (device == name.data()) return;
        }
        FAIL("the number of " << device << " is not free");
    }
    ~taken_number()
    {
        for (const int one : held_)
            ::close(one);
    }
    taken_number(const taken_number&) = delete;
    taken_number& operator=(const taken_number&) = delete;

private:
    std::vector<int> held_;
};

} // namespace

TEST_CASE("the baud rate is found by trying, kept, and told; the board is not reset by it", "[port]")
{
    bench at;
    const auto printer = at.printer("printer", {"--only-baud", "250000"});
    at.start_host({"--port", at.path("printer"), "--baud", "auto"});
    const auto idle = at.becomes_idle();
    CHECK(idle["port"]["baud"] == 250000);
    CHECK(idle["port"]["found"] == true);
    CHECK(idle["port"]["device"] == at.device_of("printer"));
    printer.signal(SIGHUP);
    (void)at.becomes([&](const json&) {
        return json::parse(content_of(at.path("printer.json")), nullptr, false).is_object();
    });
    const auto report = json::parse(content_of(at.path("printer.json")));
    CHECK(report["boots"] == 1);
    CHECK(report["connections"] == 1); // one open for all rates
    (void)at.becomes([&](const json&) { return at.kept()["port"]["baud"] == 250000; });
    const auto doctor = run({program_path("layerline").string(), "doctor", "--print-host", at.path("sock")});
    CHECK(doctor.output.find("at 250000 baud") != std::string::npos);

    // The next host tries that rate first.
    CHECK(at.host->stop() == 0);
    at.start_host({"--port", at.path("printer"), "--baud", "auto"});
    const auto began = std::chrono::steady_clock::now();
    (void)at.becomes_idle();
    CHECK(std::chrono::steady_clock::now() - began < seconds(6));
}

TEST_CASE("a board that is reset by the open of its port is found at its rate as well", "[port]")
{
    bench at;
    const auto printer = at.printer("printer", {"--only-baud", "57600", "--reset-on-open"});
    at.start_host({"--port", at.path("printer"), "--baud", "auto"});
    CHECK(at.becomes_idle()["port"]["baud"] == 57600);
}

TEST_CASE("a wrong baud rate is told as such, and so is a search in vain", "[port]")
{
    bench at;
    const auto printer = at.printer("printer", {"--only-baud", "76800"});
    at.start_host({"--port", at.path("printer"), "--baud", "115200"});
    (void)at.becomes([](const json& state) {
        return state["reason"].get<std::string>().find("the baud rate is probably wrong") !=
               std::string::npos;
    });
    CHECK(at.host->stop() == 0);
    at.start_host({"--port", at.path("printer"), "--baud", "auto"});
    (void)at.becomes([](const json& state) {
        return state["reason"].get<std::string>().find("looking for the baud rate: trying") !=
               std::string::npos;
    });
    (void)at.becomes([](const json& state) {
        return state["away"] == "silent" &&
               state["reason"].get<std::string>().find("no firmware's at any of 115200, 250000") !=
                   std::string::npos;
    });
    // Written down it is used, whatever was found before.
    CHECK(at.host->stop() == 0);
    at.start_host({"--port", at.path("printer"), "--baud", "76800"});
    CHECK(at.becomes_idle()["port"]["found"] == false);
}

TEST_CASE("a printer that is plugged in under another name is found again, and prints", "[port]")
{
    bench at;
    std::ofstream(at.path("host.toml")) << "sysfs = \"" << at.path("sys") << "\"\n";
    auto first = at.printer("first", {"--uuid", "printer-a", "--replug-after", "3"});
    const auto before = at.device_of("first");
    at.describe(before, "AAA");
    at.link("port", before);
    const std::vector<std::string> how{"--config", at.path("host.toml"), "--port", at.path("port")};
    at.start_host(how);
    CHECK(at.becomes_idle()["port"]["device"] == before);
    (void)at.becomes([&](const json&) { return at.kept()["port"]["usb"] == "2c99:0002:AAA:00"; });

    // Out, and in again as another device; the name that was written down is gone.
    std::filesystem::remove(at.path("port"));
    at.forget(before);
    first.signal(SIGUSR2);
    (void)at.becomes([](const json& state) { return state["now"] == "offline"; });
    const taken_number held(before);
    first.wait_for_file(at.path("first"));
    const auto after = at.device_of("first");
    REQUIRE(after != before);
    at.describe(after, "AAA");
    CHECK(at.becomes_idle()["port"]["device"] == after);

    // The old name is another printer's now.
    const auto other = at.printer("other", {"--uuid", "printer-b"});
    at.describe(at.device_of("other"), "BBB");
    at.link("port", at.device_of("other"));
    CHECK(at.host->stop() == 0);
    at.start_host(how);
    CHECK(at.becomes_idle()["port"]["device"] == after);
    std::ofstream(at.path("files/gcode/a.gcode")) << "G28\nG1 X10 F6000\n";
    const auto started = at.start("a.gcode");
    INFO(started.output);
    CHECK(started.exit_code == 0);
    (void)at.becomes([](const json& state) { return state["now"] == "finished"; });
}

TEST_CASE("another printer that took the name is not driven as this one", "[port]")
{
    bench at;
    std::ofstream(at.path("host.toml")) << "sysfs = \"" << at.path("sys") << "\"\n";
    std::filesystem::create_directories(at.path("files/gcode"));
    std::ofstream(at.path("files/gcode/a.gcode")) << "G28\n";
    std::optional<program> first = at.printer("first", {"--uuid", "printer-a"});
    const auto second = at.printer("second", {"--uuid", "printer-b"});
    const auto one = at.device_of("first"), two = at.device_of("second");
    at.describe(one, "AAA");
    at.link("port", one);
    const std::vector<std::string> how{"--config", at.path("host.toml"), "--port", at.path("port")};
    at.start_host(how);
    (void)at.becomes_idle();
    (void)at.becomes([&](const json&) { return at.kept()["port"]["usb"] == "2c99:0002:AAA:00"; });

    // By its serial number: its port is not even opened.
    at.forget(one);
    at.describe(two, "BBB");
    at.link("port", two);
    CHECK(first->stop() == 0);
    first.reset();
    const auto refused = at.becomes([](const json& state) {
        return state["reason"].get<std::string>().find("Another USB device (2c99:0002:BBB:00)") !=
               std::string::npos;
    });
    CHECK(refused["away"] == "port_gone");
    second.signal(SIGHUP);
    (void)at.becomes([&](const json&) {
        return json::parse(content_of(at.path("second.json")), nullptr, false).is_object();
    });
    CHECK(json::parse(content_of(at.path("second.json")))["connections"] == 0);
    CHECK(at.start("a.gcode").exit_code != 0);

    // Without a serial number, by what its firmware says of itself: it answers, and prints nothing.
    at.forget(two);
    (void)at.becomes([](const json& state) {
        return state["now"] == "idle" &&
               state["reason"].get<std::string>().find("another printer than before") != std::string::npos;
    });
    CHECK(at.start("a.gcode").exit_code == 4);
    CHECK(at.kept()["port"]["usb"] == "2c99:0002:AAA:00");
    // Unless its owner says that it is meant.
    CHECK(at.host->stop() == 0);
    auto accepting = how;
    accepting.emplace_back("--accept-fingerprint");
    at.start_host(accepting);
    (void)at.becomes_idle();
    CHECK(at.start("a.gcode").exit_code == 0);
}
