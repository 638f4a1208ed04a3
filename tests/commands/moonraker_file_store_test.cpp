// The files of Klipper through real HTTP, with a fake Moonraker behind it.
#include "commands/moonraker_file_store.hpp"
#include "fakes/fake_moonraker.hpp"
#include "tests/fakes/memory_exchange.hpp"
#include "tests/fakes/run_task.hpp"
#include "transport/error.hpp"

#include <catch2/catch.hpp>

using namespace layerline::commands;
using layerline::fakes::fake_moonraker;
using layerline::printer::printer_errc;
using layerline::transport::make_body;
namespace net = layerline::transport::net;
namespace fakes = layerline::fakes;
using nlohmann::json;

namespace {

struct store_desk {
    net::io_context context;
    std::unique_ptr<fake_moonraker> far = std::make_unique<fake_moonraker>(context);
    moonraker_store_options options;
    std::unique_ptr<file_store> files;

    store_desk()
    {
        options.base = "http://127.0.0.1:" + std::to_string(far->port());
        open();
    }
    void open() { files = make_moonraker_file_store(context, options); }
    template <class T>
    T run(layerline::transport::task<T> what)
    {
        return fakes::run(context, std::move(what));
    }
    void put(const std::string& name, const std::string& content)
    {
        far->store.files[name].content = content;
    }
    std::string all_of(const std::string& path, std::uint64_t offset = 0)
    {
        const auto opened = run(files->read(path, offset));
        REQUIRE(opened.has_value());
        const auto text = run(layerline::transport::read_all(*opened->content, 1 << 24U));
        REQUIRE(text.has_value());
        return *text;
    }
};

} // namespace

TEST_CASE_METHOD(store_desk, "Klipper's files are listed as a tree, empty folders too", "[moonraker_files]")
{
    put("b.gcode", "bb");
    put("sub dir/deep/a.gcode", "a");
    far->store.folders = {"empty"};
    const auto all = run(files->list("gcode"));
    REQUIRE(all.has_value());
    REQUIRE(all->children.size() == 3);
    CHECK(all->children[0].virtual_path == "gcode/b.gcode");
    CHECK(all->children[0].size_bytes == 2);
    CHECK(all->children[0].modified_unix == 1795288070);
    CHECK(all->children[1].virtual_path == "gcode/empty");
    CHECK(all->children[1].folder);
    REQUIRE(all->children[2].children.size() == 1);
    CHECK(all->children[2].children[0].children.at(0).virtual_path == "gcode/sub dir/deep/a.gcode");
    const auto below = run(files->list("gcode/sub dir"));
    REQUIRE(below.has_value());
    CHECK(below->name == "sub dir");
    CHECK(run(files->list("gcode/none")).error().code == printer_errc::no_such_file);
    CHECK(run(files->list("gcode/../x")).error().code == printer_errc::out_of_range);
}

TEST_CASE_METHOD(store_desk, "a listing has bounds and says so", "[moonraker_files]")
{
    for (int i = 0; i < 30; ++i)
        put("f" + std::to_string(i) + "/a.gcode", "a");
    options.max_nodes = 40;
    options.max_folders = 5;
    open();
    const auto all = run(files->list("gcode"));
    REQUIRE(all.has_value());
    CHECK(all->truncated);
    CHECK(all->children.size() == 30);
    options.max_nodes = 10;
    options.max_folders = 100;
    open();
    const auto fewer = run(files->list("gcode"));
    REQUIRE(fewer.has_value());
    CHECK(fewer->truncated);
    CHECK(fewer->children.size() == 10);
}

TEST_CASE_METHOD(store_desk, "a file is read from any offset", "[moonraker_files]")
{
    std::string content;
    for (int i = 0; i < 60'000; ++i)
        content += "G1 X" + std::to_string(i) + "\n";
    put("a?#b.gcode", content);
    CHECK(all_of("gcode/a?#b.gcode") == content);
    CHECK(all_of("gcode/a?#b.gcode", 100'000) == content.substr(100'000));
    const auto opened = run(files->read("gcode/a?#b.gcode", 5));
    REQUIRE(opened.has_value());
    CHECK(opened->size_bytes == content.size());
    CHECK(opened->name == "a?#b.gcode");
    const auto past = run(files->read("gcode/a?#b.gcode", content.size() + 5));
    REQUIRE(past.has_value());
    CHECK(past->size_bytes == content.size());
    CHECK(all_of("gcode/a?#b.gcode", content.size()).empty());
    CHECK(run(files->read("gcode/none.gcode")).error().code == printer_errc::no_such_file);
    far->store.folders = {"empty"};
    const auto folder = run(files->read("gcode/empty"));
    CHECK(folder.error().code == printer_errc::out_of_range);
    CHECK(folder.error().detail.find("folder") != std::string::npos);
}

TEST_CASE_METHOD(store_desk, "an upload arrives whole, with folder, name and checksum", "[moonraker_files]")
{
    const std::string content(300'000, 'G');
    const auto stored = run(files->write("gcode/sub dir/a \"b\".gcode", make_body(content)));
    REQUIRE(stored.has_value());
    CHECK(stored->virtual_path == "gcode/sub dir/a \"b\".gcode");
    CHECK(stored->size_bytes == content.size());
    CHECK(far->store.files.at("sub dir/a \"b\".gcode").content == content);
    CHECK(far->store.form["checksum"].size() == 64);
    CHECK(far->store.form["print"] == "false");
    const auto found = run(files->stat("gcode/sub dir/a \"b\".gcode"));
    REQUIRE(found.has_value());
    CHECK(found->size_bytes == content.size());

    far->store.spoils = "something else";
    const auto spoiled = run(files->write("gcode/b.gcode", make_body("G28\n")));
    REQUIRE_FALSE(spoiled.has_value());
    CHECK(spoiled.error().code == printer_errc::refused);
    CHECK_FALSE(far->store.files.contains("b.gcode"));
    far->store.spoils.clear();

    far->store.in_use = "c.gcode";
    CHECK(run(files->write("gcode/c.gcode", make_body("G28\n"))).error().code == printer_errc::file_in_use);
    CHECK(run(files->write("gcode/ c.gcode", make_body("G28\n"))).error().code == printer_errc::out_of_range);
    options.max_file_bytes = 3;
    open();
    CHECK(run(files->write("gcode/d.gcode", make_body("G28\n"))).error().code == printer_errc::out_of_range);
}

TEST_CASE_METHOD(store_desk, "an upload that breaks off leaves nothing at Moonraker", "[moonraker_files]")
{
    const auto body =
        std::make_shared<fakes::scripted_body>(std::deque<std::string>{"G28\n", "G1 X1\n"}, true);
    const auto broken = run(files->write("gcode/a.gcode", body));
    REQUIRE_FALSE(broken.has_value());
    CHECK(broken.error().code == printer_errc::host_failure);
    CHECK(far->store.files.empty());
    CHECK(run(files->write("gcode/a.gcode", make_body("G28\n"))).has_value());
}

TEST_CASE_METHOD(store_desk, "deleting tells a missing file, a folder and one in use apart",
                 "[moonraker_files]")
{
    put("a.gcode", "a");
    put("f/b.gcode", "b");
    far->store.in_use = "a.gcode";
    CHECK(run(files->remove("gcode/a.gcode")).error().code == printer_errc::file_in_use);
    CHECK(run(files->remove("gcode/none.gcode")).error().code == printer_errc::no_such_file);
    CHECK(run(files->remove("gcode/f")).error().code == printer_errc::out_of_range);
    far->store.in_use.clear();
    CHECK(run(files->remove("gcode/a.gcode")).has_value());
    CHECK_FALSE(far->store.files.contains("a.gcode"));
}

TEST_CASE_METHOD(store_desk, "what Moonraker knows of a print, and its pictures", "[moonraker_files]")
{
    put("f/a.gcode", "a");
    const auto unknown = run(files->metadata("gcode/f/a.gcode"));
    REQUIRE(unknown.has_value());
    CHECK_FALSE(unknown->has_value());
    far->store.files["f/a.gcode"].metadata = {
        {"size", 1},
        {"estimated_time", 60},
        {"thumbnails",
         {{{"width", 32}, {"height", 32}, {"size", 3}, {"relative_path", ".thumbs/a-32x32.png"}}}}};
    put("f/.thumbs/a-32x32.png", "PNG");
    const auto known = run(files->metadata("gcode/f/a.gcode"));
    REQUIRE(known.has_value());
    REQUIRE(known->has_value());
    CHECK((*known)->estimated_s == 60);
    const auto pictures = run(files->thumbnails("gcode/f/a.gcode"));
    REQUIRE(pictures.has_value());
    REQUIRE(pictures->size() == 1);
    const auto picture = run(files->thumbnail("gcode/f/a.gcode", pictures->front().name));
    REQUIRE(picture.has_value());
    CHECK(run(layerline::transport::read_all(*picture->content, 10)).value() == "PNG");
    const auto other = run(files->thumbnail("gcode/f/a.gcode", "../f/a.gcode"));
    CHECK(other.error().code == printer_errc::no_such_file);
}

TEST_CASE_METHOD(store_desk, "no key, a wrong one and nobody there are told apart", "[moonraker_files]")
{
    far->api_key = "k3y";
    CHECK(run(files->list("gcode")).error().code == printer_errc::port_forbidden);
    CHECK(run(files->write("gcode/a.gcode", make_body("G28\n"))).error().code ==
          printer_errc::port_forbidden);
    options.api_key = "k3y";
    open();
    CHECK(run(files->list("gcode")).has_value());
    far.reset();
    const auto gone = run(files->list("gcode"));
    CHECK(gone.error().code == printer_errc::host_gone);
    CHECK(gone.error().detail.find(options.base) != std::string::npos);
}

TEST_CASE_METHOD(store_desk, "Klipper's folders are made, moved and deleted as those of a serial printer are",
                 "[moonraker_files]")
{
    CHECK(run(files->make_folder("gcode/a b"))->virtual_path == "gcode/a b");
    CHECK(run(files->make_folder("gcode/a b")).error().code == printer_errc::file_in_use);
    CHECK(run(files->make_folder("gcode/none/b")).error().code == printer_errc::no_such_file);
    put("a b/x.gcode", "G28");
    put("y.gcode", "G1");
    CHECK(run(files->move("gcode/y.gcode", "gcode/a b/x.gcode")).error().code == printer_errc::file_in_use);
    CHECK(run(files->move("gcode/y.gcode", "gcode/a b")).error().code == printer_errc::file_in_use);
    CHECK(run(files->move("gcode/y.gcode", "gcode/none/y.gcode")).error().code == printer_errc::no_such_file);
    CHECK(run(files->move("gcode/a b", "gcode/a b/c")).error().code == printer_errc::out_of_range);
    CHECK(run(files->move("gcode/none", "gcode/c")).error().code == printer_errc::no_such_file);
    CHECK(run(files->move("gcode/a b", "gcode/c"))->folder);
    CHECK(far->store.files.contains("c/x.gcode"));
    CHECK(run(files->remove_folder("gcode/c", false)).error().code == printer_errc::file_in_use);
    far->store.in_use = "c/x.gcode";
    CHECK(run(files->remove_folder("gcode/c", true)).error().code == printer_errc::file_in_use);
    far->store.in_use.clear();
    CHECK(run(files->remove_folder("gcode/c", true)).has_value());
    CHECK(far->store.files.size() == 1);
    CHECK(run(files->remove_folder("gcode/c", true)).error().code == printer_errc::no_such_file);
    CHECK(run(files->remove_folder("gcode/c", false)).error().code == printer_errc::no_such_file);
}
