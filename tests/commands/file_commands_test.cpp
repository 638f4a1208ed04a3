// files/list, details, upload, download, delete on files in memory.
#include "tests/commands/api_desk.hpp"

using namespace layerline::commands;
using layerline::fakes::memory_exchange;
using layerline::fakes::scripted_body;
using layerline::printer::phase;
using layerline::printer::printer_errc;

TEST_CASE("an upload is stored under its path, whatever the parts it comes in")
{
    api_desk desk;
    memory_exchange call("PUT", "/x?path=gcode/new%20one.gcode");
    call.content = std::make_shared<scripted_body>(
        std::deque<std::string>{"G28\n", std::string(200000, 'x'), "\nM84\n"});
    desk.serve(call, "files/upload");
    const auto body = json::parse(call.sent);
    CHECK(body.at("Status") == 200);
    CHECK(body.at("Result").at("SizeBytes") == 200009);
    CHECK(body.at("Result").at("VirtualPath") == "gcode/new one.gcode");
    CHECK(body.at("Result").at("PlatformPath") == "new one.gcode");
    CHECK(desk.files.files.at("gcode/new one.gcode").size() == 200009);
}

TEST_CASE("an upload is refused with its reason and leaves nothing")
{
    api_desk desk;
    desk.printer.become(printing("gcode/busy.gcode"));
    CHECK(desk.call("PUT", "files/upload", "path=gcode/a.gcode", "")->status() == 400);
    CHECK(desk.call("PUT", "files/upload", "", "G28")->status() == 400);
    CHECK(desk.call("PUT", "files/upload", "path=gcode/a.exe", "G28")->status() == 400);
    CHECK(desk.call("PUT", "files/upload", "path=gcode/../../a.gcode", "G28")->status() == 400);
    CHECK(desk.call("PUT", "files/upload", "path=..%2f..%2fetc%2fa.gcode", "G28")->status() == 400);
    CHECK(desk.call("PUT", "files/upload", "path=gcode/a%00.gcode", "G28")->status() == 400);
    CHECK(desk.call("PUT", "files/upload", "path=gcode", "G28")->status() == 400);
    CHECK(desk.call("PUT", "files/upload", "path=gcode/busy.gcode", "G28")->status() == 409);
    desk.files.limit = 3;
    CHECK(desk.call("PUT", "files/upload", "path=gcode/a.gcode", "G28\n")->status() == 413);
    memory_exchange untold("PUT", "/x?path=gcode/a.gcode");
    untold.content = std::make_shared<scripted_body>(std::deque<std::string>{"G2", "8\n"});
    desk.serve(untold, "files/upload");
    CHECK(json::parse(untold.sent).at("Status") == 413);
    CHECK(desk.files.files.empty());
    desk.files.limit = 100;
    desk.files.fails = layerline::printer::printer_failure{printer_errc::host_failure, "The disk is full."};
    const auto full = desk.call("PUT", "files/upload", "path=gcode/a.gcode", "G28\n");
    CHECK(full->status() == 750);
    CHECK(full->error() == "The disk is full.");
}

TEST_CASE("an upload that breaks off is told as such")
{
    api_desk desk;
    for (std::deque<std::string> parts : {std::deque<std::string>{}, std::deque<std::string>{"G28\n"}}) {
        memory_exchange call("PUT", "/x?path=gcode/a.gcode");
        call.content = std::make_shared<scripted_body>(parts, true);
        desk.serve(call, "files/upload");
        CHECK(json::parse(call.sent).at("Status") == 400);
        CHECK(desk.files.files.empty());
    }
}

TEST_CASE("a download carries the file with a safe name and type")
{
    api_desk desk;
    desk.files.files["gcode/a \"b\"ü.gcode"] = "G28\nM84\n";
    const auto told = desk.call("GET", "files/download", "path=gcode/a%20%22b%22%C3%BC.gcode");
    CHECK(told->http() == 200);
    CHECK(told->call.sent == "G28\nM84\n");
    CHECK(told->call.header("content-length") == "8");
    CHECK(told->call.header("x-content-type-options") == "nosniff");
    CHECK(told->call.header("content-disposition") == "attachment; filename*=UTF-8''a%20%22b%22%C3%BC.gcode");
    CHECK(told->call.finished);
    const auto head = desk.call("HEAD", "files/download", "path=gcode/a%20%22b%22%C3%BC.gcode");
    CHECK(head->call.header("content-length") == "8");
    CHECK(head->call.sent.empty());
    CHECK(head->call.finished);
}

TEST_CASE("a download can be of one range")
{
    api_desk desk;
    desk.files.files["gcode/a.gcode"] = "0123456789";
    const auto part = desk.call("GET", "files/download", "path=gcode/a.gcode", "", {{"range", "bytes=2-4"}});
    CHECK(part->http() == 206);
    CHECK(part->call.sent == "234");
    CHECK(part->call.header("content-range") == "bytes 2-4/10");
    CHECK(part->call.header("content-length") == "3");
    const auto past = desk.call("GET", "files/download", "path=gcode/a.gcode", "", {{"range", "bytes=10-"}});
    CHECK(past->http() == 416);
    CHECK(past->call.header("content-range") == "bytes */10");
    const auto conditional = desk.call("GET", "files/download", "path=gcode/a.gcode", "",
                                       {{"range", "bytes=2-4"}, {"if-range", "\"x\""}});
    CHECK(conditional->http() == 200);
}

TEST_CASE("a download that fails uses HTTP's codes, and 400 around a 7xx")
{
    api_desk desk;
    const auto missing = desk.call("GET", "files/download", "path=gcode/a.gcode");
    CHECK(missing->http() == 404);
    CHECK(missing->status() == 404);
    CHECK(desk.call("GET", "files/download", "path=gcode/../a.gcode")->http() == 400);
    desk.files.fails = layerline::printer::printer_failure{printer_errc::host_failure, "The disk failed."};
    const auto failed = desk.call("GET", "files/download", "path=gcode/a.gcode");
    CHECK(failed->http() == 400);
    CHECK(failed->status() == 750);
    const auto head = desk.call("HEAD", "files/download", "path=gcode/a.gcode");
    CHECK(head->http() == 400);
    CHECK(head->call.sent.empty());
    CHECK(head->call.finished);
}

TEST_CASE("a viewer who goes away in mid-download ends it")
{
    api_desk desk;
    desk.files.files["gcode/a.gcode"] = std::string(300000, 'x');
    memory_exchange call("GET", "/x?path=gcode/a.gcode");
    call.breaks_after = 100000;
    desk.serve(call, "files/download");
    CHECK_FALSE(call.finished);
    CHECK(call.sent.size() <= 100000);
}

TEST_CASE("a file is deleted, unless its job has not ended")
{
    api_desk desk;
    desk.files.files["gcode/a.gcode"] = "G28";
    for (const auto now : {phase::printing, phase::pausing, phase::paused, phase::resuming, phase::cancelling,
                           phase::offline}) {
        auto state = printing("gcode/a.gcode");
        state.now = now;
        desk.printer.become(state);
        CHECK(desk.call("POST", "files/delete", "path=gcode/a.gcode")->status() == 409);
    }
    auto cleared = printing("gcode/a.gcode");
    cleared.now = phase::offline;
    cleared.bed_clear = true;
    desk.printer.become(cleared);
    CHECK(desk.call("PUT", "files/upload", "path=gcode/a.gcode", "G28")->status() == 200);
    auto over = printing("gcode/a.gcode");
    over.now = phase::finished;
    desk.printer.become(over);
    const auto told = desk.call("DELETE", "files/delete", "", R"({"Path":"gcode/a.gcode"})");
    CHECK(told->status() == 200);
    CHECK(told->body.at("Result").at("VirtualPath") == "gcode/a.gcode");
    CHECK(desk.call("POST", "files/delete", "path=gcode/a.gcode")->status() == 404);
}

TEST_CASE("a listing gives nodes with paths, sizes and times")
{
    api_desk desk;
    desk.files.files["gcode/a.gcode"] = "G28";
    desk.files.files["gcode/b.gcode"] = "";
    const auto told = desk.call("GET", "files/list");
    const auto& root = told->body.at("Result").at("Root");
    REQUIRE(root.size() == 2);
    CHECK(root[0].at("Type") == "file");
    CHECK(root[0].at("Name") == "a.gcode");
    CHECK(root[0].at("VirtualPath") == "gcode/a.gcode");
    CHECK(root[0].at("PlatformPath") == "a.gcode");
    CHECK(root[0].at("SizeBytes") == 3);
    CHECK(root[0].at("ModifiedTimeSec") == 1700000000);
    CHECK(desk.call("GET", "files/list", "limit=1&offset=1")->body.at("Result").at("Root")[0].at("Name") ==
          "b.gcode");
    CHECK(desk.call("GET", "files/list", "root=logs")->status() == 400);
    CHECK(desk.call("GET", "files/list", "path=gcode/..")->status() == 400);
}

TEST_CASE("details read what the slicer wrote at both ends")
{
    api_desk desk;
    desk.files.files["gcode/a.gcode"] = "; generated by PrusaSlicer 2.5.0 on a day\n" +
                                        std::string(300000, '\n') +
                                        "; filament used [mm] = 12.5\n"
                                        "; estimated printing time (normal mode) = 1m 5s\n";
    const auto told = desk.call("GET", "files/details", "path=gcode/a.gcode");
    const auto& result = told->body.at("Result");
    CHECK(result.at("FileName") == "a.gcode");
    CHECK(result.at("Slicer") == "PrusaSlicer");
    CHECK(result.at("EstPrintTimeSec") == 65);
    CHECK(result.at("EstFilamentUsedMm") == 12.5);
    CHECK_FALSE(result.contains("LayerCount"));
    CHECK(desk.call("GET", "files/details", "path=gcode/b.gcode")->status() == 404);
}
