// The cameras in the Plugin API: which one is meant, how pictures are sent, what a failure looks like.
#include "commands/webcam_result.hpp"
#include "tests/commands/api_desk.hpp"
#include "tests/fakes/memory_camera_store.hpp"

using namespace layerline::commands;
namespace fakes = layerline::fakes;
namespace transport = layerline::transport;
using layerline::printer::phase;

namespace {

struct camera_desk : api_desk {
    fakes::memory_camera_store cameras;
    camera_desk()
    {
        api = make_plugin_api(printer, files, {"agent-1", "0.1.0"}, {&cameras});
        auto& bed = cameras.add("bed");
        bed.flip_v = true;
        bed.rotation = 90;
        cameras.add("nozzle").snapshot_url.clear();
        cameras.add("door").enabled = false;
    }
    std::string camera_asked() { return cameras.asked.empty() ? "" : cameras.asked.back(); }
};

} // namespace

TEST_CASE("the cameras are listed with what is told of them, under both names")
{
    camera_desk desk;
    for (const auto* name : {"webcam/list", "list-webcam"}) {
        const auto got = desk.call("GET", name);
        REQUIRE(got->status() == 200);
        const auto& result = got->body["Result"];
        CHECK(result["DefaultIndex"] == 0);
        REQUIRE(result["Webcams"].size() == 3);
        CHECK(result["Webcams"][0] == json{{"Name", "bed"},
                                           {"FlipH", false},
                                           {"FlipV", true},
                                           {"Rotation", 90},
                                           {"Enabled", true},
                                           {"SnapshotUrl", "http://127.0.0.1:8080/snapshot"},
                                           {"StreamUrl", "http://127.0.0.1:8080/stream"}});
        CHECK(result["Webcams"][1]["SnapshotUrl"].is_null());
        CHECK(result["Webcams"][2]["Enabled"] == false);
    }
}

TEST_CASE("status tells the cameras without their addresses, and tells changes at once")
{
    camera_desk desk;
    const auto told = [&] { return desk.call("GET", "status")->body["Result"]["ListWebcams"]; };
    CHECK(told()["Webcams"].size() == 3);
    for (const auto* beside :
         {"JobStatus", "Layerline", "Features"}) // the rest of the status is there as ever
        CHECK(desk.call("GET", "status")->body["Result"].contains(beside));
    CHECK_FALSE(told()["Webcams"][0].contains("SnapshotUrl"));
    CHECK(told()["DefaultIndex"] == 0);
    REQUIRE(desk.call("POST", "set-default-webcam", "", R"({"Name":"nozzle"})")->status() == 200);
    CHECK(told()["DefaultIndex"] == 1);
    desk.printer.become(in_phase(phase::offline));
    const auto away = desk.call("GET", "status");
    CHECK(away->status() == 785); // the printer is away; its cameras are not
    CHECK(away->body["Result"]["ListWebcams"]["Webcams"].size() == 3);
}

TEST_CASE("a snapshot is the picture itself, with how it is to be turned")
{
    camera_desk desk;
    auto got = desk.call("GET", "webcam/snapshot");
    CHECK(got->http() == 200);
    CHECK(got->call.sent == desk.cameras.picture);
    CHECK(got->call.header("content-type") == "image/jpeg");
    CHECK(got->call.header("content-length") == std::to_string(desk.cameras.picture.size()));
    CHECK(got->call.header("cache-control") == "no-store");
    CHECK(got->call.header("x-oe-webcam-transform") == "flipv rotate=90");
    CHECK(json::parse(got->call.header("x-layerline-camera-transform")) ==
          json{{"FlipH", false}, {"FlipV", true}, {"Rotation", 90}});
    CHECK(got->call.finished);
    got = desk.call("GET", "webcam/snapshot", "index=1");
    CHECK(got->call.header("x-oe-webcam-transform") == "none");
    CHECK(desk.camera_asked() == "nozzle");
    got = desk.call("HEAD", "webcam/snapshot");
    CHECK(got->http() == 200);
    CHECK(got->call.sent.empty());
}

TEST_CASE("a camera is meant by its index or its name, in both dialects")
{
    camera_desk desk;
    for (const auto how : {dialect::exact, dialect::seed}) {
        desk.how = how;
        (void)desk.call("GET", "webcam/snapshot", "Index=1");
        CHECK(desk.camera_asked() == "nozzle");
        (void)desk.call("GET", "webcam/snapshot", "name=bed");
        CHECK(desk.camera_asked() == "bed");
        (void)desk.call("GET", "webcam/stream", "index=1&name=nozzle");
        CHECK(desk.camera_asked() == "nozzle");
        CHECK(desk.call("GET", "webcam/stream", "index=0&name=nozzle")->http() == 400);
        CHECK(desk.call("GET", "webcam/stream", "index=first")->http() == 400);
    }
}

TEST_CASE("no such camera is 404 and says what there is, never an unknown command")
{
    camera_desk desk;
    const auto refused = [&](const std::string& query) {
        const auto got = desk.call("GET", "webcam/snapshot", query);
        CHECK(got->http() == 404);
        CHECK(got->status() == 404);
        return got->error();
    };
    CHECK(refused("index=3") == "There is no camera 3: this printer has 3, counted from 0.");
    CHECK(refused("index=-1").find("There is no camera -1") == 0);
    CHECK(refused("name=roof") == "There is no camera \"roof\"; there is \"bed\", \"nozzle\", \"door\".");
    CHECK(refused("index=2") == "The camera \"door\" is switched off.");
    desk.cameras.cameras.clear();
    CHECK(refused("") == "This printer has no camera.");
    CHECK(desk.cameras.asked.empty());
    api_desk none; // an agent without any
    CHECK(none.call("GET", "webcam/stream")->http() == 404);
    CHECK(none.call("GET", "webcam/list")->body["Result"]["Webcams"].empty());
}

TEST_CASE("a camera that fails is HTTP's own code with the envelope, its name and why")
{
    camera_desk desk;
    for (const int status : {502, 503, 504}) {
        auto why = fail(status, "The camera \"bed\" cannot be reached.");
        why.at = hop::camera;
        desk.cameras.fault = why;
        for (const auto* command : {"webcam/snapshot", "webcam/stream"}) {
            const auto got = desk.call("GET", command);
            CHECK(got->http() == static_cast<unsigned>(status));
            CHECK(got->status() == status);
            CHECK(got->error() == "The camera \"bed\" cannot be reached.");
            CHECK(got->body["Cause"]["Hop"] == "camera");
        }
    }
}

TEST_CASE("a stream is sent as it comes, and is not finished when the camera breaks it off")
{
    camera_desk desk;
    desk.cameras.content = std::make_shared<fakes::scripted_body>(std::deque<std::string>{"one", "two"});
    auto got = desk.call("GET", "webcam/stream", "index=0");
    CHECK(got->http() == 200);
    CHECK(got->call.header("content-type") == "multipart/x-mixed-replace; boundary=b");
    CHECK(got->call.header("x-oe-webcam-transform") == "flipv rotate=90");
    CHECK(got->call.header("x-layerline-priority") == "bulk");
    CHECK(got->call.sent == "onetwo");
    CHECK(got->call.finished);
    desk.cameras.content = std::make_shared<fakes::scripted_body>(std::deque<std::string>{"one"}, true);
    got = desk.call("GET", "webcam/stream");
    CHECK(got->call.sent == "one");
    CHECK_FALSE(got->call.finished);
}

TEST_CASE("the default camera is chosen by name and used where none is meant")
{
    camera_desk desk;
    const auto got = desk.call("POST", "set-default-webcam", "", R"({"Name":"nozzle"})");
    REQUIRE(got->status() == 200);
    CHECK(got->body["Result"]["DefaultIndex"] == 1);
    (void)desk.call("GET", "webcam/snapshot");
    CHECK(desk.camera_asked() == "nozzle");
    CHECK(desk.call("POST", "set-default-webcam", "", R"({"Name":"roof"})")->status() == 404);
    CHECK(desk.call("POST", "set-default-webcam")->status() == 400);
    CHECK(desk.cameras.chosen == "nozzle");
    desk.who.scopes = {layerline::access::scope::view};
    CHECK(desk.call("POST", "set-default-webcam", "", R"({"Name":"bed"})")->status() == 403);
}

TEST_CASE("cameras are added as a whole list, and told as they were given")
{
    camera_desk desk;
    desk.who.scopes = {layerline::access::scope::admin};
    const json item = {{"Name", "roof"},      {"FlipH", true},
                       {"FlipV", false},      {"Rotation", 270},
                       {"Enabled", false},    {"SnapshotUrl", "http://127.0.0.1:8080/?action=snapshot"},
                       {"StreamUrl", nullptr}};
    const auto set = [&](const json& list) {
        return desk.call("POST", "set-local-plugin-webcam-items", "",
                         json{{"LocalPluginWebcams", list}}.dump());
    };
    CHECK(set(json::array({item}))->body["Result"] == json::object());
    const auto told = desk.call("GET", "get-local-plugin-webcam-items");
    CHECK(told->body["Result"]["LocalPluginWebcams"] == json::array({item}));
    REQUIRE(desk.cameras.added_cameras.size() == 1);
    CHECK(desk.cameras.added_cameras[0].rotation == 270);

    const auto refused = [&](const json& list) {
        const auto got = set(list);
        CHECK(got->status() == 400);
        CHECK(desk.cameras.added_cameras.size() == 1);
        return got->body["Error"].get<std::string>();
    };
    for (const auto& [field, value] : item.items()) {
        auto without = item;
        without.erase(field);
        CHECK(refused(json::array({item, without})).find("LocalPluginWebcams[1] needs " + field) == 0);
        auto odd = item;
        odd[field] = json::array();
        CHECK(refused(json::array({odd})).find("LocalPluginWebcams[0]." + field + " must be ") == 0);
    }
    auto askew = item;
    askew["Rotation"] = 45;
    CHECK(refused(json::array({askew})) == "LocalPluginWebcams[0].Rotation must be 0, 90, 180 or 270.");
    auto blind = item;
    blind["SnapshotUrl"] = "";
    CHECK(refused(json::array({blind})) == "LocalPluginWebcams[0] needs a SnapshotUrl or a StreamUrl.");
    CHECK(refused(json::array({7})) == "LocalPluginWebcams[0] must be an object.");
    CHECK(refused(json(std::vector<json>(17, item))).find("may have 16 cameras, and has 17") !=
          std::string::npos);
    desk.who.scopes = {layerline::access::scope::control};
    CHECK(set(json::array())->status() == 403);
    CHECK(desk.call("GET", "get-local-plugin-webcam-items")->status() == 403);
}

TEST_CASE("the default is never a camera that is switched off or gone, while there is another")
{
    fakes::memory_camera_store cameras;
    cameras.add("a").enabled = false;
    cameras.add("b");
    CHECK(default_index(cameras.cameras, "a") == 1);
    CHECK(default_index(cameras.cameras, "gone") == 1);
    cameras.cameras[1].enabled = false;
    CHECK(default_index(cameras.cameras, "b") == 0);
    CHECK(default_index({}, "b") == 0);
}

TEST_CASE("what is to be done with a picture is said in words, flips before the turn")
{
    camera_facts camera;
    CHECK(transform_words(camera) == "none");
    camera.flip_h = camera.flip_v = true;
    camera.rotation = 270;
    CHECK(transform_words(camera) == "fliph flipv rotate=270");
}
