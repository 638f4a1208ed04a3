// files/upload/… over the Plugin API, to files in memory and to a real folder.
#include "commands/local_file_store.hpp"
#include "commands/upload_desk.hpp"
#include "tests/commands/api_desk.hpp"
#include "tests/fakes/scratch_folder.hpp"

#include "access/crypto.hpp"
#include "access/hex.hpp"

using namespace layerline::commands;
using layerline::fakes::memory_exchange;
using layerline::fakes::scratch_folder;
using layerline::fakes::scripted_body;
using layerline::printer::printer_errc;
namespace transport = layerline::transport;

namespace {

std::string sha256_of(const std::string& bytes)
{
    return layerline::access::to_hex(layerline::access::sha256(bytes));
}

struct upload_bench : api_desk {
    scratch_folder folder;
    std::unique_ptr<file_store> local; // instead of the files in memory
    std::unique_ptr<upload_desk> uploads;

    upload_bench() { open(files); }
    void open(file_store& into)
    {
        uploads.reset();
        upload_limits limits;
        limits.reserve_bytes = 0;
        auto shelf = upload_shelf::open(folder.at / "uploads", limits, transport::clock::now());
        REQUIRE(shelf.has_value());
        uploads = std::make_unique<upload_desk>(context, into, std::move(*shelf), [this](const auto& path) {
            return is_in_use(printer.state(), path);
        });
        api = make_plugin_api(printer, into, {"agent-1", "0.1.0"}, {nullptr, uploads.get()});
    }
    void open_local()
    {
        auto opened = open_local_file_store(context, {folder.at / "gcode", 1 << 20U, 0, 100});
        REQUIRE(opened.has_value());
        local = std::move(*opened);
        open(*local);
    }
    std::string begin(const std::string& path, std::size_t bytes, const std::string& more = {})
    {
        const auto made = call("POST", "files/upload/create", "",
                               R"({"Path":")" + path + R"(","Bytes":)" + std::to_string(bytes) + more + "}");
        CAPTURE(made->body);
        REQUIRE(made->status() == 200);
        CHECK(made->body["Result"]["Offset"] == 0);
        return made->body["Result"]["UploadId"];
    }
    static std::string at(const std::string& id, std::size_t offset)
    {
        return "uploadid=" + id + "&offset=" + std::to_string(offset);
    }
};

} // namespace

TEST_CASE("a file in parts is there with its last byte, and not before", "[upload]")
{
    upload_bench desk;
    const std::string all = "G28\nG1 X10\nM84\n";
    const auto id = desk.begin("gcode/f/a.gcode", all.size(), R"(,"Sha256":")" + sha256_of(all) + "\"");
    const auto first = desk.call("PATCH", "files/upload/part", desk.at(id, 0), all.substr(0, 5));
    CHECK(first->http() == 200);
    CHECK(first->body["Result"]["Offset"] == 5);
    CHECK(first->body["Result"]["Done"] == false);
    CHECK(first->call.header("upload-offset") == "5");
    CHECK(desk.files.files.empty());

    const auto wrong = desk.call("PATCH", "files/upload/part", desk.at(id, 3), "X");
    CHECK(wrong->http() == 409);
    CHECK(wrong->status() == 409);
    CHECK(wrong->body["Result"]["Offset"] == 5);
    CHECK(wrong->call.header("upload-offset") == "5");
    const auto head = desk.call("HEAD", "files/upload/state", "uploadid=" + id);
    CHECK(head->http() == 200);
    CHECK(head->call.header("upload-offset") == "5");
    CHECK(head->call.header("upload-length") == std::to_string(all.size()));
    CHECK(head->call.sent.empty());

    const auto last = desk.call("PATCH", "files/upload/part", desk.at(id, 5), all.substr(5));
    CHECK(last->http() == 200);
    CHECK(last->body["Result"]["Done"] == true);
    CHECK(desk.files.files.at("gcode/f/a.gcode") == all);
    // Whoever lost that answer asks, and hears the same.
    CHECK(desk.call("GET", "files/upload/state", "uploadid=" + id)->body["Result"]["Done"] == true);
    CHECK(desk.call("POST", "files/upload/commit", "", R"({"UploadId":")" + id + "\"}")->status() == 200);
    CHECK(desk.call("PATCH", "files/upload/part", desk.at(id, 5), "x")->http() == 409);
}

TEST_CASE("a part that breaks off leaves what came, and the next goes on from there", "[upload]")
{
    upload_bench desk;
    const std::string all(300'000, 'z');
    const auto id = desk.begin("gcode/a.gcode", all.size(), R"(,"Sha256":")" + sha256_of(all) + "\"");
    memory_exchange broken("PATCH", "/x?" + desk.at(id, 0));
    broken.content =
        std::make_shared<scripted_body>(std::deque<std::string>{all.substr(0, 100'000), "zz"}, true);
    desk.serve(broken, "files/upload/part");
    CHECK(broken.answer->status == 400);
    CHECK(broken.header("upload-offset") == "100002");
    CHECK(desk.files.files.empty());
    desk.open(desk.files); // the agent was started anew
    const auto rest = desk.call("PATCH", "files/upload/part", desk.at(id, 100'002), all.substr(100'002));
    CAPTURE(rest->body);
    CHECK(rest->body["Result"]["Done"] == true);
    CHECK(desk.files.files.at("gcode/a.gcode") == all);
}

TEST_CASE("a wrong SHA-256 puts nothing in place", "[upload]")
{
    upload_bench desk;
    const auto id = desk.begin("gcode/a.gcode", 4, R"(,"Sha256":")" + sha256_of("good") + "\"");
    const auto last = desk.call("PATCH", "files/upload/part", desk.at(id, 0), "evil");
    CHECK(last->http() == 400);
    CHECK(desk.files.files.empty());
    CHECK(desk.call("GET", "files/upload/state", "uploadid=" + id)->http() == 404);
}

TEST_CASE("an upload waits for its commit when it was begun so", "[upload]")
{
    upload_bench desk;
    const auto id = desk.begin("gcode/a.gcode", 4, R"(,"Commit":false)");
    CHECK(desk.call("PUT", "files/upload/part", desk.at(id, 0), "good")->body["Result"]["Done"] == false);
    CHECK(desk.files.files.empty());
    const auto named = R"({"UploadId":")" + id + "\"";
    CHECK(desk.call("POST", "files/upload/commit", "", named + R"(,"Sha256":"x"})")->status() == 400);
    const auto done =
        desk.call("POST", "files/upload/commit", "", named + R"(,"Sha256":")" + sha256_of("good") + "\"}");
    CHECK(done->status() == 200);
    CHECK(desk.files.files.at("gcode/a.gcode") == "good");
}

TEST_CASE("a store that fails keeps the upload for another try", "[upload]")
{
    upload_bench desk;
    const auto id = desk.begin("gcode/a.gcode", 4);
    desk.files.fails = layerline::printer::printer_failure{printer_errc::host_gone, "Moonraker is away."};
    const auto failed = desk.call("PATCH", "files/upload/part", desk.at(id, 0), "good");
    CHECK(failed->http() == 400);
    CHECK(failed->status() == 785);
    CHECK(failed->body["Result"]["Offset"] == 4);
    desk.files.fails.reset();
    const auto again = desk.call("PATCH", "files/upload/part", desk.at(id, 4), "");
    CHECK(again->body["Result"]["Done"] == true);
    CHECK(desk.files.files.at("gcode/a.gcode") == "good");
}

TEST_CASE("an upload never replaces the file that is being printed", "[upload]")
{
    upload_bench desk;
    const auto id = desk.begin("gcode/a.gcode", 4);
    desk.printer.become(printing("gcode/a.gcode"));
    const auto held = desk.call("PATCH", "files/upload/part", desk.at(id, 0), "good");
    CHECK(held->http() == 409);
    CHECK(desk.files.files.empty());
    CHECK(desk.call("POST", "files/upload/create", "", R"({"Path":"gcode/a.gcode","Bytes":4})")->status() ==
          409);
    desk.printer.become(in_phase(layerline::printer::phase::idle));
    CHECK(desk.call("POST", "files/upload/commit", "", R"({"UploadId":")" + id + "\"}")->status() == 200);
    CHECK(desk.files.files.at("gcode/a.gcode") == "good");
}

TEST_CASE("what is no upload, too large or cancelled is refused by name", "[upload]")
{
    upload_bench desk;
    desk.files.limit = 100;
    const auto create = [&](const std::string& body) {
        return desk.call("POST", "files/upload/create", "", body)->status();
    };
    CHECK(create(R"({"Path":"gcode/a.gcode","Bytes":101})") == 413);
    CHECK(create(R"({"Path":"gcode/a.gcode","Bytes":0})") == 400);
    CHECK(create(R"({"Path":"gcode/a.exe","Bytes":4})") == 400);
    CHECK(create(R"({"Path":"gcode/../a.gcode","Bytes":4})") == 400);
    CHECK(create(R"({"Path":"gcode/a.gcode","Bytes":4,"Sha256":")" + std::string(64, 'x') + "\"}") == 400);
    CHECK(desk.call("PATCH", "files/upload/part", desk.at(std::string(32, '/'), 0), "x")->http() == 400);
    CHECK(desk.call("PATCH", "files/upload/part", desk.at(std::string(32, 'a'), 0), "x")->http() == 404);
    const auto id = desk.begin("gcode/a.gcode", 4);
    CHECK(desk.call("GET", "files/upload/list")->body["Result"]["Uploads"].size() == 1);
    CHECK(desk.call("DELETE", "files/upload/cancel", "uploadid=" + id)->status() == 200);
    CHECK(desk.call("PATCH", "files/upload/part", desk.at(id, 0), "x")->http() == 404);
    CHECK(desk.call("GET", "files/upload/list")->body["Result"]["Uploads"].empty());
}

TEST_CASE("a whole upload becomes the printer's file without a copy", "[upload]")
{
    upload_bench desk;
    desk.open_local();
    const auto id = desk.begin("gcode/new/a.gcode", 4);
    const auto part = desk.folder.at / "uploads" / (id + ".part");
    std::filesystem::create_hard_link(part, desk.folder.at / "witness");
    CHECK(desk.call("PATCH", "files/upload/part", desk.at(id, 0), "good")->body["Result"]["Done"] == true);
    CHECK(desk.folder.text_of("gcode/new/a.gcode") == "good");
    CHECK(std::filesystem::equivalent(desk.folder.at / "gcode/new/a.gcode", desk.folder.at / "witness"));
    CHECK_FALSE(std::filesystem::exists(part));
    CHECK(desk.folder.files_in("gcode/.part") == 0);
}

TEST_CASE("an agent without a shelf says that it keeps no parts", "[upload]")
{
    api_desk desk;
    CHECK(desk.call("GET", "files/upload/list")->status() == 788);
    CHECK(desk.call("PATCH", "files/upload/part", upload_bench::at(std::string(32, 'a'), 0), "x")->status() ==
          788);
}
