// Finding a printer: its baud rate by trying, its device after it was plugged in elsewhere.
#include "host_bench.hpp"
#include "printer/serial/baud_search.hpp"
#include "printer/serial/host_config.hpp"
#include "printer/serial/usb_identity.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;

namespace {

const time_point start{1000s};

// The rates of a round, with the seconds at which each was begun.
std::vector<std::pair<unsigned, double>> round_of(baud_search& search, time_point from, bool noise)
{
    std::vector<std::pair<unsigned, double>> all;
    search.begin(from);
    all.emplace_back(search.rate(), 0.0);
    for (auto now = from; !search.over() && now < from + 5min; now += 100ms)
        if (const auto next = search.next(now, noise))
            all.emplace_back(*next, std::chrono::duration<double>(now - from).count());
    return all;
}

struct sysfs {
    std::filesystem::path root;
    sysfs()
    {
        std::string name = "/tmp/layerline-test-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        root = name;
    }
    ~sysfs() { std::filesystem::remove_all(root); }
    sysfs(const sysfs&) = delete;
    sysfs& operator=(const sysfs&) = delete;
    // A tty of a USB board, with the folders as the kernel lays them: device, interface, tty.
    void plug(const std::string& tty, const std::string& serial) const
    {
        const auto board = root / "devices" / ("usb-" + tty);
        const auto interface = board / "1-1:1.0";
        std::filesystem::create_directories(interface);
        std::filesystem::create_directories(root / "class/tty" / tty);
        std::ofstream(board / "idVendor") << "2c99\n";
        std::ofstream(board / "idProduct") << "0002\n";
        if (!serial.empty()) std::ofstream(board / "serial") << serial << "\n";
        std::ofstream(interface / "bInterfaceNumber") << "00\n";
        std::ofstream(root / "class/tty" / tty / "uevent") << "MAJOR=188\nDEVNAME=" << tty << "\n";
        std::filesystem::create_directory_symlink(interface, root / "class/tty" / tty / "device");
    }
    void unplug(const std::string& tty) const
    {
        std::filesystem::remove_all(root / "class/tty" / tty);
        std::filesystem::remove_all(root / "devices" / ("usb-" + tty));
    }
};

port_question question(std::string named_usb, std::string known_usb, std::vector<std::string> alike)
{
    return {"/dev/ttyUSB0", !named_usb.empty(), std::move(named_usb), std::move(known_usb), std::move(alike)};
}

} // namespace

TEST_CASE("baud rates are tried in a bounded order, the one that is known first")
{
    baud_search fresh(0);
    const auto rates = round_of(fresh, start, false);
    REQUIRE(rates.size() == 7);
    CHECK(rates[0].first == 115200);
    CHECK(rates[1].first == 250000);
    CHECK(rates[1].second == Approx(10).margin(0.2)); // opening may have reset the board
    CHECK(rates[2].second == Approx(13).margin(0.3));
    CHECK(fresh.over());
    CHECK(fresh.in_vain().find("no firmware answers at 115200, 250000") == 0);

    baud_search known(57600);
    const auto again = round_of(known, start, false);
    REQUIRE(again.size() == 7);
    CHECK(again[0].first == 57600);
    CHECK(again[1].first == 115200);
    baud_search odd(76800);
    CHECK(round_of(odd, start, false).size() == 8);
}

TEST_CASE("noise ends the try of a rate sooner, and is told")
{
    baud_search search(0);
    const auto rates = round_of(search, start, true);
    REQUIRE(rates.size() == 7);
    CHECK(rates[1].second == Approx(2.2).margin(0.2));
    CHECK(rates[6].second < 16);
    CHECK(search.in_vain().find("bytes came, but no firmware's at any of") == 0);
    // A second round has no board to wait for.
    CHECK(round_of(search, start + 10min, false)[1].second == Approx(3).margin(0.2));
}

TEST_CASE("the rate that was found is the first of the next round")
{
    baud_search search(0);
    search.begin(start);
    CHECK_FALSE(search.next(start + 9s, false));
    CHECK(search.next(start + 10s, false) == 250000U);
    search.found();
    CHECK(search.rate() == 250000);
    CHECK(search.trying().find("trying 250000 (1 of 7)") != std::string::npos);
    const auto rates = round_of(search, start + 1min, false);
    CHECK(rates[0].first == 250000);
    CHECK(rates[1].first == 115200);
    CHECK(rates.size() == 7);
}

TEST_CASE("the baud rate is a number in bounds, or auto")
{
    host_config config;
    CHECK(read_host_toml("baud = \"auto\"\n", "t", config).has_value());
    CHECK(config.baud == 0);
    CHECK(read_host_toml("baud = 250000\n", "t", config).has_value());
    CHECK(config.baud == 250000);
    for (const auto* bad : {"baud = \"fast\"", "baud = 0", "baud = 5000000", "baud = true"}) {
        INFO(bad);
        const auto read = read_host_toml(bad, "t", config);
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().text.find("\"auto\"") != std::string::npos);
    }
}

TEST_CASE("a USB board is known by its serial number, wherever it is plugged in")
{
    const sysfs sys;
    sys.plug("ttyUSB0", "AAA");
    sys.plug("ttyUSB1", "BBB");
    sys.plug("ttyUSB2", ""); // without a serial number it could be any
    const auto root = sys.root.string();
    CHECK(usb_identity("/dev/ttyUSB0", root) == "2c99:0002:AAA:00");
    CHECK(usb_identity("/dev/ttyUSB1", root) == "2c99:0002:BBB:00");
    CHECK(usb_identity("/dev/ttyUSB2", root).empty());
    CHECK(usb_identity("/dev/ttyUSB9", root).empty());
    CHECK(usb_identity("/dev/ttyUSB0", "/nowhere").empty());
    CHECK(devices_like("2c99:0002:AAA:00", root) == std::vector<std::string>{"/dev/ttyUSB0"});
    CHECK(devices_like("", root).empty());
    sys.unplug("ttyUSB0");
    sys.plug("ttyUSB5", "AAA");
    CHECK(devices_like("2c99:0002:AAA:00", root) == std::vector<std::string>{"/dev/ttyUSB5"});
}

TEST_CASE("a printer that was plugged in elsewhere is opened there, and another one in its place is not")
{
    // Nothing is known yet, or it is where it was.
    CHECK(choose_port(question("B", "", {})).value() == "/dev/ttyUSB0");
    CHECK(choose_port(question("A", "A", {"/dev/ttyUSB0"})).value() == "/dev/ttyUSB0");
    // The name is gone, or another has it.
    CHECK(choose_port(question("", "A", {"/dev/ttyUSB1"})).value() == "/dev/ttyUSB1");
    CHECK(choose_port(question("B", "A", {"/dev/ttyUSB1"})).value() == "/dev/ttyUSB1");
    const auto taken = choose_port(question("B", "A", {}));
    REQUIRE_FALSE(taken.has_value());
    CHECK(taken.error().code == printer_errc::port_gone);
    CHECK(taken.error().detail.find("--accept-fingerprint") != std::string::npos);
    // Unplugged: the name, which says that it is gone. Twice there: nobody can know.
    CHECK(choose_port(question("", "A", {})).value() == "/dev/ttyUSB0");
    CHECK_FALSE(choose_port(question("", "A", {"/dev/ttyUSB1", "/dev/ttyUSB2"})).has_value());
}

TEST_CASE("the port is kept where this printer answered, and shown; where another one did, it is not")
{
    host_bench bench;
    bench.core.port_is({"/dev/ttyUSB0", 250000, true}, "A");
    CHECK_FALSE(bench.core.state(bench.now).port);
    bench.connect();
    const auto shown = bench.core.state(bench.now).port;
    REQUIRE(shown);
    CHECK(*shown == port_state{"/dev/ttyUSB0", 250000, true});
    REQUIRE_FALSE(bench.kept.empty());
    CHECK(bench.kept.back().port == port_memory{250000, "A"});
    CHECK(bench.core.known_port() == port_memory{250000, "A"});

    bench.core.port_lost(printer_errc::port_gone, "unplugged", bench.now);
    bench.core.port_opened(bench.now);
    bench.core.port_is({"/dev/ttyUSB1", 115200, true}, "B");
    bench.core.on_event(connected{firmware_info{"Marlin 2", "Other", "u-2", {}}}, bench.now);
    bench.run();
    CHECK(bench.core.known_port() == port_memory{250000, "A"});
    CHECK(bench.refusal(bench.start({"G28"})) == printer_errc::wrong_state);
}
