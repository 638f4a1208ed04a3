// What the verbs of the hand print.
#include "cli/hand_words.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace layerline::cli;
using nlohmann::json;

TEST_CASE("macros are listed with their parameters", "[cli]")
{
    const json all{{"Macros",
                    {{{"Name", "PARK"}, {"Description", ""}, {"Parameters", json::array()}},
                     {{"Name", "CLEAN"},
                      {"Description", "Wipes the nozzle"},
                      {"Parameters", {{{"Name", "TIMES"}, {"Default", "3"}}}}}}}};
    CHECK(macros_words(all) == "PARK\nCLEAN [TIMES=3]  Wipes the nozzle");
    CHECK(macros_words(json::object()) == "This printer has no macros.");
}

TEST_CASE("a console's answer keeps its lines, and nothing in them drives the terminal", "[cli]")
{
    CHECK(reply_words({{"Reply", "a\nb\x1b[2J"}, {"Note", nullptr}}) == "a\nb?[2J");
    CHECK(reply_words({{"Reply", ""}, {"Note", "it is still at work"}}) == "ok it is still at work");
    CHECK(lines_words({{"Lines", {{{"Number", 1}, {"Text", "// hello"}}}}}) == "// hello");
    CHECK(lines_words(nullptr) == "The printer has said nothing yet.");
}

TEST_CASE("cameras and prompts are shown with what they are chosen by", "[cli]")
{
    CHECK(cameras_words({{"DefaultIndex", 1},
                         {"Webcams",
                          {{{"Name", "bed"}, {"Enabled", false}},
                           {{"Name", "nozzle"}, {"Enabled", true}}}}}) == "bed  (off)\nnozzle  (default)");
    const json asks{{"Layerline", {{"Attention", {{"Text", "Filament?"}, {"Buttons", {"Yes", "No"}}}}}}};
    CHECK(prompt_words(asks) == "Filament?\n  0  Yes\n  1  No");
    CHECK(prompt_words({{"Layerline", {{"Attention", nullptr}}}}) == "The printer asks nothing.");
}

TEST_CASE("an emergency stop says whether it was confirmed, and what was tried", "[cli]")
{
    CHECK(stop_words({{"Confirmed", true}, {"Note", nullptr}}) == "The printer confirmed the stop.");
    const auto unsure = stop_words({{"Confirmed", false}, {"Note", "M108 and M410 were sent"}});
    CHECK(unsure.find("did not confirm") != std::string::npos);
    CHECK(unsure.find("M410") != std::string::npos);
}

TEST_CASE("an event is one line, whatever is in it", "[cli]")
{
    const sent_event event{"change", "41.9f", "{\"sequence\":1,\n\"now\":\"idle\"}"};
    CHECK(event_line(event, false) == R"(change {"now":"idle","sequence":1})");
    CHECK(json::parse(event_line(event, true)) ==
          json{{"Event", "change"}, {"Id", "41.9f"}, {"Data", {{"sequence", 1}, {"now", "idle"}}}});
    const auto odd = event_line({"x\x1b", "", "no\njson"}, false);
    CHECK(odd.find('\n') == std::string::npos);
    CHECK(odd.find('\x1b') == std::string::npos);
}
