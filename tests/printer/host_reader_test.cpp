#include "printer/serial/confined_file.hpp"
#include "printer/serial/job_reader.hpp"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sys/stat.h>
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
        const int heard = more.count;
        prepared_line line;
        const auto got = reader.next(line);
        if (got == line_source::status::line)
            lines.push_back(std::move(line));
        else if (got != line_source::status::later || !more.wait(heard))
            return lines;
    }
}

} // namespace

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
