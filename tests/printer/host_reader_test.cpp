#include "printer/serial/confined_file.hpp"
#include "printer/serial/job_reader.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct folder {
    fs::path path;
    folder()
    {
        std::string name = (fs::temp_directory_path() / "layerline-reader-XXXXXX").string();
        path = ::mkdtemp(name.data());
        fs::create_directories(path / "gcode");
    }
    ~folder() { fs::remove_all(path); }
    void put(const std::string& name, const std::string& text) const
    {
        std::ofstream(path / "gcode" / name) << text;
    }
};

// Woken by the reader when there are lines again.
struct bell {
    std::mutex guard;
    std::condition_variable rung;
    int count = 0;
    std::function<void()> ring()
    {
        return [this] {
            const std::lock_guard lock(guard);
            ++count;
            rung.notify_all();
        };
    }
    int heard()
    {
        const std::lock_guard lock(guard);
        return count;
    }
    bool wait(int more_than)
    {
        std::unique_lock lock(guard);
        return rung.wait_for(lock, 20s, [&] { return count > more_than; });
    }
};

std::vector<prepared_line> read_all(job_reader& reader, bell& more)
{
    std::vector<prepared_line> lines;
    for (;;) {
        const int heard = more.heard();
        prepared_line line;
        const auto got = reader.next(line);
        if (got == line_source::status::line)
            lines.push_back(std::move(line));
        else if (got != line_source::status::later || !more.wait(heard))
            return lines;
    }
}

// A file whose disk stops answering behind its first 64 KiB, until it is let go; then perhaps with an error.
class stalling_bytes final : public file_bytes {
public:
    explicit stalling_bytes(std::string text) : text_(std::move(text)) {}
    ssize_t read_at(char* into, std::size_t most, std::uint64_t offset) override
    {
        constexpr std::uint64_t good = 64UL * 1024;
        std::unique_lock lock(guard_);
        if (offset >= good && offset < text_.size()) {
            ++waiting_;
            changed_.wait(lock, [&] { return !stalled_; });
            if (error_ != 0) {
                errno = error_;
                return -1;
            }
        }
        const std::size_t count = std::min(most, text_.size() - std::min<std::size_t>(offset, text_.size()));
        text_.copy(into, count, offset);
        return static_cast<ssize_t>(count);
    }
    file_identity identity() override { return {1, 2, text_.size(), 3}; }
    // Threads that were stopped there: the reader has two, one of them only measures.
    int waiting()
    {
        const std::lock_guard lock(guard_);
        return waiting_;
    }
    void let_go(int error)
    {
        const std::lock_guard lock(guard_);
        stalled_ = false;
        error_ = error;
        changed_.notify_all();
    }

private:
    const std::string text_;
    std::mutex guard_;
    std::condition_variable changed_;
    bool stalled_ = true;
    int waiting_ = 0, error_ = 0;
};

} // namespace

TEST_CASE("a disk that stalls makes nobody wait: what was read goes on, then there is nothing for a while")
{
    std::string text = "G28\n";
    while (text.size() < 100'000)
        text += "G1 X" + std::to_string(text.size() % 100) + " F6000\n";
    bell more;
    auto disk = std::make_unique<stalling_bytes>(text);
    stalling_bytes& seam = *disk;
    job_reader reader(std::move(disk), {.ahead_s = 1e6, .limits = {}, .from = {}, .more = more.ring()});
    // Whatever fails below, the reader can end.
    struct release {
        stalling_bytes& disk;
        ~release() { disk.let_go(0); }
    } at_the_end{seam};
    std::size_t taken = 0;
    prepared_line line;
    // Taken from while it reads: what it holds is bounded. Once both wait for the disk, all they read is
    // there.
    while (seam.waiting() < 2) {
        if (reader.next(line) == line_source::status::line)
            ++taken;
        else
            std::this_thread::yield();
    }
    while (reader.next(line) == line_source::status::line)
        ++taken;
    CHECK(line.end_offset < 66'000);
    CHECK(reader.next(line) == line_source::status::later); // returns at once, whatever the disk does
    const int heard = more.count;
    SECTION("it comes back")
    {
        seam.let_go(0);
        REQUIRE(more.wait(heard));
        taken += read_all(reader, more).size();
        CHECK(taken == static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')));
    }
    SECTION("it does not")
    {
        seam.let_go(EIO);
        REQUIRE(more.wait(heard));
        CHECK(reader.next(line) == line_source::status::failed);
        CHECK(reader.failure().find("could not be read at byte 65536") != std::string::npos);
    }
}

TEST_CASE("a job that begins behind a line goes on as one that was read from its beginning")
{
    const std::string text =
        "; head\nG28\n;LAYER_CHANGE\nG1 X10 Y5 Z0.2 F600\nM83\nG91\nG1 X1 E1\n;LAYER_CHANGE\nT1\n"
        "G1 Y2 E1\nG90\nG1 X50 E2\nM73 R5\nG20\nG1 X1\n";
    const folder files;
    files.put("a.gcode", text);
    const auto open = [&](std::optional<resume_point> from) {
        return std::make_unique<job_reader>(bytes_of(std::move(*open_confined(files.path, "gcode/a.gcode"))),
                                            reader_settings{.limits = {}, .from = from, .more = {}});
    };
    bell quiet;
    const auto all = [&] {
        auto reader = open(std::nullopt);
        REQUIRE(reader->wait_ready(20s).has_value());
        return read_all(*reader, quiet);
    }();
    REQUIRE(all.size() == 12);
    for (std::size_t behind = 0; behind < all.size(); ++behind) {
        const prepared_line& last = all[behind];
        resume_point from;
        from.offset = last.end_offset;
        from.line = last.number;
        from.axes = last.axes;
        from.placed = last.placed;
        from.e_mm = last.e_mm;
        from.modes = last.after;
        from.layer = last.layer;
        from.layers_by_comments = last.layers_by_comments;
        from.seconds = last.seconds;
        from.slicer_left_s = last.slicer_left_s;
        auto reader = open(from);
        REQUIRE(reader->wait_ready(20s).has_value());
        const auto rest = read_all(*reader, quiet);
        REQUIRE(rest.size() == all.size() - behind - 1);
        for (std::size_t i = 0; i < rest.size(); ++i) {
            const prepared_line &now = rest[i], &then = all[behind + 1 + i];
            INFO(behind << " " << then.text);
            CHECK(now.text == then.text);
            CHECK(now.number == then.number);
            CHECK(now.end_offset == then.end_offset);
            CHECK(now.axes == then.axes);
            CHECK(now.placed == then.placed);
            CHECK(now.e_mm == then.e_mm);
            CHECK(now.after == then.after);
            CHECK(now.layer == then.layer);
            CHECK(now.slicer_left_s == then.slicer_left_s);
            CHECK(now.seconds == Approx(then.seconds).margin(0.2)); // a standing start more
        }
    }
}

TEST_CASE("a job's lines come in order, with offsets, numbers, layers and modes")
{
    const folder files;
    files.put("a.gcode", "; head\nG28\nG90\n;LAYER_CHANGE\nG1 X10 F600\nM83\nG1 X20 E1\n");
    auto file = open_confined(files.path, "gcode/a.gcode");
    REQUIRE(file.has_value());
    bell more;
    job_reader reader(bytes_of(std::move(*file)), {.limits = {}, .from = {}, .more = more.ring()});
    REQUIRE(reader.wait_ready(20s).has_value());
    const auto lines = read_all(reader, more);
    REQUIRE(lines.size() == 5);
    CHECK(lines[0].text == "G28");
    CHECK(lines[0].number == 2);
    CHECK(lines[0].end_offset == 11);
    CHECK(lines[2].layer == 1);
    CHECK_FALSE(lines[4].after.absolute_e);
    CHECK(lines[4].seconds > lines[2].seconds);
    CHECK(reader.progress().complete);
    CHECK(reader.facts().size_bytes == 55);
    prepared_line none;
    CHECK(reader.next(none) == line_source::status::end);
}

TEST_CASE("the reader holds 30 s of motion and no more memory than it may")
{
    const folder files;
    std::string slow, quick;
    for (int i = 0; i < 2000; ++i)
        slow += "G1 X" + std::to_string(i % 2 ? 100 : 0) + " F600\n"; // 10 s each
    for (int i = 0; i < 20000; ++i)
        quick += "G1 X" + std::to_string(i % 2) + ".123 Y0.001 E0.00001 F90000\n";
    files.put("slow.gcode", slow);
    files.put("quick.gcode", quick);

    job_reader by_time(bytes_of(std::move(*open_confined(files.path, "gcode/slow.gcode"))),
                       {.limits = {}, .from = {}, .more = {}});
    REQUIRE(by_time.wait_ready(20s).has_value());
    const auto read = by_time.progress();
    CHECK(read.seconds >= 30);
    CHECK_FALSE(read.complete);
    CHECK(read.bytes < 200);

    bell more;
    job_reader by_memory(
        bytes_of(std::move(*open_confined(files.path, "gcode/quick.gcode"))),
        {.ahead_s = 1e6, .most_bytes = 64 * 1024, .limits = {}, .from = {}, .more = more.ring()});
    REQUIRE(by_memory.wait_ready(20s).has_value());
    CHECK(by_memory.held_bytes() < 70 * 1024);
    CHECK(read_all(by_memory, more).size() == 20000); // and none is lost at the bound
}

TEST_CASE("a job that could not be printed to its end is refused before it begins")
{
    const folder files;
    files.put("long.gcode", "G28\nG1 " + std::string(500, '1') + "\n");
    files.put("empty.gcode", "; nothing\n");
    job_reader bad(bytes_of(std::move(*open_confined(files.path, "gcode/long.gcode"))),
                   {.limits = {}, .from = {}, .more = {}});
    const auto refused = bad.wait_ready(20s);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == printer_errc::refused);
    CHECK(refused.error().detail.find("line 2") != std::string::npos);
    job_reader empty(bytes_of(std::move(*open_confined(files.path, "gcode/empty.gcode"))),
                     {.limits = {}, .from = {}, .more = {}});
    CHECK_FALSE(empty.wait_ready(20s).has_value());
}

TEST_CASE("a file that shrinks while it is printed is an error, not an end")
{
    const folder files;
    std::string text;
    for (int i = 0; i < 20000; ++i)
        text += "G1 X" + std::to_string(i % 2 ? 100 : 0) + " F600\n";
    files.put("a.gcode", text);
    bell more;
    job_reader reader(bytes_of(std::move(*open_confined(files.path, "gcode/a.gcode"))),
                      {.limits = {}, .from = {}, .more = more.ring()});
    REQUIRE(reader.wait_ready(20s).has_value());
    fs::resize_file(files.path / "gcode" / "a.gcode", 1000);
    (void)read_all(reader, more);
    prepared_line none;
    CHECK(reader.next(none) == line_source::status::failed);
    CHECK(reader.failure().find("shorter") != std::string::npos);
}

TEST_CASE("jobs are opened only below their folder, by no link, and only regular files")
{
    const folder files;
    files.put("a.gcode", "G28\n");
    std::ofstream(files.path / "secret") << "G28\n";
    fs::create_symlink(files.path / "secret", files.path / "gcode" / "link.gcode");
    fs::create_directory_symlink("/etc", files.path / "gcode" / "etc");
    REQUIRE(::mkfifo((files.path / "gcode" / "pipe").c_str(), 0600) == 0);
    CHECK(open_confined(files.path, "gcode/a.gcode").has_value());
    for (const char* path :
         {"gcode/../secret", "gcode/link.gcode", "gcode/etc/hostname", "gcode/pipe", "gcode/", "secret",
          "/etc/passwd", "gcode/none.gcode", "gcode/a.gcode\n", "gcode//../../etc/passwd", ""}) {
        INFO(path);
        const auto opened = open_confined(files.path, path);
        REQUIRE_FALSE(opened.has_value());
        CHECK(opened.error().code == printer_errc::no_such_file);
    }
}
