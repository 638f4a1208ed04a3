// The kept text of the status result says at any time what a new one would.
#include "commands/status_result.hpp"
#include "commands/status_text.hpp"

#include "tests/commands/api_desk.hpp"

#include <nlohmann/json.hpp>

using namespace layerline::commands;
using layerline::printer::phase;
using nlohmann::json;

namespace {
int features()
{
    return 52;
}
} // namespace

TEST_CASE("the kept status text is the status result, whatever its age")
{
    status_text kept;
    auto state = printing("gcode/a.gcode");
    for (const auto age : {0, 7, 123456}) {
        state.age_ms = age;
        CHECK(json::parse(kept.of(state, features)) == status_result(state, 52));
    }
    state.age_ms.reset();
    CHECK(json::parse(kept.of(state, features)) == status_result(state, 52));
}

TEST_CASE("the kept status text follows each change of the state, with or without a new sequence")
{
    status_text kept;
    auto state = in_phase(phase::idle);
    CHECK(json::parse(kept.of(state, features)) == status_result(state, 52));
    state = printing("gcode/b.gcode");
    CHECK(json::parse(kept.of(state, features)) == status_result(state, 52));
    state.heaters = {{"tool0", 40, 210}};
    CHECK(json::parse(kept.of(state, features)) == status_result(state, 52));
    ++state.sequence;
    CHECK(json::parse(kept.of(state, features)) == status_result(state, 52));
}

TEST_CASE("a name that looks like the age's key does not confuse the kept status text")
{
    status_text kept;
    auto state = printing(R"(gcode/"AgeMs":null,"x".gcode)");
    state.reason = R"("AgeMs":1)";
    state.age_ms = 5;
    CHECK(json::parse(kept.of(state, features)) == status_result(state, 52));
    state.age_ms = 6;
    CHECK(json::parse(kept.of(state, features)) == status_result(state, 52));
}
