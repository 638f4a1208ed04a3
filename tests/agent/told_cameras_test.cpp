// Moonraker's list of cameras, joined with the configured ones: whose addresses are asked, and which never.
#include "agent/told_cameras.hpp"

#include <catch2/catch.hpp>

using namespace layerline::agent;
using layerline::printer::webcam;

namespace {

webcam told(const std::string& name, const std::string& stream, const std::string& snapshot = {})
{
    webcam one;
    one.name = name;
    one.service = "mjpegstreamer";
    one.stream_url = stream;
    one.snapshot_url = snapshot;
    return one;
}

camera_settings configured(const std::string& name)
{
    camera_settings camera;
    camera.name = name;
    camera.stream = std::get<camera_address>(parse_camera_url("http://192.168.1.9/own"));
    return camera;
}

camera_places places_of(const std::string& toml)
{
    const auto parsed =
        parse_configuration("[printer]\nlink = \"moonraker\"\nallow_insecure = true\n" + toml);
    if (const auto* faults = std::get_if<std::vector<layerline::settings::settings_fault>>(&parsed))
        FAIL(faults->front().text);
    return camera_places_of(std::get<configuration>(parsed));
}

// The addresses that one camera of the list leads to; empty: it is left out.
std::string stream_of(const std::string& stream, const camera_places& places = {})
{
    const auto joined = join_cameras({}, {told("bed", stream)}, places);
    if (joined.all.empty()) {
        CHECK(joined.left_out.size() == 1);
        return {};
    }
    REQUIRE(joined.all.front().stream);
    return joined.all.front().stream->told;
}

} // namespace

TEST_CASE("a relative address of the list is the web server's on Moonraker's host, not Moonraker's own")
{
    CHECK(stream_of("/webcam/?action=stream") == "http://127.0.0.1/webcam/");
    CHECK(stream_of("webcam/stream") == "http://127.0.0.1/webcam/stream");
    const auto far = places_of("url = \"http://192.168.1.7:7125\"\n");
    CHECK(stream_of("/webcam/?action=stream", far) == "http://192.168.1.7/webcam/");
    CHECK(stream_of("//192.168.1.7:8080/s", far) == "http://192.168.1.7:8080/s");
    const auto six = places_of("url = \"ws://[fd00::7]:7125/websocket\"\n");
    CHECK(stream_of("/webcam", six) == "http://[fd00::7]/webcam");
    const auto other = places_of("cameras_url = \"http://127.0.0.1:8088\"\n");
    CHECK(stream_of("/webcam", other) == "http://127.0.0.1:8088/webcam");
    const auto pipe = places_of("url = \"unix:/run/moonraker.sock\"\n");
    CHECK(stream_of("/webcam", pipe) == "http://127.0.0.1/webcam");
    const auto joined = join_cameras({}, {told("bed", "/webcam/?action=stream")}, {});
    REQUIRE(joined.all.size() == 1);
    CHECK(joined.all.front().stream->target == "/webcam/?action=stream");
}

TEST_CASE("only Moonraker's host and the hosts that the owner allows are ever asked")
{
    CHECK(stream_of("http://127.0.0.1:8080/?action=stream") == "http://127.0.0.1:8080/");
    CHECK(stream_of("http://localhost:8080/s") == "http://localhost:8080/s");
    for (const auto* elsewhere :
         {"http://192.168.1.1/admin", "http://router.lan/", "http://127.example/", "http://2130706433/",
          "http://169.254.169.254/latest", "http://[::ffff:192.168.1.1]/", "ftp://127.0.0.1/", "//10.0.0.1/x",
          "http://127.0.0.1@10.0.0.1/", "javascript://x", "file:///etc/passwd"}) {
        INFO(elsewhere);
        CHECK(stream_of(elsewhere).empty());
    }
    const auto far = places_of("url = \"http://192.168.1.7:7125\"\ncamera_hosts = [\"192.168.1.20\"]\n");
    CHECK(stream_of("http://192.168.1.20/s", far) == "http://192.168.1.20/s");
    CHECK(stream_of("http://192.168.1.21/s", far).empty());
    // Its own machine in its own words; never this one.
    CHECK(stream_of("http://localhost:8080/s", far) == "http://192.168.1.7:8080/s");
    CHECK(stream_of("http://127.0.0.1:8080/s", far) == "http://192.168.1.7:8080/s");
}

TEST_CASE("flips, rotation and the switch come from the list; a configured camera of that name wins")
{
    auto turned = told("nozzle", "/a", "/b");
    turned.flip_horizontal = true;
    turned.rotation_degrees = 270;
    turned.enabled = false;
    const auto joined = join_cameras({configured("bed")}, {told("bed", "/x"), turned}, {});
    REQUIRE(joined.all.size() == 2);
    CHECK(joined.all[0] == configured("bed"));
    CHECK(joined.left_out.size() == 1);
    const auto& nozzle = joined.all[1];
    CHECK((nozzle.flip_h && !nozzle.flip_v && nozzle.rotation == 270 && !nozzle.enabled));
    CHECK(nozzle.snapshot->told == "http://127.0.0.1/b");
}

TEST_CASE("a stream that is not made of pictures is left to the snapshots, or the camera is left out")
{
    auto webrtc = told("one", "/webcam/webrtc", "/webcam/?action=snapshot");
    webrtc.service = "webrtc-camerastreamer";
    auto page = told("two", "http://127.0.0.1/page");
    page.service = "iframe";
    const auto joined = join_cameras({}, {webrtc, page}, {});
    REQUIRE(joined.all.size() == 1);
    CHECK_FALSE(joined.all[0].stream);
    CHECK(joined.all[0].snapshot);
    REQUIRE(joined.left_out.size() == 1);
    CHECK(joined.left_out[0].find("\"two\"") != std::string::npos);
}

TEST_CASE("names are made fit for commands, and the list ends where there is no more room")
{
    const auto joined =
        join_cameras({}, {told("a;b*c\n", "/x"), told(std::string(31, 'x') + "\xc3\xbc", "/x")}, {});
    REQUIRE(joined.all.size() == 2);
    CHECK(joined.all[0].name == "a_b_c");
    CHECK(joined.all[1].name == std::string(31, 'x'));
    std::vector<webcam> many;
    for (int i = 0; i < 20; ++i)
        many.push_back(told("c" + std::to_string(i), "/x"));
    const auto full = join_cameras({configured("own")}, many, {});
    CHECK(full.all.size() == max_cameras);
    CHECK(full.left_out.size() == 5);
}

TEST_CASE("the keys of the printer's cameras are checked")
{
    for (const auto* wrong : {"cameras_url = \"http://127.0.0.1/path\"\n", "cameras_url = \"nowhere\"\n",
                              "camera_hosts = [\"192.168.1.1:80\"]\n",
                              "camera_hosts = [\"169.254.169.254\"]\n", "camera_hosts = [\"a b\"]\n"}) {
        INFO(wrong);
        const auto parsed = parse_configuration(std::string("[printer]\n") + wrong);
        CHECK(std::holds_alternative<std::vector<layerline::settings::settings_fault>>(parsed));
    }
}
