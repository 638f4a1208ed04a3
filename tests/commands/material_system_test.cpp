// Tools and what feeds them, in the status.
#include "commands/material_system.hpp"

#include "tests/commands/api_desk.hpp"

using namespace layerline::commands;
using layerline::printer::phase;

TEST_CASE("the material system is told only to those that ask for it")
{
    api_desk desk;
    auto state = in_phase(phase::idle);
    state.heaters = {{"tool0", 20.006, 0}, {"bed", 21, 0}};
    desk.printer.become(state);
    CHECK_FALSE(desk.call("GET", "status")->body.at("Result").at("JobStatus").contains("MaterialSystem"));
    CHECK_FALSE(desk.call("GET", "status", "IncludeMaterialSystem=0")
                    ->body.at("Result")
                    .at("JobStatus")
                    .contains("MaterialSystem"));
    for (const char* asked : {"IncludeMaterialSystem=true", "include_material_system=1"}) {
        const auto told = desk.call("GET", "status", asked);
        const auto& system = told->body.at("Result").at("JobStatus").at("MaterialSystem");
        CHECK(system.at("Tools").size() == 1);
        CHECK(system.at("Tools")[0].at("ActualCelsius") == 20.01);
        CHECK(system.at("Tools")[0].at("IsActive") == true);
        CHECK(system.at("Capabilities").at("SupportsMultiTool") == false);
        CHECK_FALSE(system.at("Sources")[0].contains("IsEmpty"));
    }
    CHECK(desk.call("GET", "status", "IncludeMaterialSystem=perhaps")->body.at("Status") == 400);
}

TEST_CASE("every tool has a source of its own, and nobody guesses which is active")
{
    auto state = in_phase(phase::idle);
    state.heaters = {{"tool0", 20, 0}, {"tool1", std::nullopt, 210}, {"chamber", 30, 0}};
    state.wants = {"runout", "no filament", {}};
    const auto system = material_system(state);
    REQUIRE(system.at("Tools").size() == 2);
    REQUIRE(system.at("Sources").size() == 2);
    CHECK(system.at("Units").empty());
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(system.at("Routes")[i].at("ToolId") == system.at("Tools")[i].at("Id"));
        CHECK(system.at("Routes")[i].at("SourceId") == system.at("Sources")[i].at("Id"));
        CHECK_FALSE(system.at("Tools")[i].contains("IsActive"));
        CHECK_FALSE(system.at("Sources")[i].contains("IsEmpty"));
    }
    CHECK_FALSE(system.at("Tools")[1].contains("ActualCelsius"));
    CHECK(system.at("Capabilities").at("SupportsMultiMaterial") == true);
}

TEST_CASE("a runout empties the one source there is, and a printer without known tools tells null")
{
    auto state = in_phase(phase::paused);
    CHECK(material_system(state).is_null());
    state.heaters = {{"tool0", 200, 210}};
    state.wants = {"runout", "no filament", {}};
    CHECK(material_system(state).at("Sources")[0].at("IsEmpty") == true);
}

TEST_CASE("a printer with absurdly many tools tells sixteen")
{
    auto state = in_phase(phase::idle);
    for (int i = 0; i < 40; ++i)
        state.heaters.push_back({"tool" + std::to_string(i), 20, 0});
    CHECK(material_system(state).at("Tools").size() == 16);
    CHECK(material_system(state).at("Routes").size() == 16);
}
