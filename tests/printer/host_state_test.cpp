#include "printer/serial/action_messages.hpp"
#include "printer/serial/durable_state.hpp"
#include "printer/serial/host_config.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace layerline::printer;
using namespace layerline::printer::serial;
namespace fs = std::filesystem;

namespace {
struct folder {
    fs::path path;
    folder()
    {
        std::string name = (fs::temp_directory_path() / "layerline-state-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~folder() { fs::remove_all(path); }
};
} // namespace

TEST_CASE("a fresh installation has a clear bed; kept state comes back; damaged state is not forgiven")
{
    const folder state;
    CHECK(load_durable_state(state.path).state.bed_clear);
    durable_state kept{.last_job = job_record{"j-0123456789abcdef", "gcode/a.gcode", "running", {}},
                       .bed_clear = false,
                       .firmware = fingerprint{"Marlin", "Rig", "u-1"},
                       .port = {250000, "2c99:0002:AAA:00"}};
    REQUIRE(save_durable_state(state.path, kept).has_value());
    CHECK(load_durable_state(state.path).state == kept);
    std::ofstream(state.path / "printhost.json") << "{\"bed_clear\": tr";
    const auto damaged = load_durable_state(state.path);
    CHECK_FALSE(damaged.state.bed_clear);
    CHECK_FALSE(damaged.complaint.empty());
}

TEST_CASE("starts of the last hour are kept, and are of one start of the machine")
{
    const folder state;
    durable_state kept;
    kept.boot = "this";
    kept.starts = {std::chrono::milliseconds(5), std::chrono::milliseconds(7)};
    REQUIRE(save_durable_state(state.path, kept).has_value());
    auto loaded = load_durable_state(state.path);
    CHECK(loaded.state == kept);
    note_boot(loaded.state, "this");
    CHECK(loaded.state.bed().starts.size() == 2);
    note_boot(loaded.state, "next");
    CHECK(loaded.state.bed().starts.empty());
}

TEST_CASE("a key is taken once, over restarts, and comes free when its command was refused")
{
    const folder state;
    {
        auto keys = idempotency_keys::open(state.path);
        REQUIRE(keys.has_value());
        CHECK(*keys->claim("one", "pause"));
        CHECK_FALSE(*keys->claim("one", "pause"));
        CHECK(*keys->claim("two", "pause"));
        keys->release("two");
        CHECK_FALSE(keys->claim("no spaces", "pause").has_value());
        CHECK_FALSE(keys->claim(std::string(65, 'a'), "pause").has_value());
    }
    auto keys = idempotency_keys::open(state.path);
    REQUIRE(keys.has_value());
    CHECK_FALSE(*keys->claim("one", "pause"));
    CHECK(*keys->claim("two", "pause"));
}

TEST_CASE("a key that was used for one command is refused for another, over restarts")
{
    const folder state;
    for (int run = 0; run < 3; ++run) {
        auto keys = idempotency_keys::open(state.path);
        REQUIRE(keys.has_value());
        if (run == 0) CHECK(*keys->claim("one", "pause"));
        CHECK_FALSE(*keys->claim("one", "pause"));
        const auto other = keys->claim("one", "resume");
        REQUIRE_FALSE(other.has_value());
        CHECK(other.error().code == layerline::printer::printer_errc::out_of_range);
        CHECK(other.error().detail.find("(pause)") != std::string::npos);
    }
    std::ofstream(state.path / "keys.log", std::ios::app) << "+old\n"; // kept before commands were
    auto keys = idempotency_keys::open(state.path);
    REQUIRE(keys.has_value());
    CHECK_FALSE(*keys->claim("old", "cancel"));
}

TEST_CASE("a key that was used for a command is refused for the same command with other arguments")
{
    namespace printer = layerline::printer;
    const folder state;
    const auto start = action_mark(printer::start_job{"gcode/a.gcode", true});
    CHECK(start.starts_with("start "));
    CHECK(start == action_mark(printer::start_job{"gcode/a.gcode", true}));
    CHECK(start != action_mark(printer::start_job{"gcode/b.gcode", true}));
    CHECK(action_mark(printer::move_axis{'x', 10, {}}) != action_mark(printer::move_axis{'x', -10, {}}));
    auto keys = idempotency_keys::open(state.path);
    REQUIRE(keys.has_value());
    CHECK(*keys->claim("one", start));
    keys = idempotency_keys::open(state.path);
    CHECK_FALSE(*keys->claim("one", start));
    const auto other = keys->claim("one", action_mark(printer::start_job{"gcode/b.gcode", true}));
    REQUIRE_FALSE(other.has_value());
    CHECK(other.error().detail.find("(start with other arguments)") != std::string::npos);
    CHECK(keys->claim("one", action_mark(printer::resume_job{})).error().detail.find("(start)") !=
          std::string::npos);
    std::ofstream(state.path / "keys.log", std::ios::app) << "+named start\n"; // kept before arguments were
    keys = idempotency_keys::open(state.path);
    CHECK_FALSE(*keys->claim("named", start));
    CHECK_FALSE(keys->claim("named", action_mark(printer::cancel_job{})).has_value());
}

TEST_CASE("the last thousand keys are kept, in a file that stays small, and a torn line is none")
{
    const folder state;
    {
        std::ofstream log(state.path / "keys.log");
        for (int i = 0; i < 1100; ++i)
            log << "+k" << i << '\n';
        log << "+torn";
    }
    auto keys = idempotency_keys::open(state.path);
    REQUIRE(keys.has_value());
    CHECK_FALSE(*keys->claim("k1099", "pause"));
    CHECK_FALSE(*keys->claim("k100", "pause"));
    CHECK(*keys->claim("k99", "pause"));
    CHECK(*keys->claim("torn", "pause"));
    CHECK(fs::file_size(state.path / "keys.log") < 10'000);
}

TEST_CASE("a configuration's mistakes are told with their line")
{
    const auto wrong = [](std::string_view text) {
        host_config config;
        const auto read = read_host_toml(text, "p.toml", config);
        return read ? std::string{} : read.error().text;
    };
    CHECK(wrong("port = \"/dev/x\"\nbaud = 250000\n[limits]\ntool = 280\n[area]\nx_max = 200\n").empty());
    CHECK(wrong("\nprot = 1\n") == "p.toml:2: unknown key \"prot\"");
    CHECK(wrong("[limit]\ntool = 1\n").find("unknown section") != std::string::npos);
    CHECK(wrong("[limits]\ntool = 9999\n").find("p.toml:2") == 0);
    CHECK(wrong("[firmware]\nwindow_lines = 6\n").find("p.toml:2") == 0);
    CHECK(wrong("port = 5\n").find("is a text") != std::string::npos);
    CHECK(wrong("port = \n").find("p.toml:1") == 0);
}

TEST_CASE("one line is under way unless the configuration allows more")
{
    host_config config;
    CHECK(config.machine.window_lines == 1);
    REQUIRE(read_host_toml("[firmware]\nwindow_lines = 4\n", "p.toml", config).has_value());
    CHECK(config.machine.window_lines == 4);
    CHECK_FALSE(config.machine.meatpack); // unless it is asked for
    REQUIRE(read_host_toml("[firmware]\nmeatpack = \"auto\"\n", "p.toml", config).has_value());
    CHECK(config.machine.meatpack);
    REQUIRE(read_host_toml("[firmware]\nmeatpack = \"off\"\n", "p.toml", config).has_value());
    CHECK_FALSE(config.machine.meatpack);
    CHECK_FALSE(read_host_toml("[firmware]\nmeatpack = true\n", "p.toml", config).has_value());
}
