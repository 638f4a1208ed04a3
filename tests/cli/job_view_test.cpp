#include "cli/job_view.hpp"

#include <catch2/catch.hpp>

using namespace layerline::cli;

namespace {
sent_event state(std::string data)
{
    return {"state", "1", std::move(data)};
}
} // namespace

TEST_CASE("changes are laid over the full state", "[cli][view]")
{
    job_view view;
    CHECK_FALSE(view.apply({"change", "1", R"({"now":"paused"})"}));
    REQUIRE(view.apply(
        state(R"({"now":"printing","job":{"id":"j-1","progress":0.5,"left_s":3700},"heaters":[]})")));
    CHECK(view.phase() == "printing");
    CHECK(view.job_id() == "j-1");
    CHECK_FALSE(view.ended());
    REQUIRE(view.apply({"change", "2", R"({"sequence":2,"now":"finished"})"}));
    CHECK(view.ended());
    CHECK(view.job_id() == "j-1");
}

TEST_CASE("a line shows share, time left and temperatures and fits the terminal", "[cli][view]")
{
    job_view view;
    REQUIRE(view.apply(
        state(R"({"now":"printing","job":{"id":"j","progress":0.25,"left_s":75,"layer":3,"layers":30},
        "heaters":[{"name":"tool0","actual_c":204.6,"target_c":205},{"name":"bed","actual_c":null}]})")));
    const auto line = view.line(200);
    CHECK(line.find(" 25.0%") != std::string::npos);
    CHECK(line.find("1 min 15 s left") != std::string::npos);
    CHECK(line.find("layer 3/30") != std::string::npos);
    CHECK(line.find("tool0 205/205") != std::string::npos);
    CHECK(line.find("bed ?") != std::string::npos);
    CHECK(view.line(20).size() == 20);
}

TEST_CASE("a state of wrong types is shown without a crash", "[cli][view]")
{
    job_view view;
    REQUIRE(view.apply(state(R"({"now":5,"job":[1],"heaters":{"a":1},"reason":[]})")));
    CHECK(view.phase().empty());
    CHECK_FALSE(view.line(80).size() > 80);
    CHECK_FALSE(view.apply(state("not json")));
}

TEST_CASE("durations read as people say them", "[cli][view]")
{
    CHECK(duration_text(12.4) == "12 s");
    CHECK(duration_text(200) == "3 min 20 s");
    CHECK(duration_text(3905) == "1 h 05 min");
    CHECK(duration_text(-1) == "?");
}
