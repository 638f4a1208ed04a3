// One print host dies in a print, the next one finds what it left.
#include "host_bench.hpp"

#include "printer/serial/journal_file.hpp"
#include "printer/serial/progress_store.hpp"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> file{"G28",       "M109 S200", "G1 X10 Y10 Z1 F1800",
                                    "G1 X20 E1", "G1 X30 E2", "G1 X40 E3"};

// A host in the middle of `file`, with so many commands accepted of those that it sent; and its successor.
struct two_hosts {
    host_bench first;
    std::vector<std::uint64_t> words = std::vector<std::uint64_t>(journal_writer::image_size() / 8 + 1);
    std::span<std::byte> image{std::as_writable_bytes(std::span(words)).first(journal_writer::image_size())};
    journal_writer journal{image};
    std::optional<host_bench> second;
    bool other_file = false;

    // Prints until `sent` commands were handed out.
    explicit two_hosts(std::size_t sent)
    {
        first.connect();
        first.most_sent = sent;
        first.start(file);
        first.heat(200, 200, 22, 0);
        first.pass(3s);
        REQUIRE(first.sent.size() == sent);
        REQUIRE(first.core.journal());
        journal.begin(*first.core.journal(), 100, {});
        for (std::size_t i = 0; i < first.points.size(); ++i)
            journal.sent(101 + i, first.points[i]);
        journal.next_number(101 + sent);
        journal.wish(first.core.wish());
        journal.beat(std::chrono::nanoseconds(first.now.time_since_epoch()).count());
    }
    // The successor, `later`, on the port that stayed open; the firmware took `accepted` of the commands.
    void succeed(std::size_t accepted, std::chrono::milliseconds later = 500ms, bool same_port = true)
    {
        second.emplace(first.kept.back(), host_settings{}, left_print{read_journal(image), {}});
        auto& bench = *second;
        bench.now = first.now + later;
        REQUIRE(bench.core.rejoins());
        REQUIRE(bench.core.unused_number() > 101 + first.sent.size());
        bench.core.port_opened(bench.now);
        if (same_port) bench.core.port_was_kept();
        bench.run();
        bench.hear(rejoined{100 + accepted});
        if (!bench.wanted.empty()) {
            auto lines = file;
            const auto from = bench.wanted.back().from;
            auto source = std::make_shared<listed_lines>(lines);
            source->skip_to(from.offset);
            if (other_file) source->become_other();
            bench.core.source_opened(std::shared_ptr<line_source>(source), bench.now);
        }
        bench.hear(connected{firmware_info{"Marlin 2", "Rig", "u-1", {"EMERGENCY_PARSER"}}});
        bench.heat(200, 200, 22, 0);
        bench.run();
    }
};

head_position place(double x, double y, double z)
{
    return {x, y, z, 1.0};
}

struct folder {
    fs::path path;
    explicit folder(const char* where = "/tmp")
    {
        std::string name = std::string(where) + "/layerline-takeover-XXXXXX";
        path = ::mkdtemp(name.data());
    }
    ~folder() { fs::remove_all(path); }
};

} // namespace

TEST_CASE("nothing is lost and nothing doubled behind each line that may be the last")
{
    for (std::size_t accepted = 6; accepted <= 9; ++accepted) {
        two_hosts hosts(9);
        // Where the head is once those were carried out.
        const double x = accepted == 6 ? 0 : 10.0 * static_cast<double>(accepted - 6);
        hosts.second.emplace(hosts.first.kept.back(), host_settings{},
                             left_print{read_journal(hosts.image), {}});
        auto& bench = *hosts.second;
        bench.where = place(x, 10, 1);
        bench.now = hosts.first.now + 500ms;
        bench.core.port_opened(bench.now);
        bench.core.port_was_kept();
        bench.hear(rejoined{100 + accepted});
        REQUIRE(bench.wanted.size() == 1);
        CHECK(bench.wanted[0].path == "gcode/a.gcode");
        auto source = std::make_shared<listed_lines>(file);
        source->skip_to(bench.wanted[0].from.offset);
        bench.core.source_opened(std::shared_ptr<line_source>(source), bench.now);
        bench.hear(connected{firmware_info{"Marlin 2", "Rig", "u-1", {}}});
        CHECK(bench.sent == std::vector<std::string>{"M114"}); // nothing moves before temperatures are known
        bench.heat(200, 200, 22, 0);
        for (int i = 0; i < 4; ++i) { // told each second
            bench.pass(1s);
            bench.heat(200, 200, 22, 0);
        }
        bench.run();
        std::vector<std::string> wanted{"M114"};
        for (std::size_t line = accepted - 4; line < file.size(); ++line)
            wanted.push_back(file[line]);
        wanted.insert(wanted.end(), {"M400", "M84 S600"});
        std::erase(bench.sent, "M105");
        INFO(accepted << ' ' << bench.core.state(bench.now).reason);
        CHECK(bench.sent == wanted);
        CHECK(bench.where_now() == phase::finished);
        CHECK(bench.core.state(bench.now).job->id == "j-00000000000000aa");
        CHECK(bench.kept.back().last_job->outcome == "finished");
    }
}

TEST_CASE("a successor that comes too late, or on a port that was opened anew, asks and moves nothing")
{
    for (const bool late : {true, false}) {
        two_hosts hosts(9);
        hosts.succeed(9, late ? 3500ms : 500ms, late);
        auto& bench = *hosts.second;
        CHECK(bench.where_now() == phase::paused);
        const auto state = bench.core.state(bench.now);
        REQUIRE(state.wants);
        CHECK(state.wants->kind == "takeover");
        CHECK(state.reason.find("line 5 of the file") != std::string::npos);
        CHECK(bench.sent == std::vector<std::string>{"M114"});
        SECTION(late ? "late: resume" : "reopened: resume")
        {
            CHECK(bench.done(bench.ask(resume_job{})));
            for (int i = 0; i < 4; ++i) {
                bench.pass(1s);
                bench.heat(200, 200, 22, 0);
            }
            bench.run();
            std::erase(bench.sent, "M105");
            const std::vector<std::string> wanted{
                "M114",       "M104 T0 S200", "G21",      "G90", "G1 Z6 F600", "G1 X30 Y10 F6000",
                "G1 Z1 F600", "G92 E2",       "G1 F1800", "G90", "M82",        "G1 X40 E3",
                "M400",       "M84 S600"};
            CHECK(bench.sent == wanted);
            CHECK(bench.where_now() == phase::finished);
        }
        SECTION(late ? "late: cancel" : "reopened: cancel")
        {
            CHECK(bench.done(bench.ask(cancel_job{})));
            bench.pass(1s);
            CHECK(bench.where_now() == phase::cancelled);
            CHECK(bench.was_sent("M104 S0"));
            CHECK_FALSE(bench.was_sent("G1 X40 E3"));
        }
        SECTION(late ? "late: nobody" : "reopened: nobody")
        {
            bench.pass(11min);
            bench.heat(200, 200, 22, 0);
            bench.pass(2s);
            CHECK(bench.was_sent("M104 S0")); // as after a failed job
            CHECK(bench.where_now() == phase::paused);
        }
    }
}

TEST_CASE("a print that was being paused stays paused for its successor")
{
    two_hosts hosts(8);
    hosts.first.ask(pause_job{});
    hosts.journal.wish(hosts.first.core.wish());
    hosts.succeed(8);
    CHECK(hosts.second->where_now() == phase::paused);
    CHECK(hosts.second->sent == std::vector<std::string>{"M114"});
}

TEST_CASE("a board that was reset ends the print with its place, and nothing moves or heats")
{
    two_hosts hosts(9);
    hosts.succeed(0 - 100UL); // it counts from nothing
    auto& bench = *hosts.second;
    CHECK(bench.where_now() == phase::error);
    CHECK(bench.core.state(bench.now).reason.find("reset") != std::string::npos);
    CHECK(bench.core.state(bench.now).reason.find("line 5 of the file") != std::string::npos);
    CHECK(bench.kept.back().last_job->outcome == "failed");
    std::erase(bench.sent, "M114");
    CHECK(bench.sent.empty());
}

TEST_CASE("another file under the same name is not gone on with")
{
    two_hosts hosts(9);
    hosts.other_file = true;
    hosts.succeed(9);
    CHECK(hosts.second->where_now() == phase::error);
    CHECK(hosts.second->core.state(hosts.second->now).reason.find("not the one") != std::string::npos);
}

TEST_CASE("a successor that dies before it went on leaves the print as it found it")
{
    two_hosts hosts(9);
    hosts.succeed(8, 500ms, false);
    auto& bench = *hosts.second;
    // Its journal begins anew behind that line: its own questions take numbers that were lost lines' before.
    REQUIRE(bench.core.journal());
    CHECK(bench.core.journal()->taken_over == 1);
    CHECK(bench.points.front().offset == bench.wanted.front().from.offset);
    hosts.journal.begin(*bench.core.journal(), 108, bench.points.front());
    hosts.journal.next_number(115);
    const auto again = read_journal(hosts.image);
    REQUIRE(again);
    CHECK(find_point(*again, 112)->offset == bench.wanted.front().from.offset);
}

TEST_CASE("after a power cut it is said where the print stopped")
{
    durable_state kept{
        .last_job = job_record{"j-1", "gcode/a.gcode", "running", {}}, .bed_clear = false, .firmware = {}};
    resume_point point;
    point.line = 77;
    point.layer = 3;
    point.axes[2] = 0.6;
    host_bench bench(kept, {},
                     {{}, kept_progress{{.id = "j-1", .path = {}, .boot = {}, .file = {}}, {1, 0, point}}});
    bench.connect();
    CHECK(bench.where_now() == phase::error);
    CHECK(bench.core.state(bench.now).reason.find("line 77 of the file, layer 3, 0.6 mm high") !=
          std::string::npos);
    CHECK(bench.sent.empty());
}

TEST_CASE("a reset in the middle of a print is told with the place, too")
{
    two_hosts hosts(9);
    hosts.first.hear(was_reset{});
    CHECK(hosts.first.core.state(hosts.first.now).reason.find("line 5 of the file") != std::string::npos);
}

TEST_CASE("a journal in memory is found again; a folder on a disk is refused")
{
    const folder state;
    {
        auto first = journal_file::open("/dev/shm", state.path, 4096);
        REQUIRE(first.has_value());
        CHECK(first->bytes()[100] == std::byte{0});
        first->bytes()[100] = std::byte{42};
    }
    auto again = journal_file::open("/dev/shm", state.path, 4096);
    REQUIRE(again.has_value());
    CHECK(again->bytes()[100] == std::byte{42});
    again->remove();
    CHECK_FALSE(journal_file::open("/proc/self", state.path, 4096).has_value());
    CHECK_FALSE(journal_file::open("/nowhere", state.path, 4096).has_value());
}

TEST_CASE("progress lies on the disk in two pages in turn, so that a torn one costs seconds only")
{
    const folder state;
    const auto write = progress_pages(state.path);
    resume_point point;
    for (std::uint64_t n = 1; n <= 3; ++n) {
        point.line = n;
        CHECK(write(n % 2, pack_progress({.id = "j-1", .path = {}, .boot = {}, .file = {}}, {n, 0, point})) ==
              0);
    }
    CHECK(load_progress(state.path)->entry.point.line == 3);
    std::fstream(state.path / "progress", std::ios::in | std::ios::out | std::ios::binary)
        .seekp(4096 + 50)
        .put('x');
    CHECK(load_progress(state.path)->entry.point.line == 2);
    CHECK(fs::file_size(state.path / "progress") == 8192);
}

TEST_CASE("a disk that stalls or is full is told, and what is told goes away with the trouble")
{
    host_traffic traffic;
    std::mutex guard;
    std::condition_variable changed;
    int calls = 0, error = ENOSPC;
    bool held = false;
    const auto write = [&](std::size_t, std::string_view) {
        std::unique_lock lock(guard);
        ++calls;
        changed.notify_all();
        changed.wait(lock, [&] { return !held; });
        return error;
    };
    const auto tell = [&](std::uint64_t line) {
        journal_job job;
        job.id = "j-1";
        resume_point point;
        point.line = line;
        traffic.publish({}, {}, &job, point);
    };
    const auto wait_for = [&](auto so) {
        std::unique_lock lock(guard);
        while (!so())
            changed.wait_for(lock, 1ms);
    };
    tell(1);
    const progress_store store(write, 0, 1ms, traffic);
    wait_for([&] { return calls >= 2 && traffic.store_error == ENOSPC; }); // tried again
    {
        const std::lock_guard lock(guard);
        error = 0;
        held = true;
    }
    const int before = calls;
    wait_for([&] { return calls > before && traffic.store_busy_since_ms != 0; });
    {
        const std::lock_guard lock(guard);
        held = false;
    }
    changed.notify_all();
    wait_for([&] { return traffic.store_error == 0 && traffic.store_busy_since_ms == 0; });
}
