// Folders: made, moved and deleted over the API, and in a real folder with links that lead out of it.
#include "commands/local_file_store.hpp"
#include "tests/commands/api_desk.hpp"
#include "tests/fakes/scratch_folder.hpp"

#include <sys/stat.h>

using namespace layerline::commands;
using layerline::fakes::scratch_folder;
using layerline::printer::phase;
using layerline::printer::printer_errc;
using layerline::transport::make_body;
namespace fs = std::filesystem;

namespace {

struct folder_desk {
    scratch_folder folder;
    layerline::transport::net::io_context context;
    std::unique_ptr<file_store> store;

    folder_desk()
    {
        auto opened = open_local_file_store(context, {folder.at / "gcode", 1 << 20U, 0, 1000});
        REQUIRE(opened.has_value());
        store = std::move(*opened);
    }
    template <class T>
    T run(layerline::transport::task<T> what)
    {
        return layerline::fakes::run(context, std::move(what));
    }
    void put(const std::string& path) { REQUIRE(run(store->write(path, make_body("G28\n"))).has_value()); }
    printer_errc move(const std::string& from, const std::string& to)
    {
        const auto moved = run(store->move(from, to));
        REQUIRE_FALSE(moved.has_value());
        return moved.error().code;
    }
    printer_errc remove(const std::string& path, bool whole)
    {
        const auto removed = run(store->remove_folder(path, whole));
        REQUIRE_FALSE(removed.has_value());
        return removed.error().code;
    }
};

} // namespace

TEST_CASE("folders are made, filled, moved with what is in them, and deleted", "[folders]")
{
    folder_desk desk;
    CHECK(desk.run(desk.store->make_folder("gcode/a"))->folder);
    CHECK(desk.run(desk.store->make_folder("gcode/a/b"))->virtual_path == "gcode/a/b");
    CHECK(desk.run(desk.store->make_folder("gcode/a")).error().code == printer_errc::file_in_use);
    CHECK(desk.run(desk.store->make_folder("gcode/none/b")).error().code == printer_errc::no_such_file);
    CHECK(desk.run(desk.store->make_folder("gcode")).error().code == printer_errc::out_of_range);
    desk.put("gcode/a/b/x.gcode");
    const auto moved = desk.run(desk.store->move("gcode/a", "gcode/c"));
    REQUIRE(moved.has_value());
    CHECK(moved->folder);
    CHECK(desk.folder.text_of("gcode/c/b/x.gcode") == "G28\n");
    CHECK(desk.run(desk.store->move("gcode/c/b/x.gcode", "gcode/y.gcode"))->size_bytes == 4);
    CHECK_FALSE(fs::exists(desk.folder.at / "gcode/a"));

    CHECK(desk.remove("gcode/c", false) == printer_errc::file_in_use); // b is in it
    CHECK(desk.run(desk.store->remove_folder("gcode/c/b", false)).has_value());
    desk.put("gcode/c/d/e/z.gcode");
    CHECK(desk.run(desk.store->remove_folder("gcode/c", true)).has_value());
    CHECK_FALSE(fs::exists(desk.folder.at / "gcode/c"));
    CHECK(desk.remove("gcode/c", true) == printer_errc::no_such_file);
    CHECK(desk.remove("gcode/y.gcode", true) == printer_errc::no_such_file);
    CHECK(desk.remove("gcode", true) == printer_errc::out_of_range);
}

TEST_CASE("a move replaces nothing and goes nowhere odd", "[folders]")
{
    folder_desk desk;
    desk.put("gcode/a/x.gcode");
    desk.put("gcode/b/y.gcode");
    desk.put("gcode/z.gcode");
    CHECK(desk.move("gcode/z.gcode", "gcode/b/y.gcode") == printer_errc::file_in_use);
    CHECK(desk.move("gcode/a", "gcode/b") == printer_errc::file_in_use);
    CHECK(desk.move("gcode/a", "gcode/a/below") == printer_errc::out_of_range);
    CHECK(desk.move("gcode/z.gcode", "gcode/none/z.gcode") == printer_errc::no_such_file);
    CHECK(desk.move("gcode/none", "gcode/other") == printer_errc::no_such_file);
    CHECK(desk.move("gcode/z.gcode", "gcode/../z.gcode") == printer_errc::out_of_range);
    CHECK(desk.move("gcode/z.gcode", "gcode/.part/z.gcode") == printer_errc::out_of_range);
    CHECK(desk.folder.text_of("gcode/z.gcode") == "G28\n");
}

TEST_CASE("no link leads a change out of the folder", "[folders]")
{
    folder_desk desk;
    fs::create_directory(desk.folder.at / "outside");
    desk.folder.put("outside/keep.gcode", "keep");
    fs::create_directory_symlink(desk.folder.at / "outside", desk.folder.at / "gcode/link");
    desk.put("gcode/z.gcode");
    CHECK(desk.run(desk.store->make_folder("gcode/link/new")).error().code == printer_errc::no_such_file);
    CHECK(desk.move("gcode/z.gcode", "gcode/link/z.gcode") == printer_errc::no_such_file);
    CHECK(desk.move("gcode/link/keep.gcode", "gcode/k.gcode") == printer_errc::no_such_file);
    CHECK(desk.move("gcode/link", "gcode/other") == printer_errc::no_such_file);
    CHECK(desk.remove("gcode/link", true) == printer_errc::no_such_file);
    // A link in a folder that is deleted goes; what it names stays.
    desk.put("gcode/d/x.gcode");
    fs::create_directory_symlink(desk.folder.at / "outside", desk.folder.at / "gcode/d/link");
    CHECK(desk.run(desk.store->remove_folder("gcode/d", true)).has_value());
    CHECK(desk.folder.text_of("outside/keep.gcode") == "keep");
    CHECK(desk.folder.files_in("outside") == 1);
}

TEST_CASE("folders over the API: what is printed stays, what is full goes only when that is said",
          "[folders]")
{
    api_desk desk;
    const auto status = [&](const char* command, const std::string& body) {
        return desk.call("POST", command, "", body)->status();
    };
    CHECK(status("files/folder/create", R"({"Path":"gcode/a"})") == 200);
    CHECK(status("files/folder/create", R"({"Path":"gcode/a"})") == 409);
    CHECK(status("files/folder/create", R"({"Path":"gcode"})") == 400);
    CHECK(status("files/folder/create", R"({"Path":"gcode/../a"})") == 400);
    desk.files.files["gcode/a/x.gcode"] = "G28\n";
    CHECK(status("files/move", R"({"Path":"gcode/a/x.gcode","To":"gcode/x.txt"})") == 400);
    CHECK(status("files/move", R"({"Path":"gcode/none.gcode","To":"gcode/x.gcode"})") == 404);
    CHECK(status("files/move", R"({"Path":"gcode/a","To":"gcode/a"})") == 400);
    desk.printer.become(printing("gcode/a/x.gcode"));
    CHECK(status("files/move", R"({"Path":"gcode/a","To":"gcode/b"})") == 409);
    CHECK(status("files/delete", R"({"Path":"gcode/a","Recursive":true})") == 409);
    CHECK(status("files/delete", R"({"Path":"gcode/a/x.gcode"})") == 409);
    desk.printer.become(in_phase(phase::idle));
    const auto moved = desk.call("POST", "files/move", "", R"({"Path":"gcode/a","To":"gcode/b"})");
    CHECK(moved->body["Result"] ==
          json{{"From", "gcode/a"}, {"VirtualPath", "gcode/b"}, {"PlatformPath", "b"}, {"Type", "folder"}});
    CHECK(desk.files.files.contains("gcode/b/x.gcode"));
    CHECK(status("files/delete", R"({"Path":"gcode/b"})") == 409);
    CHECK(status("files/delete", R"({"Path":"gcode/b","Recursive":true})") == 200);
    CHECK(desk.files.files.empty());
}
