#include "commands/model_print.hpp"

#include "commands/printer_limits.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace layerline::commands;
using layerline::printer::link_capabilities;
using nlohmann::json;

namespace {

constexpr const char* request = R"({"type":"slice","data":{"bed":{"temperature":60},"extruders":[
    {"temperature":205,"firstLayersTemperature":215}]}})";
constexpr const char* begun = R"({"id":"s-1","state":"queued"})";
constexpr const char* done = R"({"id":"s-1","state":"succeeded","status":200,
    "data":{"steps":[{"stepName":"Loading volumes","message":"2 holes were closed."},{"stepName":"x"}]}})";

model_wish wish()
{
    model_wish all;
    all.file_id = "f-1";
    all.printer = "ender-3";
    all.material = "pla";
    all.quality = "0.2";
    all.path = "gcode/box.gcode";
    return all;
}

json bed_of_220()
{
    return json::parse(R"({"bed":{"xLength":220000,"yLength":220000,"zLength":250000}})");
}

model_print slicing()
{
    model_print one("p-1", wish());
    REQUIRE(one.request_made(200, request, {}));
    REQUIRE(one.slice_begun(202, begun));
    return one;
}

model_print sending()
{
    auto one = slicing();
    REQUIRE(one.slice_told(200, done));
    REQUIRE(one.stage() == print_stage::sending);
    return one;
}

} // namespace

TEST_CASE("a print from a model asks for the profiles, the model and the settings that were wished")
{
    auto all = wish();
    all.settings = R"({"infill":{"amount":40}})";
    const auto asked = json::parse(model_print("p-1", all).profile_request());
    CHECK(asked == json::parse(R"({"printer":"ender-3","material":"pla","quality":"0.2","mode":"gcode",
        "responseId":"p-1","model":[{"hash":"f-1"}],"settings":{"infill":{"amount":40}}})"));
}

TEST_CASE("a print from a model goes from stage to stage, with progress that never goes back in one")
{
    auto one = slicing();
    CHECK(one.told()["Stage"] == "slicing");
    CHECK_FALSE(one.slice_told(200, R"({"state":"running","progress":0.5})"));
    CHECK_FALSE(one.slice_told(200, R"({"state":"running","progress":0.25})"));
    CHECK(one.told()["Progress"] == 0.5);
    CHECK_FALSE(one.slice_told(200, R"({"state":"running","progress":1e300})"));
    CHECK(one.told()["Progress"] == 1.0);
    CHECK(one.slice_told(200, done));
    CHECK(one.told()["Notes"] == json::parse(R"(["Loading volumes: 2 holes were closed."])"));
    REQUIRE(one.result_opened(200, 200, 1000));
    one.sending(50);
    CHECK(one.told()["Progress"] == 0.25);
    CHECK(one.stored());
    CHECK(one.stage() == print_stage::starting);
    one.started("j-1");
    CHECK(one.over());
    CHECK(one.told()["JobId"] == "j-1");
    CHECK(one.told()["Stage"] == "started");
    CHECK(one.told()["Error"].is_null());
}

TEST_CASE("without a start it is over once the file is there")
{
    auto all = wish();
    all.start = false;
    model_print one("p-1", all);
    REQUIRE(one.request_made(200, request, {}));
    REQUIRE(one.slice_begun(202, begun));
    REQUIRE(one.slice_told(200, done));
    CHECK_FALSE(one.stored());
    CHECK(one.stage() == print_stage::sent);
}

TEST_CASE("temperatures above the printer's limits are lowered to them, which is noted")
{
    link_capabilities can;
    can.max_tool_c = 210.5;
    can.max_bed_c = 50;
    model_print one("p-1", wish());
    const auto made = one.request_made(200, request, can);
    REQUIRE(made);
    const auto data = json::parse(*made)["data"];
    CHECK(data["bed"]["temperature"] == 50);
    CHECK(data["extruders"][0]["temperature"] == 205);
    CHECK(data["extruders"][0]["firstLayersTemperature"] == 210);
    CHECK(one.told()["Notes"].size() == 2);
}

TEST_CASE("a refusal of the workshop ends it with its status and its words")
{
    auto one = slicing();
    CHECK(one.slice_told(200, R"({"state":"failed","status":602,"data":{"msg":"The model is too large."}})"));
    CHECK(one.stage() == print_stage::failed);
    CHECK(one.told()["Error"]["Status"] == 602);
    CHECK(one.told()["Error"]["Text"] == "The model was not sliced: The model is too large.");
    CHECK_FALSE(one.result_opened(200, 1, 2));
    CHECK_FALSE(one.stored());

    for (const char* odd : {"", "[]", "null", "{", R"({"data":7})", R"({"data":{"msg":5},"status":"x"})"}) {
        CAPTURE(odd);
        model_print first("p-1", wish());
        CHECK_FALSE(first.request_made(400, odd, {}));
        CHECK(first.fault()->status == 400);
        model_print second("p-1", wish());
        CHECK_FALSE(second.slice_begun(202, odd));
        auto third = slicing();
        CHECK(third.slice_told(200, odd));
        CHECK(third.stage() == print_stage::failed);
    }
}

TEST_CASE("an id that would be another address is not taken")
{
    for (const char* id : {"", "../files", "a/b", "a?b", "a b"}) {
        model_print one("p-1", wish());
        json answer;
        answer["id"] = id;
        CHECK_FALSE(one.slice_begun(202, answer.dump()));
        CHECK(one.slice().empty());
    }
}

TEST_CASE("G-code that the printer's store does not take is not sent")
{
    auto one = sending();
    CHECK_FALSE(one.result_opened(200, 1001, 1000));
    CHECK(one.fault()->status == 413);
    auto gone = sending();
    CHECK_FALSE(gone.result_opened(404, 10, 1000));
    CHECK(gone.fault()->status == 404);
}

TEST_CASE("it is cancelled at any stage before the start, and not after")
{
    model_print fresh("p-1", wish());
    CHECK_FALSE(fresh.cancel());
    CHECK_FALSE(fresh.cancel()); // once more does no harm
    CHECK_FALSE(fresh.request_made(200, request, {}));
    CHECK_FALSE(fresh.slice_begun(202, begun));
    CHECK(fresh.slice() == "s-1"); // to be deleted
    CHECK(fresh.stage() == print_stage::cancelled);

    auto one = sending();
    CHECK_FALSE(one.cancel());
    CHECK_FALSE(one.stored());
    CHECK(one.stage() == print_stage::cancelled);

    auto begins = sending();
    REQUIRE(begins.stored());
    CHECK(begins.cancel());
    begins.started("j-1");
    CHECK_THAT(*begins.cancel(), Catch::Contains("use cancel"));
    CHECK(begins.stage() == print_stage::started);
}

TEST_CASE("the bed is no larger than the head goes, and nothing is made larger")
{
    link_capabilities can;
    can.travel = layerline::printer::travel_area{-5, 200.5, 0, 300, 150};
    model_print one("p-1", wish());
    const auto asked = one.request_made(
        200, R"({"data":{"bed":{"xLength":220000,"yLength":220000,"zLength":250000}}})", can);
    REQUIRE(asked);
    const auto bed = json::parse(*asked)["data"]["bed"];
    CHECK(bed["xLength"] == 200500);
    CHECK(bed["yLength"] == 220000);
    CHECK(bed["zLength"] == 150000);
    const auto notes = one.told()["Notes"];
    REQUIRE(notes.size() == 2);
    CHECK(notes[1] == "The bed is taken to end at 150 mm in Z instead of 250: the printer goes no farther.");
    // A machine whose origin is in the middle of its bed tells nothing of use.
    can.travel = layerline::printer::travel_area{-100, 0, -100, 0, 0};
    auto data = bed_of_220();
    CHECK(keep_within(data, can).empty());
}

TEST_CASE("a print from a model comes back from its record as it was, at every stage")
{
    const auto again = [](const model_print& one) {
        auto read = model_print::from_record(json::parse(one.record().dump()));
        REQUIRE(read);
        CHECK(read->told() == one.told());
        CHECK(read->record() == one.record());
        return *read;
    };
    (void)again(model_print("p-1", wish()));
    (void)again(slicing());
    auto one = again(sending());
    CHECK(one.slice() == "s-1");
    one.carried_anew();
    CHECK_FALSE(one.stored()); // not to be started
    CHECK(one.stage() == print_stage::sent);
    auto begins = sending();
    REQUIRE(begins.stored());
    begins = again(begins);
    begins.carried_anew(); // the printer may have begun: nobody knows
    CHECK(begins.stage() == print_stage::starting);
    auto failed = sending();
    failed.fail(503, "why");
    (void)again(failed);
    auto cancelled = slicing();
    REQUIRE_FALSE(cancelled.cancel());
    (void)again(cancelled);
}

TEST_CASE("notes are bounded in number and length")
{
    json told{{"state", "succeeded"}};
    for (int i = 0; i < 1000; ++i)
        told["data"]["steps"].push_back({{"stepName", "s"}, {"message", std::string(5000, 'x')}});
    auto one = slicing();
    CHECK(one.slice_told(200, told.dump()));
    CHECK(one.told()["Notes"].size() == max_print_notes);
    CHECK(one.told()["Notes"][0].get<std::string>().size() == max_print_note_bytes);
}

TEST_CASE("places of the owner's code that the printer does not reach are taken back to its ends, and told")
{
    link_capabilities can;
    can.travel = layerline::printer::travel_area{-5.1234, 180, 0, 160.5, 200};
    json data{
        {"gcode",
         {{"startGcode", {"G21", "G28", "G1 X-6 Y-3.5 Z0.3 F3000 ; the edge", "g1 x20", "M117 G1 X999"}},
          {"endGcode", {"G91", "G1 Z500", "G90", "G1 X0 Y200 F6000", "G20", "G1 X10 Z1", "G2 X500 I5"}},
          {"changeLayerGcode", {"G92 X0", "G1 X900"}},
          {"customGcode", nullptr},
          {"gcodeFlavour", "MARLIN"}}}};
    const auto notes = keep_within(data, can);
    CHECK(data["gcode"]["startGcode"] ==
          json({"G21", "G28", "G1 X-5.123 Y0 Z0.3 F3000 ; the edge", "g1 x20", "M117 G1 X999"}));
    // Relative moves are left alone, since where they begin is not known; so are arcs.
    CHECK(data["gcode"]["endGcode"] ==
          json({"G91", "G1 Z500", "G90", "G1 X0 Y160.5 F6000", "G20", "G1 X7.086 Z1", "G2 X500 I5"}));
    CHECK(data["gcode"]["changeLayerGcode"] == json({"G92 X0", "G1 X900"}));
    REQUIRE(notes.size() == 4);
    CHECK(notes[0] == "gcode.endGcode goes to Y 160.5 instead of 200: the printer goes no farther.");
    CHECK(notes[2] == "gcode.startGcode goes to X -5.1 instead of -6: the printer goes no farther.");
    json tools{{"multiExtrusion", {{"preSwitchCode", {"G1 X400"}}, {"postSwitchCode", json::array()}}}};
    CHECK(keep_within(tools, can).size() == 1);
    CHECK(tools["multiExtrusion"]["preSwitchCode"] == json::array({"G1 X180"}));
    CHECK(tools["multiExtrusion"]["postSwitchCode"] == json::array());
    // What lies within stays as it is written, letter for letter.
    json inside{{"gcode", {{"endGcode", {"G1 X0.000 Y160.500", "  G1   Y1 ", "G1 Z200"}}}}};
    const auto same = inside;
    CHECK(keep_within(inside, can).empty());
    CHECK(inside == same);
}
