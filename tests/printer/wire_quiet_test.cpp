// The thread that feeds the wire, with all that is around it in a print host: clerk, reader, journal, whoever
// looks at the state, and a firmware that answers, complains, reports and loses acknowledgements.
#include "quiet_watch.hpp"

#include "printer/serial/host_clerk.hpp"
#include "printer/serial/line_codec.hpp"
#include "printer/serial/progress_store.hpp"
#include "printer/serial/wire_thread.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace layerline::tests;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t warm_lines = 100, watched_lines = LAYERLINE_WATCHES ? 100'000 : 10'000;
constexpr std::uint64_t all_lines = warm_lines + watched_lines + 100;

std::string file_line(std::uint64_t index)
{
    if (index == 0) return "M104 S195"; // the first target has to be remembered in a place of its own
    if (index % 1000 == 999) return "M106 S" + std::to_string(index / 1000 % 256);
    if (index % 5000 == 4998) return "M104 S" + std::to_string(190 + index % 10);
    return "G1 X" + std::to_string(index % 200) + ".123 Y" + std::to_string(index * 7 % 200) +
           ".456 E0.01234";
}

// What it saw of the file, and what the wire's thread did meanwhile.
struct account {
    std::uint64_t lines = 0, wrong = 0, resends = 0, reports = 0, lost_oks = 0, probes = 0;
    quiet_counts watched;
};

// A port with a firmware behind it; what that does is not the wire's.
class answering_port final : public wire_port {
public:
    explicit answering_port(account& told) : told_(told), ready_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
    int fd() const override { return ready_.get(); }
    printer_result<std::size_t> read(char* into, std::size_t most) override
    {
        const unwatched firmware;
        const std::size_t count = out_.copy(into, most);
        out_.erase(0, count);
        std::uint64_t woken = 0;
        [[maybe_unused]] const auto got = ::read(ready_.get(), &woken, sizeof woken);
        if (!out_.empty()) wake();
        return count;
    }
    printer_result<std::size_t> write(std::string_view bytes) override
    {
        {
            const unwatched firmware;
            // Short writes, as ports have them.
            if (++writes_ % 17 == 0) bytes = bytes.substr(0, (bytes.size() + 1) / 2);
            for (const char c : bytes) {
                if (c != '\n')
                    in_ += c;
                else if (!in_.empty())
                    take(std::exchange(in_, {}));
            }
            wake();
        }
        if (told_.lines >= warm_lines && told_.lines < warm_lines + watched_lines)
            watch_this_thread(&told_.watched);
        else
            watch_this_thread(nullptr);
        return bytes.size();
    }

private:
    void wake() const
    {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto put = ::write(ready_.get(), &one, sizeof one);
    }
    void take(const std::string& line)
    {
        if (line.front() != 'N') return carry_out(line);
        const auto star = line.rfind('*'), blank = line.find(' ');
        const auto number = std::stoull(line.substr(1, blank - 1));
        const auto command = line.substr(blank + 1, star - blank - 1);
        if (command.starts_with("M110")) {
            last_ = number;
            out_ += "ok\n";
            return;
        }
        const bool whole = std::stoi(line.substr(star + 1)) == line_checksum(line.substr(0, star));
        // One in a hundred arrives damaged the first time.
        const bool damaged = number % 97 == 0 && number != damaged_;
        if (damaged) damaged_ = number;
        if (!whole || damaged || number != last_ + 1) {
            ++told_.resends;
            out_ += "Error:checksum mismatch, Last Line: " + std::to_string(last_) +
                    "\nResend: " + std::to_string(last_ + 1) + "\nok\n";
            return;
        }
        last_ = number;
        carry_out(command);
    }
    void carry_out(const std::string& command)
    {
        const auto celsius = std::to_string(200 + told_.lines % 7) + ".25";
        const auto temperatures = "T:" + celsius + " /195.00 B:60.04 /60.00 @:64 B@:12";
        if (command == "M115")
            out_ += "FIRMWARE_NAME:Marlin 2.1.2.5 (quiet) MACHINE_TYPE:Quiet bench UUID:00000000-0000\n"
                    "Cap:AUTOREPORT_TEMP:1\nCap:EMERGENCY_PARSER:1\n";
        if (command == "M114") out_ += "X:1.00 Y:2.00 Z:3.00 E:0.00 Count X:80 Y:160 Z:1200\n";
        if (command == "M105") {
            if (told_.lines > 0) ++told_.probes;
            out_ += "ok " + temperatures + "\n";
            return;
        }
        if (command.starts_with("G1 X") || command.starts_with("M106 S") || command.starts_with("M104 S19")) {
            if (command != file_line(told_.lines)) ++told_.wrong;
            ++told_.lines;
            if (told_.lines % 10 == 0) {
                ++told_.reports;
                out_ += " " + temperatures + "\n";
            }
            if (told_.lines % 31 == 0) out_ += "echo:busy: processing\n";
            if (told_.lines % 53 == 0) out_ += "X:1.00 Y:2.00 Z:3.00 E:0.00 Count X:80 Y:160 Z:1200\n";
            // While it warms up, often: each state that is told for it brings one of three places into use.
            if (told_.lines % 211 == 0 || (told_.lines < warm_lines && told_.lines % 10 == 0))
                out_ += "echo:words of the firmware that nobody asked for\n";
            if (told_.lines % 1009 == 0) out_ += "echo:Unknown command: \"M999999 with some words\"\n";
            if (told_.lines % (watched_lines / 5) == 0) {
                ++told_.lost_oks;
                return;
            }
        }
        out_ += "ok\n";
    }

    account& told_;
    const owned_fd ready_;
    std::string in_, out_;
    std::uint64_t last_ = 0, damaged_ = 0, writes_ = 0;
};

struct state_folder {
    fs::path path;
    state_folder()
    {
        std::string name = (fs::temp_directory_path() / "layerline-quiet-XXXXXX").string();
        path = ::mkdtemp(name.data());
        fs::create_directories(path / "files" / "gcode");
        fs::create_directories(path / "state");
    }
    ~state_folder() { fs::remove_all(path); }
};

// The log goes nowhere while it lives.
class silent_log {
public:
    silent_log() : kept_(::dup(STDERR_FILENO))
    {
        const owned_fd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
        ::dup2(nowhere.get(), STDERR_FILENO);
    }
    ~silent_log() { ::dup2(kept_.get(), STDERR_FILENO); }
    silent_log(const silent_log&) = delete;
    silent_log& operator=(const silent_log&) = delete;

private:
    const owned_fd kept_;
};

// Waits for a state of that phase; false when none comes in time.
bool reaches(const host_traffic& traffic, phase wanted)
{
    for (const auto until = std::chrono::steady_clock::now() + 50s;
         std::chrono::steady_clock::now() < until;) {
        traffic.news().taken();
        if (traffic.newest().state->now == wanted) return true;
        pollfd news{traffic.news().get(), POLLIN, 0};
        ::poll(&news, 1, 1000);
    }
    return false;
}

} // namespace

TEST_CASE("the thread that feeds the wire allocates nothing, takes no lock and writes no log")
{
    const state_folder folder;
    {
        std::ofstream file(folder.path / "files" / "gcode" / "long.gcode");
        for (std::uint64_t index = 0; index < all_lines; ++index)
            file << file_line(index) << '\n';
    }
    const silent_log silent;
    account told;
    host_traffic traffic;
    auto keys = idempotency_keys::open((folder.path / "state").string());
    REQUIRE(keys.has_value());
    const host_clerk clerk({.files_folder = (folder.path / "files").string(),
                            .state_folder = (folder.path / "state").string(),
                            .max_text = 80,
                            .limits = {}},
                           std::move(*keys), traffic);
    std::vector<std::byte> image(journal_writer::image_size());
    journal_writer journal(image);
    wire_origin origin;
    origin.journal = &journal;
    wire_thread wire(
        {}, {}, std::move(origin),
        [&](const port_memory&) -> printer_result<std::unique_ptr<wire_port>> {
            return std::unique_ptr<wire_port>(std::make_unique<answering_port>(told));
        },
        traffic);
    const progress_store progress([](std::size_t, std::string_view) { return 0; }, 0, 1ms, traffic);
    REQUIRE(reaches(traffic, phase::idle));
    REQUIRE(traffic.clerk.put(client_call{1, start_job{"gcode/long.gcode", true}, {}, {}}));
    REQUIRE(reaches(traffic, phase::finished));
    wire.stop();
    wire.join();

    CHECK(told.lines == all_lines);
    CHECK(told.wrong == 0);
    CHECK(told.resends >= watched_lines / 100);
    CHECK(told.reports >= watched_lines / 10);
    CHECK(told.lost_oks >= 5);
    CHECK(told.probes >= told.lost_oks);
    CHECK(told.watched.allocations == 0);
    CHECK(told.watched.frees == 0);
    CHECK(told.watched.locks == 0);
    CHECK(told.watched.log_writes == 0);
}

#if LAYERLINE_WATCHES
TEST_CASE("what the watch of a thread counts is counted")
{
    quiet_counts seen;
    std::mutex lock;
    watch_this_thread(&seen);
    {
        const std::lock_guard held(lock);
        const auto text = std::make_unique<std::string>(100, 'x');
        const unwatched own;
        const std::string other(100, 'y');
    }
    watch_this_thread(nullptr);
    CHECK(seen.locks == 1);
    CHECK(seen.allocations == 2);
    CHECK(seen.frees == 2);
}
#endif
