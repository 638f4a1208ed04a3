// Cameras of Moonraker's list through the real agent: shown, followed, and never asked elsewhere.
#include "moonraker_rig.hpp"
#include "tests/fakes/fake_camera.hpp"

#include <catch2/catch.hpp>

using namespace layerline::tests;
using layerline::fakes::fake_camera;
using layerline::fakes::fake_moonraker;
using nlohmann::json;

TEST_CASE("cameras that Moonraker lists are shown beside the configured ones, and follow its list",
          "[moonraker]")
{
    fake_camera camera;
    moonraker_rig klipper("cameras_url = \"http://127.0.0.1:" + std::to_string(camera.port()) + "\"\n",
                          "[[cameras]]\nname = \"own\"\nsnapshot_url = \"" + camera.url("/snapshot") +
                              "\"\n");
    const json bed{{"name", "bed"},           {"service", "mjpegstreamer"},
                   {"stream_url", "/stream"}, {"snapshot_url", "/snapshot"},
                   {"flip_horizontal", true}, {"rotation", 180}};
    const json roof{
        {"name", "roof"}, {"service", "mjpegstreamer"}, {"snapshot_url", "http://192.168.250.1/x"}};
    klipper.with([&](fake_moonraker& far) { far.webcams = json::array({bed, roof}); });
    klipper.at.start_agent();
    (void)klipper.wait_for("idle");
    const auto list = [&] { return klipper.at.at_agent("GET", "webcam/list").json()["Result"]["Webcams"]; };
    REQUIRE(klipper.at.becomes([&] { return list().size() == 2; }));
    const auto shown = list();
    CHECK(shown[0]["Name"] == "own");
    CHECK(shown[1]["Name"] == "bed");
    CHECK(shown[1]["FlipH"] == true);
    CHECK(shown[1]["Rotation"] == 180);
    const auto picture = klipper.at.at_agent("GET", "webcam/snapshot?name=bed");
    INFO(picture.body.substr(0, 300));
    CHECK(picture.status == 200);
    CHECK(fake_camera::facts_of(picture.body));
    CHECK(picture.headers.find("x-oe-webcam-transform") == std::string_view("fliph rotate=180"));
    CHECK(klipper.at.at_agent("GET", "webcam/snapshot?name=roof").status == 404);

    klipper.with([&](fake_moonraker& far) {
        auto chamber = bed;
        chamber["name"] = "chamber";
        far.webcams = json::array({chamber});
        far.notify("notify_webcams_changed", json::array({{{"webcams", far.webcams}}}));
    });
    REQUIRE(klipper.at.becomes([&] { return list().size() == 2 && list()[1]["Name"] == "chamber"; }));
    CHECK(klipper.at.at_agent("GET", "webcam/snapshot?name=bed").status == 404);
    // The list stays while Moonraker is away.
    klipper.end_moonraker();
    (void)klipper.wait_for("offline");
    CHECK(list().size() == 2);
    CHECK(klipper.at.at_agent("GET", "webcam/snapshot?name=chamber").status == 200);
}
