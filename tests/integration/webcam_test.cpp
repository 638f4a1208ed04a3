// The printer's cameras through the real relay and agent: one connection for all viewers, its end, odd
// cameras and broken ones.
#include "camera_viewer.hpp"
#include "rig.hpp"
#include "tests/fakes/fake_camera.hpp"
#include "web.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace layerline::tests;
using layerline::fakes::fake_camera;
namespace camera = layerline::camera;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

std::string section(const std::string& name, const std::string& more)
{
    return "[[cameras]]\nname = \"" + name + "\"\n" + more;
}

// Relay and agent, with a fake camera that the agent knows under several names.
struct camera_rig {
    fake_camera camera;
    rig at;

    explicit camera_rig(const std::string& relay_toml = "")
        : at({.agent_toml = "[files]\nreserve_mb = 1\n" + cameras(), .relay_toml = relay_toml})
    {
        at.start_relay();
        at.start_agent();
        at.pair();
    }

    std::string cameras() const
    {
        const auto stream = [&](const std::string& path) {
            return "stream_url = \"" + camera.url(path) + "\"\n";
        };
        const auto snapshot = [&](const std::string& path) {
            return "snapshot_url = \"" + camera.url(path) + "\"\n";
        };
        std::string with_user = stream("/stream?n=1");
        with_user.insert(with_user.find("127"), "me:secret@");
        return section("bed", stream("/stream") + snapshot("/snapshot") + "flip_h = true\nrotation = 180\n") +
               section("nozzle", with_user) + section("still", snapshot("/snapshot")) +
               section("frozen", stream("/frozen")) + section("hangs", stream("/hang") + snapshot("/hang")) +
               section("locked", snapshot("/locked")) + section("moved", snapshot("/moved")) +
               section("packed", snapshot("/gzip")) + section("empty", stream("/empty")) +
               section("off", stream("/stream") + "enabled = false\n");
    }

    camera_viewer viewer(const std::string& query, std::size_t rate = 0) const
    {
        return {at.port_of(at.relay_url()),
                "GET /printers/" + at.agent_id() + "/plugin-api/v1/webcam/stream?" + query +
                    " HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer " + at.relay_token() + "\r\n\r\n",
                rate, [](const camera::frame_part& part) {
                    const auto facts = fake_camera::facts_of(part.bytes);
                    REQUIRE(facts);
                    CHECK(part.type == "image/jpeg");
                    return camera_viewer::sight{facts->number, std::chrono::duration_cast<milliseconds>(
                                                                   steady_clock::now() - facts->made)};
                }};
    }
    web_answer snapshot(const std::string& query) const
    {
        return at.at_relay("GET", "webcam/snapshot?" + query);
    }
    // A figure of the agent's.
    double figure(const std::string& name) const
    {
        web_request asked;
        asked.url = at.agent_metrics();
        const auto all = "\n" + web(asked).body;
        const auto found = all.find("\n" + name + " ");
        REQUIRE(found != std::string::npos);
        return std::stod(all.substr(found + name.size() + 2));
    }
};

} // namespace

TEST_CASE("two viewers share one connection to the camera, which ends some seconds after the last one",
          "[camera]")
{
    camera_rig on;
    {
        auto one = on.viewer("name=bed");
        REQUIRE(one.watch(milliseconds(10'000), 3).size() >= 3);
        CHECK(one.head().find("x-oe-webcam-transform: fliph rotate=180") != std::string::npos);
        auto two = on.viewer("index=0");
        const auto seen = two.watch(milliseconds(10'000), 3);
        REQUIRE(seen.size() >= 3);
        CHECK(seen.front().number >= 3); // of the stream that ran already
        CHECK(on.camera.so_far().streams == 1);
        CHECK(on.figure("layerline_agent_camera_viewers") == 2);
        CHECK(on.figure("layerline_agent_camera_streams") == 1);
        // A snapshot meanwhile is one of the stream's pictures.
        const auto picture = on.snapshot("name=bed");
        REQUIRE(picture.status == 200);
        REQUIRE(fake_camera::facts_of(picture.body));
        CHECK(fake_camera::facts_of(picture.body)->number >= 3);
        CHECK(on.camera.so_far().snapshots == 0);
    }
    const auto left = steady_clock::now();
    REQUIRE(on.camera.becomes([](const auto& all) { return all.streaming == 0; }, seconds(20)));
    CHECK(steady_clock::now() - left > milliseconds(4000));
    CHECK(on.camera.so_far().streams == 1);
    CHECK(on.figure("layerline_agent_camera_streams") == 0);
    // The owner sees who looked, and for how long.
    const auto log = content_of(on.at.path("agent/audit.jsonl"));
    CHECK(log.find(R"("camera.watch")") != std::string::npos);
    CHECK(log.find("begun") != std::string::npos);
    CHECK(log.find("looked for") != std::string::npos);
}

TEST_CASE("a slow viewer sees recent pictures, and one that stood still goes on with the newest", "[camera]")
{
    camera_rig on;
    auto still = on.viewer("name=bed");
    REQUIRE(still.watch(milliseconds(10'000), 3).size() >= 3);
    // 750 KB a second are made, 150 get through.
    auto slow = on.viewer("name=bed", 150'000);
    (void)slow.watch(milliseconds(6000));
    const auto seen = slow.watch(milliseconds(6000));
    REQUIRE(seen.size() > 5);
    milliseconds oldest{0};
    for (const auto& one : seen)
        oldest = std::max(oldest, one.age);
    const auto after = still.watch(milliseconds(3000));
    REQUIRE(after.size() > 10);
    INFO("slow: oldest " << oldest.count() << " ms, " << seen.size() << " of "
                         << seen.back().number - seen.front().number + 1 << "; stood still: " << after.size()
                         << " of " << after.back().number - after.front().number + 1 << ", the last "
                         << after.back().age.count() << " ms old");
    CHECK(oldest < milliseconds(5000));
    CHECK(seen.back().number - seen.front().number > static_cast<int>(seen.size()) * 3);
    CHECK(after.back().age < milliseconds(1500));
    // What was on its way when it stood still, then a leap: most of 12 s of pictures it never gets.
    CHECK(after.back().number - after.front().number > static_cast<int>(after.size()) + 150);
    CHECK(on.camera.so_far().streams == 1);
}

TEST_CASE("a snapshot is the camera's own, mended, and its user and password go to it alone", "[camera]")
{
    camera_rig on;
    auto picture = on.snapshot("name=bed");
    REQUIRE(picture.status == 200);
    CHECK(picture.headers.find("content-type") == std::string_view("image/jpeg"));
    CHECK(fake_camera::facts_of(picture.body)); // whole, though the camera sent no end
    CHECK(on.camera.so_far().snapshots == 1);
    CHECK(on.camera.so_far().streams == 0);
    CHECK(on.camera.last_authorization().empty());
    // A camera with a stream alone gives its first picture; who asks again finds the stream.
    picture = on.snapshot("name=nozzle");
    REQUIRE(picture.status == 200);
    CHECK(fake_camera::facts_of(picture.body)->number == 1);
    CHECK(on.camera.last_authorization() == "Basic bWU6c2VjcmV0");
    CHECK(on.snapshot("name=nozzle").status == 200);
    CHECK(on.camera.so_far().streams == 1);
    const auto list = on.at.at_relay("GET", "webcam/list");
    CHECK(list.body.find("secret") == std::string::npos);
    CHECK(list.body.find("n=1") == std::string::npos);
    CHECK(list.json()["Result"]["Webcams"].size() == 10);
    // A camera with snapshots alone is a stream, too.
    auto still = on.viewer("name=still");
    CHECK(still.watch(milliseconds(10'000), 3).size() == 3);
}

TEST_CASE("what is wrong with a camera is told with its name, never as an unknown command", "[camera]")
{
    camera_rig on;
    const auto refused = [&](const std::string& query, int status, const std::string& words) {
        for (const auto* prefix : {"/plugin-api/v1/", "/octoeverywhere-command-api/"}) {
            web_request asked;
            asked.url = on.at.printer_url() + prefix + "webcam/snapshot?" + query;
            asked.token = on.at.relay_token();
            const auto got = web(asked);
            INFO(query << ": " << got.status << " " << got.body);
            CHECK(got.status == static_cast<unsigned>(status));
            CHECK(got.code() == status);
            CHECK(got.json().value("Error", "").find(words) != std::string::npos);
        }
    };
    refused("name=roof", 404, "\"roof\"");
    refused("index=10", 404, "camera 10");
    refused("name=off", 404, "\"off\" is switched off");
    refused("name=locked", 502, "\"locked\" answered HTTP 401");
    refused("name=moved", 502, "\"moved\" answered HTTP 302");
    refused("name=packed", 502, "\"packed\" sent its pictures encoded");
    CHECK(on.camera.so_far().snapshots == 0); // nobody followed the redirect

    const auto asked = steady_clock::now();
    const auto got = on.at.at_relay("GET", "webcam/stream?name=hangs");
    CHECK(got.status == 504);
    CHECK(got.code() == 504);
    CHECK(got.json()["Error"] == "The camera \"hangs\" sent no picture within 8 s.");
    CHECK(steady_clock::now() - asked < milliseconds(14'000));

    auto frozen = on.viewer("name=frozen");
    REQUIRE(frozen.watch(milliseconds(10'000), 1).size() == 1);
    CHECK(frozen.sees_end(seconds(15)));
}

TEST_CASE("viewers of a camera that dies see the end, and whoever asks then hears why", "[camera]")
{
    camera_rig on;
    auto one = on.viewer("name=bed");
    REQUIRE(one.watch(milliseconds(10'000), 2).size() >= 2);
    const auto port = on.camera.port();
    on.camera.die();
    CHECK(one.sees_end(seconds(15)));
    for (const auto* command : {"webcam/stream?name=bed", "webcam/snapshot?name=bed"}) {
        const auto got = on.at.at_relay("GET", command);
        CHECK(got.status == 502);
        CHECK(got.json()["Error"].get<std::string>().find("The camera \"bed\" cannot be reached") == 0);
        CHECK(got.json()["Cause"]["Code"] == "camera_away");
        CHECK(got.json()["Cause"]["Hop"] == "camera");
    }
    fake_camera again(port);
    auto two = on.viewer("name=bed");
    CHECK(two.watch(milliseconds(10'000), 2).size() >= 2);
}

TEST_CASE("the default camera is kept while the agent is away", "[camera]")
{
    camera_rig on;
    const auto index = [&] { return on.at.at_relay("GET", "webcam/list").json()["Result"]["DefaultIndex"]; };
    CHECK(index() == 0);
    REQUIRE(on.at.at_relay("POST", "set-default-webcam", R"({"Name":"nozzle"})").code() == 200);
    CHECK(index() == 1);
    on.at.agent->stop();
    on.at.start_agent();
    on.at.wait_for_tunnel();
    CHECK(index() == 1);
    auto one = on.viewer("");
    REQUIRE(one.watch(milliseconds(10'000), 1).size() == 1);
    CHECK(on.camera.last_authorization() == "Basic bWU6c2VjcmV0");
}

TEST_CASE("a token looks at so many streams of a printer at once, and hears 609 past that", "[camera]")
{
    camera_rig on("[limits]\nrequests_per_minute = 100000\ncamera_streams_per_token = 2\n");
    auto one = on.viewer("name=bed");
    REQUIRE(one.watch(milliseconds(10'000), 1).size() == 1);
    {
        auto two = on.viewer("name=nozzle");
        REQUIRE(two.watch(milliseconds(10'000), 1).size() == 1);
        const auto third = on.at.at_relay("GET", "webcam/stream?name=bed");
        CHECK(third.status == 609);
        CHECK(third.headers.find("retry-after"));
        CHECK(on.snapshot("name=bed").status == 200); // snapshots are not counted
    }
    // The view that ended counts no more, as soon as the relay has seen it go.
    REQUIRE(on.camera.becomes([](const auto& all) { return all.streaming == 1; }, seconds(20)));
    auto again = on.viewer("name=bed");
    CHECK(again.watch(milliseconds(10'000), 1).size() == 1);
}
