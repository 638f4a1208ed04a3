// The queue and past jobs as a person reads them.
#include "cli/list_words.hpp"

#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

using namespace layerline::cli;
using nlohmann::json;

TEST_CASE("the queue is told with what holds it, what prints and what waits", "[cli][queue]")
{
    json queue{{"Paused", true}, {"Held", "gcode/x.gcode failed."}};
    queue["Current"] = {{"VirtualPath", "gcode/now.gcode"}};
    queue["Jobs"] = json::array({{{"QueueId", "q-1"}, {"VirtualPath", "gcode/a\x1b[2J.gcode"}},
                                 {{"QueueId", "q-1234567"}, {"VirtualPath", "gcode/b.gcode"}}});
    CHECK(queue_words(queue) == "held: gcode/x.gcode failed.\npaused\nnow   gcode/now.gcode\n"
                                "q-1   gcode/a?[2J.gcode\nq-1234567 gcode/b.gcode");
    CHECK(queue_words(json::object()) == "nothing waits");
    CHECK(queue_words("odd") == "nothing waits");
}

TEST_CASE("past jobs are told in a line each, and what is not known is left out", "[cli][history]")
{
    json jobs = json::object();
    jobs["Jobs"] = json::array({{{"StartedTimeSec", 1795288070},
                                 {"Outcome", "completed"},
                                 {"PrintSec", 61.2},
                                 {"Path", "gcode/a.gcode"}},
                                {{"StartedTimeSec", nullptr}, {"Outcome", "cancelled"}, {"Path", "b"}}});
    const auto words = history_words(jobs);
    CHECK(words.find("2026-11-") == 0);
    CHECK(words.find("completed") != std::string::npos);
    CHECK(words.find("\n-  cancelled  b") != std::string::npos);
    CHECK(history_words(json::object()) == "no past jobs");
    const auto card = json::parse(R"({"Offset":0,"Total":3,"Files":[
        {"Path":"card/PART~1.GCO","Name":"A part.gcode","SizeBytes":2048},
        {"Path":"card/B.GCO","Name":"B.GCO","SizeBytes":null}]})");
    const auto listed = card_words(card);
    CHECK(listed.starts_with("card/PART~1.GCO  2"));
    CHECK(listed.find("A part.gcode\ncard/B.GCO\nmore with --offset 2") != std::string::npos);
    CHECK(card_words(json::object()) == "no files on the card");
}
