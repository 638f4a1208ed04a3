// Files in a real folder: whole or not at all, and never outside.
#include "commands/local_file_store.hpp"
#include "tests/fakes/memory_exchange.hpp"
#include "tests/fakes/run_task.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

using namespace layerline::commands;
using layerline::fakes::scripted_body;
using layerline::printer::printer_errc;
using layerline::transport::make_body;
namespace fs = std::filesystem;
namespace net = layerline::transport::net;

namespace {

// A folder of its own that vanishes with the test.
struct scratch {
    fs::path at;
    scratch()
    {
        std::string name = (fs::temp_directory_path() / "layerline-files-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()));
        at = name;
    }
    ~scratch()
    {
        std::error_code ignored;
        fs::remove_all(at, ignored);
    }
};

struct store_desk {
    scratch folder;
    net::io_context context;
    local_store_options options{folder.at / "files", 1 << 20U, 0, 10000};
    std::unique_ptr<file_store> store;

    store_desk() { open(); }
    void open()
    {
        store.reset();
        auto opened = open_local_file_store(context, options);
        REQUIRE(opened.has_value());
        store = std::move(*opened);
    }
    template <class T>
    T run(layerline::transport::task<T> what)
    {
        return layerline::fakes::run(context, std::move(what));
    }
    auto put(const std::string& path, std::string bytes)
    {
        return run(store->write(path, make_body(std::move(bytes))));
    }
    fs::path real(const std::string& below) const { return options.folder / below; }
    // How many files uploads have left in their folder.
    std::size_t parts() const
    {
        std::size_t n = 0;
        for ([[maybe_unused]] const auto& one : fs::directory_iterator(real(".part")))
            ++n;
        return n;
    }
    std::string all_of(const std::string& path, std::uint64_t offset = 0)
    {
        const auto opened = run(store->read(path, offset));
        REQUIRE(opened.has_value());
        const auto bytes = run(layerline::transport::read_all(*opened->content, 10 << 20U));
        REQUIRE(bytes.has_value());
        return *bytes;
    }
};

std::string content_of(const fs::path& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("a file is written, listed, read from anywhere, and deleted")
{
    store_desk desk;
    std::string bytes;
    for (int i = 0; i < 30000; ++i)
        bytes += std::to_string(i) + "\n";
    const auto written = desk.put("gcode/folder/deeper/a.gcode", bytes);
    REQUIRE(written.has_value());
    CHECK(written->size_bytes == bytes.size());
    CHECK(written->virtual_path == "gcode/folder/deeper/a.gcode");
    CHECK(content_of(desk.real("folder/deeper/a.gcode")) == bytes);
    CHECK(desk.parts() == 0);

    const auto tree = desk.run(desk.store->list("gcode"));
    REQUIRE(tree.has_value());
    REQUIRE(tree->children.size() == 1);
    CHECK(tree->children[0].folder);
    CHECK(tree->children[0].children[0].children[0].virtual_path == "gcode/folder/deeper/a.gcode");
    CHECK(desk.run(desk.store->list("gcode/folder"))->children.size() == 1);
    CHECK(desk.run(desk.store->list("gcode/none")).error().code == printer_errc::no_such_file);

    CHECK(desk.all_of("gcode/folder/deeper/a.gcode") == bytes);
    CHECK(desk.all_of("gcode/folder/deeper/a.gcode", 100000) == bytes.substr(100000));
    CHECK(desk.all_of("gcode/folder/deeper/a.gcode", bytes.size() + 5).empty());
    CHECK(desk.run(desk.store->stat("gcode/folder/deeper/a.gcode"))->size_bytes == bytes.size());

    CHECK(desk.run(desk.store->remove("gcode/folder")).error().code == printer_errc::out_of_range);
    CHECK(desk.run(desk.store->remove("gcode/folder/deeper/a.gcode")).has_value());
    CHECK(desk.run(desk.store->remove("gcode/folder/deeper/a.gcode")).error().code ==
          printer_errc::no_such_file);
    CHECK(desk.run(desk.store->read("gcode/folder/deeper/a.gcode")).error().code ==
          printer_errc::no_such_file);
}

TEST_CASE("a file that is no longer in memory is read all the same")
{
    store_desk desk;
    const std::string text(300'000, 'c');
    REQUIRE(desk.put("gcode/cold.gcode", text).has_value());
    const int fd = ::open(desk.real("cold.gcode").c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(fd >= 0);
    CHECK(::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0); // synced by the store, so its pages can go
    ::close(fd);
    CHECK(desk.all_of("gcode/cold.gcode") == text);
    CHECK(desk.all_of("gcode/cold.gcode", 299'999) == "c");
}

TEST_CASE("an upload that breaks off leaves nothing, not even a folder")
{
    store_desk desk;
    const auto broken = desk.run(desk.store->write(
        "gcode/new/a.gcode",
        std::make_shared<scripted_body>(std::deque<std::string>{std::string(100000, 'x')}, true)));
    REQUIRE_FALSE(broken.has_value());
    CHECK(desk.parts() == 0);
    CHECK_FALSE(fs::exists(desk.real("new")));
}

TEST_CASE("an upload whose caller goes away leaves nothing")
{
    store_desk desk;
    const auto body = std::make_shared<layerline::fakes::silent_body>();
    net::cancellation_signal stop;
    bool ended = false;
    auto done = [&](const std::exception_ptr&, const auto&) {
        ended = true;
        body->changed.ring();
    };
    net::co_spawn(desk.context, desk.store->write("gcode/a.gcode", body),
                  net::bind_cancellation_slot(stop.slot(), done));
    desk.run(body->changed.until([&] { return body->reading; }));
    CHECK(desk.parts() == 1);
    stop.emit(net::cancellation_type::terminal);
    desk.run(body->changed.until([&] { return ended; }));
    CHECK(desk.parts() == 0);
    CHECK_FALSE(fs::exists(desk.real("a.gcode")));
}

TEST_CASE("an existing file stays whole until its replacement is whole")
{
    store_desk desk;
    REQUIRE(desk.put("gcode/a.gcode", "old").has_value());
    CHECK_FALSE(desk.run(desk.store->write("gcode/a.gcode", std::make_shared<scripted_body>(
                                                                std::deque<std::string>{"ne"}, true)))
                    .has_value());
    CHECK(content_of(desk.real("a.gcode")) == "old");
    const auto reading = desk.run(desk.store->read("gcode/a.gcode"));
    REQUIRE(desk.put("gcode/a.gcode", "new!").has_value());
    CHECK(content_of(desk.real("a.gcode")) == "new!");
    // Who had the old one open reads the old one.
    CHECK(desk.run(layerline::transport::read_all(*reading->content, 100)).value() == "old");
}

TEST_CASE("of two uploads of one name at once the last wins, whole")
{
    store_desk desk;
    int left = 2;
    layerline::fakes::event_flag flag;
    for (const char c : {'a', 'b'}) {
        auto done = [&](const std::exception_ptr&, const auto& written) {
            CHECK(written.has_value());
            --left;
            flag.ring();
        };
        net::co_spawn(desk.context, desk.store->write("gcode/x.gcode", make_body(std::string(500000, c))),
                      done);
    }
    desk.run(flag.until([&] { return left == 0; }));
    const auto bytes = content_of(desk.real("x.gcode"));
    CHECK((bytes == std::string(500000, 'a') || bytes == std::string(500000, 'b')));
    CHECK(desk.parts() == 0);
}

TEST_CASE("links lead nowhere")
{
    store_desk desk;
    std::ofstream(desk.folder.at / "secret.gcode") << "secret";
    fs::create_symlink(desk.folder.at / "secret.gcode", desk.real("link.gcode"));
    fs::create_directory_symlink(desk.folder.at, desk.real("out"));
    fs::create_symlink("real.gcode", desk.real("inside.gcode"));
    REQUIRE(desk.put("gcode/real.gcode", "x").has_value());
    ::mkfifo(desk.real("fifo.gcode").c_str(), 0600);

    for (const char* path :
         {"gcode/link.gcode", "gcode/out/secret.gcode", "gcode/inside.gcode", "gcode/fifo.gcode"}) {
        CAPTURE(path);
        CHECK(desk.run(desk.store->read(path)).error().code == printer_errc::no_such_file);
        CHECK(desk.run(desk.store->stat(path)).error().code == printer_errc::no_such_file);
        CHECK(desk.run(desk.store->remove(path)).error().code == printer_errc::no_such_file);
    }
    CHECK(desk.run(desk.store->list("gcode/out")).error().code == printer_errc::no_such_file);
    CHECK_FALSE(desk.put("gcode/out/planted.gcode", "x").has_value());
    CHECK_FALSE(fs::exists(desk.folder.at / "planted.gcode"));
    // A link in the way of an upload is replaced, not followed.
    REQUIRE(desk.put("gcode/link.gcode", "mine").has_value());
    CHECK(content_of(desk.folder.at / "secret.gcode") == "secret");
    CHECK(content_of(desk.real("link.gcode")) == "mine");

    const auto tree = desk.run(desk.store->list("gcode"));
    std::vector<std::string> names;
    for (const auto& one : tree->children)
        names.push_back(one.name);
    CHECK(names == std::vector<std::string>{"link.gcode", "real.gcode"});
}

TEST_CASE("hostile paths are refused by the store itself")
{
    store_desk desk;
    for (const std::string path :
         {"gcode/../secret", "gcode/.part/x", "/etc/passwd", "gcode", "gcode/a\nb", ""}) {
        CAPTURE(path);
        CHECK(desk.put(path, "x").error().code == printer_errc::out_of_range);
        CHECK(desk.run(desk.store->read(path)).error().code == printer_errc::out_of_range);
        CHECK(desk.run(desk.store->remove(path)).error().code == printer_errc::out_of_range);
    }
}

TEST_CASE("an upload stops before the disk's reserve is used")
{
    store_desk desk;
    desk.options.reserve_bytes = UINT64_MAX / 2;
    desk.open();
    const auto full = desk.put("gcode/a.gcode", "x");
    REQUIRE_FALSE(full.has_value());
    CHECK(full.error().code == printer_errc::host_failure);
    CHECK_THAT(full.error().detail, Catch::Contains("reserve"));
    CHECK(desk.parts() == 0);
}

TEST_CASE("a disk that fills up in mid-upload leaves nothing and is told")
{
    store_desk desk;
    // The kernel refuses to let files grow past this, as a full disk does.
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const auto old = std::signal(SIGXFSZ, SIG_IGN);
    rlimit tight = before;
    tight.rlim_cur = 100000;
    ::setrlimit(RLIMIT_FSIZE, &tight);
    const auto full = desk.put("gcode/a.gcode", std::string(300000, 'x'));
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old);
    REQUIRE_FALSE(full.has_value());
    CHECK(full.error().code == printer_errc::host_failure);
    CHECK_THAT(full.error().detail, Catch::Contains("full"));
    CHECK(desk.parts() == 0);
    CHECK_FALSE(fs::exists(desk.real("a.gcode")));
}

TEST_CASE("a file over the largest size is refused, told beforehand or not")
{
    store_desk desk;
    CHECK(desk.put("gcode/a.gcode", std::string((1 << 20U) + 1, 'x')).error().code ==
          printer_errc::out_of_range);
    std::deque<std::string> parts(20, std::string(60000, 'x'));
    CHECK(desk.run(desk.store->write("gcode/a.gcode", std::make_shared<scripted_body>(parts))).error().code ==
          printer_errc::out_of_range);
    CHECK(desk.parts() == 0);
    CHECK(desk.put("gcode/a.gcode", std::string(1 << 20U, 'x')).has_value());
}

TEST_CASE("a folder in the way of an upload is told")
{
    store_desk desk;
    fs::create_directory(desk.real("a.gcode"));
    CHECK(desk.put("gcode/a.gcode", "x").error().code == printer_errc::out_of_range);
    CHECK(desk.parts() == 0);
}

TEST_CASE("leftovers of an earlier run are removed at the start, those of a living one are not")
{
    store_desk desk;
    std::ofstream(desk.real(".part/0123")) << "half";
    net::io_context other;
    const auto second = open_local_file_store(other, desk.options);
    REQUIRE(second.has_value());
    CHECK(desk.parts() == 1);
}

TEST_CASE("a store opened anew finds no leftovers")
{
    store_desk desk;
    std::ofstream(desk.real(".part/0123")) << "half";
    REQUIRE(desk.put("gcode/a.gcode", "kept").has_value());
    desk.open();
    CHECK(desk.parts() == 0);
    CHECK(content_of(desk.real("a.gcode")) == "kept");
}

TEST_CASE("hidden files and names that no path can hold are left out of a listing, which is bounded")
{
    store_desk desk;
    std::ofstream(desk.real(".hidden.gcode")) << "x";
    std::ofstream(desk.real("a;b.gcode")) << "x";
    std::ofstream(desk.real("a\nb.gcode")) << "x";
    std::ofstream(desk.real("bad\xff.gcode")) << "x";
    for (int i = 0; i < 5; ++i)
        std::ofstream(desk.real("f" + std::to_string(i) + ".gcode")) << "x";
    const auto all = desk.run(desk.store->list("gcode"));
    CHECK(all->children.size() == 5);
    CHECK_FALSE(all->truncated);
    desk.options.max_nodes = 3;
    desk.open();
    const auto some = desk.run(desk.store->list("gcode"));
    CHECK(some->children.size() == 3);
    CHECK(some->truncated);
}

TEST_CASE("a folder that cannot be opened is told by name")
{
    net::io_context context;
    const auto opened = open_local_file_store(context, {"/nonexistent/files"});
    REQUIRE_FALSE(opened.has_value());
    CHECK_THAT(opened.error().detail, Catch::Contains("/nonexistent/files"));
}
