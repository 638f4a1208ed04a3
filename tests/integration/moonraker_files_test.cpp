// Uploads in parts, folders, the queue and Moonraker's own API, with a Klipper behind a fake Moonraker.
#include "moonraker_rig.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <map>

using namespace layerline::tests;
using layerline::fakes::fake_moonraker;
using nlohmann::json;

namespace {

struct klipper_bench : moonraker_rig {
    klipper_bench()
    {
        at.start_relay();
        at.start_agent();
        at.pair();
        at.wait_for_tunnel();
    }
    json good(const std::string& method, const std::string& command, const std::string& body = {})
    {
        const auto answer = at.at_relay(method, command, body);
        INFO(command << ' ' << answer.status << ' ' << answer.body << answer.error);
        REQUIRE(answer.code() == 200);
        return answer.json()["Result"];
    }
    // What Moonraker holds, by name.
    std::map<std::string, std::string> kept()
    {
        std::map<std::string, std::string> all;
        with([&](fake_moonraker& far) {
            for (const auto& [name, one] : far.store.files)
                all[name] = one.content;
        });
        return all;
    }
    int code(const std::string& method, const std::string& command, const std::string& body = {})
    {
        return at.at_relay(method, command, body).code();
    }
};

} // namespace

TEST_CASE(
    "a file in parts comes to Moonraker whole, over a restart of the agent and a Moonraker that is away",
    "[moonraker]")
{
    klipper_bench klipper;
    std::string content;
    while (content.size() < 2'000'000)
        content += "G1 X" + std::to_string(content.size() % 200) + " Y10 F3000\n";
    json wish{{"Path", "gcode/part.gcode"}, {"Bytes", content.size()}};
    const auto id = klipper.good("POST", "files/upload/create", wish.dump())["UploadId"].get<std::string>();
    const auto part = [&](std::size_t offset) {
        return "files/upload/part?UploadId=" + id + "&Offset=" + std::to_string(offset);
    };
    CHECK(klipper.good("PATCH", part(0), content.substr(0, 700'000))["Offset"] == 700'000);
    const auto wrong = klipper.at.at_relay("PATCH", part(0), content.substr(0, 10));
    CHECK(wrong.status == 409);
    CHECK(wrong.headers.find("upload-offset") == "700000");

    klipper.at.agent->signal(SIGKILL);
    (void)klipper.at.agent->wait();
    klipper.at.start_agent();
    klipper.at.wait_for_tunnel();
    CHECK(klipper.good("GET", "files/upload/state?UploadId=" + id)["Offset"] == 700'000);
    CHECK(klipper.kept().empty());

    klipper.end_moonraker();
    const auto away = klipper.at.at_relay("PATCH", part(700'000), content.substr(700'000));
    CHECK(away.code() == 785);
    CHECK(away.json()["Result"]["Offset"] == content.size());
    klipper.start_moonraker();
    const auto named = json{{"UploadId", id}}.dump();
    CHECK(klipper.good("POST", "files/upload/commit", named)["Done"] == true);
    CHECK(klipper.kept()["part.gcode"] == content);
    CHECK(klipper.good("GET", "files/list")["Root"][0]["VirtualPath"] == "gcode/part.gcode");
}

TEST_CASE("folders and the queue are Klipper's as they are a serial printer's", "[moonraker]")
{
    klipper_bench klipper;
    (void)klipper.good("POST", "files/folder/create", R"({"Path":"gcode/box"})");
    CHECK(klipper.code("POST", "files/folder/create", R"({"Path":"gcode/box"})") == 409);
    (void)klipper.good("PUT", "files/upload?Path=gcode/box/a.gcode", "G28\nM84\n");
    (void)klipper.good("POST", "files/move", R"({"Path":"gcode/box","To":"gcode/shelf"})");
    CHECK(klipper.code("POST", "files/delete", R"({"Path":"gcode/shelf"})") == 409);

    (void)klipper.good("POST", "queue/add", R"({"Path":"gcode/shelf/a.gcode"})");
    CHECK(klipper.code("POST", "files/delete", R"({"Path":"gcode/shelf","Recursive":true})") == 409);
    (void)klipper.wait_for("idle");
    (void)klipper.good("POST", "queue/start-next", R"({"BedClear":true})");
    (void)klipper.wait_for("printing");
    CHECK(klipper.good("GET", "queue/list")["Current"]["VirtualPath"] == "gcode/shelf/a.gcode");
    CHECK(klipper.code("POST", "queue/start-next") == 786);
    (void)klipper.good("POST", "cancel");
    (void)klipper.wait_for("cancelled");
    REQUIRE(klipper.at.becomes([&] { return klipper.good("GET", "queue/list")["Current"].is_null(); }));
    CHECK_FALSE(klipper.good("GET", "queue/list")["Held"].is_null());
    (void)klipper.good("POST", "files/delete", R"({"Path":"gcode/shelf","Recursive":true})");
    CHECK(klipper.kept().empty());
}

TEST_CASE("the time left of a Klipper print is that of its file's moves, not of the bytes that were read",
          "[moonraker]")
{
    klipper_bench klipper;
    std::string moves = "G28\nG1 F600\n";
    for (int i = 1; i <= 1000; ++i) // a second each
        moves += "G1 X" + std::to_string(i % 2 == 0 ? 10 : 20) + '\n';
    const auto remarks = "; " + std::string(moves.size(), 'x') + '\n';
    klipper.with([&](fake_moonraker& far) { far.store.files["timed.gcode"].content = moves + remarks; });
    (void)klipper.wait_for("idle");
    (void)klipper.good("POST", "start", R"({"Path":"gcode/timed.gcode","BedClear":true})");
    (void)klipper.wait_for("printing");
    // Half of the moves are done, a quarter of the bytes is read: by bytes it would be 1,500 s.
    double elapsed = 500;
    const auto left = [&] {
        elapsed += 0.01;
        klipper.with([&](fake_moonraker& far) {
            far.change({{"print_stats", {{"print_duration", elapsed}}},
                        {"virtual_sdcard",
                         {{"file_position", moves.size() / 2},
                          {"file_size", moves.size() + remarks.size()},
                          {"progress", 0.25}}}});
        });
        return klipper.good("GET", "status")["JobStatus"]["CurrentPrint"]["TimeLeftSec"];
    };
    json told;
    for (int asked = 0; asked < 3000; ++asked) { // the file is read beside the print
        told = left();
        if (told.is_number() && told < 700 && told > 300) break;
    }
    REQUIRE(told.is_number());
    CHECK(told.get<double>() == Approx(500).epsilon(0.1));
}
