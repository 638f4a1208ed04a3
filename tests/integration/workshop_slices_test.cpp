// The Slice API through the real service: every code with its cause, SVG mode, buckets, cancelling.
#include "small_disk.hpp"
#include "workshop_rig.hpp"

#include "tests/workshop/shapes.hpp"
#include "tests/workshop/slice_samples.hpp"
#include "workshop/models/stl.hpp"
#include "workshop/models/zip_archive.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <fstream>
#include <regex>
#include <utility>

#include <unistd.h>

using namespace layerline::tests;
using nlohmann::json;
namespace workshop = layerline::workshop;

namespace {

std::string box_stl()
{
    return workshop::binary_stl(workshop::shapes::box(20, 20, 10));
}

// A request for that upload, of the mode.
json request_for(const std::string& file, const std::string& mode = "svg")
{
    auto data = good_slice_data();
    data["mode"] = mode;
    data["responseId"] = "r1";
    data["model"][0]["hash"] = file;
    return data;
}

web_answer post(const workshop_rig& at, const json& data)
{
    return at.ask("POST", "/slices/v1", slice_text(data), "application/json");
}

std::string begun(const workshop_rig& at, const json& data)
{
    const auto answer = post(at, data);
    INFO(answer.body);
    REQUIRE(answer.status == 202);
    REQUIRE(answer.json()["responseId"] == "r1");
    return answer.json()["id"];
}

// Once it is over; the events tell, up to the last.
json over(const workshop_rig& at, const std::string& id)
{
    const auto events = at.ask("GET", "/slices/v1/" + id + "/events");
    REQUIRE(events.status == 200);
    double progress = 0;
    json last;
    for (std::size_t from = events.body.find("data: "); from != std::string::npos;
         from = events.body.find("data: ", from + 1)) {
        last = json::parse(events.body.substr(from + 6, events.body.find('\n', from) - from - 6));
        if (last["state"] != "running") continue;
        CHECK(last["progress"].get<double>() >= progress); // never goes back
        progress = last["progress"];
    }
    REQUIRE(last.is_object());
    return last;
}

json sliced(const workshop_rig& at, const json& data)
{
    const auto told = over(at, begun(at, data));
    INFO(told.dump(2));
    REQUIRE(told["state"] == "succeeded");
    return told;
}

int refused_with(const workshop_rig& at, const json& data)
{
    const auto answer = post(at, data);
    if (answer.status == 202) {
        const auto told = over(at, answer.json()["id"]);
        CHECK(told["state"] == "failed");
        CHECK(told["data"]["responseId"] == "r1");
        CHECK_FALSE(told["data"]["steps"].empty());
        return told["status"];
    }
    INFO(answer.body);
    CHECK(answer.status == 400);
    CHECK(answer.json()["data"]["steps"].size() == 1);
    return answer.json().value("status", 0);
}

// What the last step of a failed slice says.
int last_code(const json& told)
{
    return told["data"]["steps"].back()["code"];
}

} // namespace

TEST_CASE("a model becomes drawings: one closed path a layer, in an archive and one by one", "[slice]")
{
    const workshop_rig at;
    auto data = request_for(at.upload(box_stl()));
    data["layers"]["layerHeight"] = 400;
    const auto told = sliced(at, data);
    CHECK(told["status"] == 200);
    CHECK(told["data"]["mode"] == "svg");
    CHECK(told["data"]["version"] == "1.0.6");
    CHECK(told["data"]["layers"] == 25);
    const std::string id = told["id"];

    const auto result = at.ask("GET", "/slices/v1/" + id + "/result");
    REQUIRE(result.status == 200);
    auto archive = workshop::zip_archive::open(result.body);
    REQUIRE(archive.has_value());
    CHECK(archive->has("layer_00001.svg"));
    CHECK(archive->has("layer_00025.svg"));
    CHECK_FALSE(archive->has("layer_00026.svg"));

    CHECK(at.ask("GET", "/slices/v1/" + id + "/layers").json()["layers"] == 25);
    const auto layer = at.ask("GET", "/slices/v1/" + id + "/layers/7");
    REQUIRE(layer.status == 200);
    CHECK(layer.headers.find("content-type") == "image/svg+xml");
    CHECK(layer.body.find("<title>z 2.6 mm</title>") != std::string::npos);
    // The box stands in the middle of a bed of 200 mm.
    for (const char* corner : {"90 90", "110 90", "110 110", "90 110"})
        CHECK(layer.body.find(corner) != std::string::npos);
    CHECK(at.ask("GET", "/slices/v1/" + id + "/layers/26").status == 404);

    const auto log = at.ask("GET", "/slices/v1/" + id + "/log").json();
    CHECK(log["status"] == 200);
    std::vector<std::string> names;
    for (const auto& step : log["data"]["steps"]) {
        names.push_back(step["stepName"]);
        CHECK(step["success"] == true);
    }
    CHECK(names == std::vector<std::string>{"Look for an earlier result", "Loading volumes",
                                            "Transforming input volumes", "Create Regions", "Create Slices"});
}

TEST_CASE("the same models and settings give the same result at once, other settings another", "[slice]")
{
    const workshop_rig at;
    const auto data = request_for(at.upload(box_stl()));
    const auto first = sliced(at, data);
    // The same bytes under another name.
    auto again = data;
    again["model"][0]["hash"] = at.upload(box_stl());
    const auto second = sliced(at, again);
    CHECK(second["data"]["hash"] == first["data"]["hash"]);
    CHECK(second["data"]["steps"].size() == 1);
    CHECK(at.ask("GET", "/slices/v1/" + second["id"].get<std::string>() + "/result").body ==
          at.ask("GET", "/slices/v1/" + first["id"].get<std::string>() + "/result").body);
    again["layers"]["layerHeight"] = 300;
    CHECK(sliced(at, again)["data"]["hash"] != first["data"]["hash"]);
}

TEST_CASE("what a request lacks has its code, in the order of the reference", "[slice]")
{
    const workshop_rig at;
    const auto good = request_for(at.upload(box_stl()));
    CHECK(at.ask("POST", "/slices/v1", "[1]", "application/json").json()["status"] == 499);
    CHECK(at.ask("POST", "/slices/v1", R"({"type":"melt","data":{}})", "application/json").json()["status"] ==
          401);
    auto odd = good;
    odd["colour"] = "red";
    CHECK(refused_with(at, odd) == 402);
    constexpr std::array<std::pair<const char*, int>, 17> needed{{{"model", 403},
                                                                  {"regionSettings", 404},
                                                                  {"extruders", 405},
                                                                  {"fan", 406},
                                                                  {"bed", 407},
                                                                  {"raft", 408},
                                                                  {"infill", 409},
                                                                  {"support", 410},
                                                                  {"skirt", 411},
                                                                  {"movement", 412},
                                                                  {"bottom", 413},
                                                                  {"top", 414},
                                                                  {"retraction", 415},
                                                                  {"layers", 417},
                                                                  {"gcode", 418},
                                                                  {"version", 419},
                                                                  {"multiExtrusion", 416}}};
    for (const auto& [section, code] : needed) {
        auto data = good;
        data.erase(section);
        if (std::string(section) == "multiExtrusion") data["extruders"].push_back(json::object());
        INFO(section);
        CHECK(refused_with(at, data) == code);
    }
    for (const auto& [version, code] :
         {std::pair("0.9.0", 420), std::pair("two", 421), std::pair("9.0.0", 421)}) {
        auto data = good;
        data["version"] = version;
        CHECK(refused_with(at, data) == code);
    }
    auto low = good;
    low["layers"]["layerHeight"] = -5;
    const auto answer = post(at, low);
    CHECK(answer.status == 400);
    CHECK(answer.json()["status"] == 400);
    CHECK(answer.json()["data"]["responseId"] == "r1"); // by which clients know their request
    CHECK(answer.json()["data"]["field"] == "layers.layerHeight");
    CHECK(answer.json()["data"]["msg"].get<std::string>().starts_with("layers.layerHeight: "));
    CHECK(last_code(answer.json()) == -2);
}

TEST_CASE("models, extruders and buckets that are not there, and nozzles that cannot, have their codes",
          "[slice]")
{
    const workshop_rig at;
    const auto good = request_for(at.upload(box_stl()));
    auto data = good;
    data["model"][0]["hash"] = "f-aaaaaaaaaaaaaaaaaaaaaaaaaa";
    const auto answer = post(at, data);
    CHECK(answer.json()["status"] == 601);
    CHECK(last_code(answer.json()) == -3);
    const auto refused = [&](const json& wrong, int status, int step) {
        const auto told = post(at, wrong).json();
        INFO(told.dump(1));
        CHECK(told["status"] == status);
        CHECK(last_code(told) == step);
        CHECK(told["data"]["steps"].back()["success"] == false);
    };
    data = good;
    data["model"][0]["bucketIn"] = "nowhere";
    refused(data, 601, -3);
    data = good;
    data["model"][0]["extruder"] = 1;
    refused(data, 603, -5);
    data = good;
    data["bucketOut"] = "nowhere";
    refused(data, 604, -6);
    data = good;
    data["layers"]["layerHeight"] = 500;
    data["extruders"][0]["nozzleSize"] = 250;
    refused(data, 605, -8);
    data = good;
    data["model"][0]["hash"] = at.upload("solid but no model");
    CHECK(refused_with(at, data) == 601);
}

TEST_CASE("what does not fit the bed is 602, by the model or by what is around it", "[slice]")
{
    const workshop_rig at;
    auto data = request_for(at.upload(box_stl()));
    data["bed"] = {{"xLength", 19000}};
    const auto large = over(at, begun(at, data));
    CHECK(large["status"] == 602);
    CHECK(last_code(large) == -4);
    CHECK(large["data"]["steps"].back()["stepName"] == "Transforming input volumes");
    data["bed"] = {{"xLength", 21000}};
    const auto around = over(at, begun(at, data));
    CHECK(around["status"] == 602);
    CHECK(last_code(around) == -11);
}

TEST_CASE("a region that lies wholly inside the bottom is 510, inside the top 511", "[slice]")
{
    const workshop_rig at;
    auto data = request_for(at.upload(box_stl()));
    data["model"][0]["settings"] = 1;
    data["regionSettings"] = json::array({{{"id", 1}, {"startHeight", 0}, {"endHeight", 400}}});
    CHECK(refused_with(at, data) == 510);
    data["regionSettings"] = json::array({{{"id", 1}, {"startHeight", 9700}, {"endHeight", 9900}}});
    CHECK(refused_with(at, data) == 511);
}

TEST_CASE("a bucket gives models and takes results; what stands in the way is 501", "[slice]")
{
    const temp_folder buckets;
    const auto in = buckets.path() / "in", out = buckets.path() / "out";
    std::filesystem::create_directories(in);
    std::filesystem::create_directories(out);
    std::ofstream(in / "box.stl", std::ios::binary) << box_stl();
    std::ofstream(buckets.path() / "secret.stl", std::ios::binary) << box_stl();
    const workshop_rig at("[buckets]\nin = \"" + in.string() + "\"\nout = \"" + out.string() + "\"\n");
    auto data = request_for("box.stl");
    data["model"][0]["bucketIn"] = "in";
    data["bucketOut"] = "out";
    const auto told = sliced(at, data);
    const std::string hash = told["data"]["hash"];
    CHECK(std::filesystem::exists(out / hash / "layer_00001.svg"));
    CHECK(at.ask("GET", "/slices/v1/" + told["id"].get<std::string>() + "/result").status == 404);
    for (const char* name : {"../secret.stl", "/etc/passwd", "..", "", ".hidden"}) {
        auto bad = data;
        bad["model"][0]["hash"] = name;
        INFO(name);
        CHECK(refused_with(at, bad) == 601);
    }
    std::filesystem::remove_all(out / hash);
    std::ofstream(out / hash) << "a file";
    const auto blocked = over(at, begun(at, data));
    CHECK(blocked["status"] == 501);
    CHECK(last_code(blocked) == -7);
}

TEST_CASE("a bucket's disk that is full is 502, and leaves nothing half done", "[slice]")
{
    const temp_folder buckets;
    const auto out = buckets.path() / "out";
    std::filesystem::create_directories(out);
    const small_disk disk(out, ::geteuid());
    if (!disk.there()) {
        WARN("no rights to mount a small disk: not tested here");
        return;
    }
    const workshop_rig at("[buckets]\nout = \"" + out.string() + "\"\n");
    disk.fill();
    auto data = request_for(at.upload(workshop::binary_stl(workshop::shapes::sphere(15, 5))));
    data["bucketOut"] = "out";
    const auto told = over(at, begun(at, data));
    CHECK(told["status"] == 502);
    CHECK(last_code(told) == -2);
    for (const auto& left : std::filesystem::directory_iterator(out))
        CHECK(left.path().filename().string().find(told["data"].value("hash", "arriving")) ==
              std::string::npos);
    disk.make_room();
    data["responseId"] = "r1";
    CHECK(over(at, begun(at, data))["status"] == 200);
}

TEST_CASE("a slice is its owner's alone, can be cancelled, and its result not asked for too early", "[slice]")
{
    workshop_rig at("[jobs]\nat_once = 1\n");
    const auto large = at.upload(workshop::binary_stl(workshop::shapes::sphere(60, 8)));
    auto data = request_for(large);
    data["layers"]["layerHeight"] = 10;
    const auto id = begun(at, data);
    CHECK(at.ask("GET", "/slices/v1/" + id + "/result").status == 409);
    CHECK(at.ask("GET", "/slices/v1/" + id + "/log").status == 409);
    (void)at.wait_for_child();
    const auto cancelled = at.ask("DELETE", "/slices/v1/" + id);
    CHECK(cancelled.json()["state"] == "cancelled");
    CHECK(over(at, id)["state"] == "cancelled");
    at.token = at.make_token("files");
    CHECK(at.ask("GET", "/slices/v1/" + id).status == 404);
    CHECK(at.ask("GET", "/slices/v1/s-aaaaaaaaaaaaaaaaaaaaaaaaaa").status == 404);
    CHECK(at.ask("PUT", "/slices/v1/" + id).status == 405);
    CHECK(at.ask("GET", "/slices/v2/" + id).status == 404);
    web_request stranger;
    stranger.url = at.url + "/slices/v1/" + id;
    CHECK(web(stranger).status == 401);
    CHECK(at.ask("GET", "/slices/v1/reference").json()["version"] == "1.0.6");
}
