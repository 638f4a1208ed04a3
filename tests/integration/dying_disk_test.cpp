// Disks that answer late or not at all, and an agent that crashes over what it reads, in the middle of prints
// by the real programs: the printer's own record says that it noticed nothing.
#include "supervised_host.hpp"
#include "traced_calls.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace layerline::tests;
using namespace std::chrono_literals;

namespace {

const std::set<std::string> disk_threads{"reader", "measurer", "clerk", "progress"};

bool reads_or_keeps(const traced_call& call)
{
    return call.number == SYS_pread64 || call.number == SYS_pwrite64 || call.number == SYS_fdatasync ||
           call.number == SYS_fsync;
}

bool changes_a_disk(const traced_call& call)
{
    if (call.number == SYS_openat) return (call.arguments[2] & (O_WRONLY | O_RDWR | O_CREAT)) != 0;
    return call.number == SYS_pwrite64 || call.number == SYS_fdatasync || call.number == SYS_fsync ||
           call.number == SYS_renameat || call.number == SYS_renameat2 || call.number == SYS_linkat;
}

// The head never stood still for want of a line, and the host never had to wait for the file.
void check_untouched(const supervised_host& b)
{
    const auto state = b.state();
    INFO(state.dump());
    CHECK(state["job"]["underruns"] == 0);
    b.check_whole();
    for (const auto& ms : b.at.report()["still_ms"])
        CHECK(ms.get<int>() < 1000);
}

} // namespace

TEST_CASE("a disk whose every read and sync takes 8 s costs a print nothing, and it is told", "[disk]")
{
    supervised_host b({}, "2"); // 30 s of the file are read ahead: 15 s of this print
    b.print(steady_job(2500));
    b.wait_for_moves(100);
    std::atomic<int> held{0};
    {
        const traced_calls disk(b.child(), disk_threads, [&](const traced_call& call) {
            if (!call.entering || !reads_or_keeps(call)) return call_fate{};
            ++held;
            return call_fate{.hold = 8s};
        });
        if (!disk.works()) {
            WARN("needs to be allowed to trace a program of its own");
            return;
        }
        REQUIRE(b.at.becomes([&] { return b.state()["no_crash_resume"].is_string(); }, seconds(60)));
        const auto told = b.state();
        INFO(told.dump());
        CHECK(told["now"] == "printing");
        CHECK(told["no_crash_resume"].get<std::string>().find("does not answer") != std::string::npos);
        REQUIRE(b.at.becomes([&] { return held >= 4 || b.is("finished"); }, seconds(60)));
        CHECK(b.is("printing"));
    }
    REQUIRE(b.at.becomes([&] { return b.is("finished"); }, seconds(120)));
    CHECK(held >= 4);
    check_untouched(b);
}

TEST_CASE(
    "a card that turns read-only in a print is told, refuses an upload in words, and costs the print nothing",
    "[disk]")
{
    supervised_host b({}, "5");
    b.at.start_agent();
    b.print(steady_job(4000));
    b.wait_for_moves(100);
    const auto read_only = [](const traced_call& call) {
        return call.entering && changes_a_disk(call) ? call_fate{.error = EROFS} : call_fate{};
    };
    {
        const traced_calls disk(b.child(), disk_threads, read_only);
        const traced_calls agents(b.at.agent->pid(), {}, read_only);
        if (!disk.works() || !agents.works()) {
            WARN("needs to be allowed to trace a program of its own");
            return;
        }
        REQUIRE(b.at.becomes([&] { return b.state()["no_crash_resume"].is_string(); }, seconds(60)));
        const auto told = b.state();
        INFO(told.dump());
        CHECK(told["now"] == "printing");
        CHECK(told["no_crash_resume"].get<std::string>().find("Read-only file system") != std::string::npos);
        const auto upload = b.at.at_agent("PUT", "files/upload?Path=gcode/new.gcode", small_job(500));
        INFO(upload.body << upload.error);
        REQUIRE(upload.status != 0);
        CHECK(upload.json()["Status"] == 750);
        CHECK_FALSE(upload.json()["Error"].get<std::string>().empty());
    }
    REQUIRE(b.at.becomes([&] { return b.state()["no_crash_resume"].is_null() || b.is("finished"); }));
    CHECK(b.at.at_agent("GET", "files/details?Path=gcode/new.gcode").json()["Status"] == 404);
    REQUIRE(b.at.becomes([&] { return b.is("finished"); }, seconds(120)));
    check_untouched(b);
}

TEST_CASE("an agent that crashes 20 times over what the print host tells it costs a print nothing", "[disk]")
{
    supervised_host b({}, "2");
    b.at.start_agent();
    b.print(steady_job(2500));
    const pid_t host = b.child();
    const auto socket = b.at.path("host.sock").string();
    int crashes = 0;
    for (int i = 0; i < 20; ++i) {
        const int wanted = i % 2 == 0 ? SIGSEGV : SIGABRT;
        // The crash comes where a parser's would: bytes of the print host were read, and nothing done with
        // them yet.
        std::atomic<bool> hit{false};
        {
            const traced_calls parser(b.at.agent->pid(), {}, [&](const traced_call& call) {
                const bool reads = call.number == SYS_recvmsg || call.number == SYS_read ||
                                   call.number == SYS_recvfrom || call.number == SYS_readv;
                // News of a print come ten times a second, and are longer than whatever else it reads.
                if (call.entering || !reads || call.result < 200 || hit.exchange(true)) return call_fate{};
                return call_fate{.signal = wanted};
            });
            if (!parser.works()) {
                WARN("needs to be allowed to trace a program of its own");
                return;
            }
            REQUIRE(b.at.becomes([&] { return hit.load(); }));
            REQUIRE(b.at.becomes([&] { return !b.at.agent->running(); }));
        }
        crashes += b.at.agent->wait() == 128 + wanted ? 1 : 0;
        b.at.start_agent();
    }
    CHECK(crashes == 20);
    CHECK(b.is("printing")); // all of that was in the print
    REQUIRE(b.at.becomes([&] { return b.is("finished"); }, seconds(120)));
    CHECK(b.child() == host);
    check_untouched(b);
}
