#include "cli/answer.hpp"
#include "cli/print_model.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace layerline::cli;
using nlohmann::json;

TEST_CASE("settings of a slice are sections and fields, their values JSON or else texts", "[cli]")
{
    const std::array<std::string, 4> words{"infill.amount=40", "infill.pattern=INFILL_GRID",
                                           "layers.spiralize=true", "gcode.endGcode=[\"M84\"]"};
    const auto made = settings_from(words);
    REQUIRE(made);
    CHECK(*made == json{{"infill", {{"amount", 40}, {"pattern", "INFILL_GRID"}}},
                        {"layers", {{"spiralize", true}}},
                        {"gcode", {{"endGcode", {"M84"}}}}});
    CHECK(settings_from({})->empty());
    for (const char* wrong : {"infill", "infill=3", "infill.=3", ".amount=3", "=", "a=b.c"}) {
        const std::array<std::string, 1> one{wrong};
        INFO(wrong);
        CHECK_FALSE(settings_from(one));
    }
}

TEST_CASE("what the workshop answers is told by its own codes, an agent's or relay's by theirs", "[cli]")
{
    auto said = judge_workshop(202, R"({"id":"s-1"})");
    CHECK(said.code == exit_code::done);
    CHECK(said.body["id"] == "s-1");
    said = judge_workshop(400, R"({"status":602,"data":{"msg":"It is too large."}})");
    CHECK(said.code == exit_code::usage);
    CHECK(said.text == "It is too large. (602)");
    said = judge_workshop(404, R"({"errors":[{"code":52,"message":"No such file.","advice":"Upload it."}]})");
    CHECK(said.code == exit_code::not_found);
    CHECK(said.text == "No such file. Upload it. (52)");
    said = judge_workshop(601, R"({"Status":601,"Error":"Offline."})");
    CHECK(said.code == exit_code::printer_away);
    CHECK(judge_workshop(502, "<html>").code == exit_code::failed);
    CHECK(judge_workshop(503, R"({"errors":[]})").code == exit_code::too_much);
}
