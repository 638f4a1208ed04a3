// One row a rule of docs/safety.md, rule 4.
#include "printer/serial/takeover_plan.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;

namespace {

takeover_facts good()
{
    takeover_facts f;
    f.same_port = f.same_printer = f.position_told = true;
    f.point.emplace();
    f.point->at = print_step::printing;
    f.point->axes = {10, 20, 0.4};
    f.point->placed = 7;
    f.point->heaters[0] = {210, 209};
    f.point->heaters[6] = {60, 60};
    f.still = 800ms;
    f.at = {10.0, 20.02, 0.4, 5.0};
    f.heaters = {{"tool0", 208, 210}, {"bed", 59, 60}};
    return f;
}

struct row {
    const char* what;
    std::function<void(takeover_facts&)> change;
    takeover wanted;
    const char* says; // part of the reason
};

} // namespace

TEST_CASE("a print goes on by itself only when everything is proven unchanged")
{
    CHECK(judge_takeover(good()).what == takeover::go_on);
    const std::vector<row> rows{
        {"reset board", [](auto& f) { f.point.reset(); }, takeover::give_up, "reset"},
        {"other printer", [](auto& f) { f.same_printer = false; }, takeover::give_up, "another printer"},
        {"cancelling", [](auto& f) { f.wish = print_wish::cancel; }, takeover::give_up, "cancelled"},
        {"other file", [](auto& f) { f.file_trouble = "the file is gone"; }, takeover::give_up,
         "file is gone"},
        {"paused", [](auto& f) { f.wish = print_wish::hold; }, takeover::ask, "paused"},
        {"reopened", [](auto& f) { f.same_port = false; }, takeover::ask, "not kept open"},
        {"3 s", [](auto& f) { f.still = 3s; }, takeover::go_on, ""},
        {"over 3 s", [](auto& f) { f.still = 3001ms; }, takeover::ask, "3.0 s"},
        {"2 deaths before", [](auto& f) { f.deaths_here = 2; }, takeover::go_on, ""},
        {"3 deaths before", [](auto& f) { f.deaths_here = 3; }, takeover::ask, "4 times"},
        {"user wait", [](auto& f) { f.waits_for_user = true; }, takeover::ask, "waits for a person"},
        {"head moved", [](auto& f) { f.at.x_mm = 10.2; }, takeover::ask, "X10.2"},
        {"head lifted", [](auto& f) { f.at.z_mm = 5.4; }, takeover::ask, "Z5.4"},
        {"no position", [](auto& f) { f.position_told = false; }, takeover::ask, "where the head is"},
        {"axis untold", [](auto& f) { f.at.y_mm.reset(); }, takeover::ask, "where the head is"},
        {"not placed by a move", [](auto& f) { f.at.x_mm = 99, f.point->placed = 6; }, takeover::go_on, ""},
        {"before the file", [](auto& f) { f.point->at = print_step::beginning, f.position_told = false; },
         takeover::go_on, ""},
        {"target gone", [](auto& f) { f.heaters[0].target_c = 0; }, takeover::ask, "tool0 is set to 0 C"},
        {"bed changed", [](auto& f) { f.heaters[1].target_c = 70; }, takeover::ask, "bed is set to 70 C"},
        {"cooled", [](auto& f) { f.heaters[0].actual_c = 190; }, takeover::ask, "cooled down to 190 C"},
        {"a little cooler", [](auto& f) { f.heaters[0].actual_c = 196; }, takeover::go_on, ""},
        {"still heating up", [](auto& f) { f.point->heaters[0].actual_c = 60, f.heaters[0].actual_c = 55; },
         takeover::go_on, ""},
        {"heater untold", [](auto& f) { f.heaters.pop_back(); }, takeover::ask, "temperature of bed"},
        {"cold heater untold", [](auto& f) { f.heaters.pop_back(), f.point->heaters[6] = {}; },
         takeover::go_on, ""},
        {"somebody heats another tool",
         [](auto& f) {
             f.heaters.push_back({"tool1", 100, 200});
         },
         takeover::ask, "tool1 is set to 200 C"},
        {"a tool that is not kept",
         [](auto& f) {
             f.heaters.push_back({"tool9", 100, 200});
         },
         takeover::ask, "tool9"},
    };
    for (const auto& [what, change, wanted, says] : rows) {
        takeover_facts facts = good();
        change(facts);
        const auto verdict = judge_takeover(facts);
        INFO(what << ": " << verdict.why);
        CHECK(verdict.what == wanted);
        CHECK(verdict.why.find(says) != std::string::npos);
        CHECK(verdict.why.empty() == (wanted == takeover::go_on));
    }
}

TEST_CASE("a lost print is given up before anything is asked")
{
    takeover_facts facts = good();
    facts.point.reset();
    facts.same_port = false;
    facts.still = 1h;
    facts.heaters.clear();
    CHECK(judge_takeover(facts).what == takeover::give_up);
}

TEST_CASE("a place is told by line, layer and height as far as they are known")
{
    CHECK(place_text(0, 1, 0.2).empty());
    CHECK(place_text(12, std::nullopt, std::nullopt) == "line 12 of the file");
    CHECK(place_text(1234, 12, 2.4) == "line 1234 of the file, layer 12, 2.4 mm high");
}
