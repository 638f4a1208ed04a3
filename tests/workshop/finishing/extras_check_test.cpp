// The fan, waits and the owner's lines of a finished file, changed by one line each.
#include "tests/workshop/finishing/finishing_samples.hpp"
#include "workshop/finishing/finisher.hpp"
#include "workshop/finishing/gcode_check.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace layerline::workshop;
using namespace layerline::tests;

namespace {

struct finished_sample {
    json data;
    finishing_plan plan;
    std::pair<std::string, finished> made;

    explicit finished_sample(const std::function<void(json&)>& change, int layers = 5)
        : data(finishing_data(change)), plan(finishing_plan_of(data, 200 * layers))
    {
        auto all = finish_text(plan, {}, engine_file(layers));
        if (all.has_error()) FAIL(text_of(all.error()));
        made = std::move(*all);
    }
    // With the first `from` behind `;Z:<z>` replaced; both have as many lines.
    check_report with(const std::string& z, const std::string& from, const std::string& to) const
    {
        auto text = made.first;
        const auto layer = text.find(";Z:" + z);
        const auto at = layer == std::string::npos ? layer : text.find(from, layer);
        if (at == std::string::npos) FAIL("no such line: " + from);
        return check(text.replace(at, from.size(), to));
    }
    check_report check(const std::string& text) const
    {
        return check_text(expect(data, plan, {}, {}), made.second.user_lines, text);
    }
};

std::string first_of(const check_report& report)
{
    return report.mismatches.empty() ? "" : report.mismatches[0].text;
}

} // namespace

TEST_CASE("a fan that is not as asked is found, in the layer where it prints", "[finishing]")
{
    const finished_sample all(
        [](json& data) {
            data["fan"] = {{"min", 20}, {"max", 100}, {"fullSpeedLayer", 5}};
            data["model"][0]["settings"] = 7;
            data["regionSettings"] = {{{"id", 7}, {"startHeight", 600}, {"endHeight", 800}, {"fanSpeed", 0}}};
        },
        6);
    CHECK(first_of(all.check(all.made.first)).empty());
    const auto late = all.with("0.400", "M106 S102", "M106 S90");
    CHECK(first_of(late) == "The fan is at 35 %; 40 % was asked in this layer.");
    CHECK(late.mismatch_count == 1); // the next layer has its own again
    CHECK(late.mismatches[0].line > 0);
    CHECK(first_of(all.with("0.200", "M107", ";M107")) ==
          "The fan was never set; 0 % was asked in this layer.");
    CHECK(first_of(all.with("0.800", "M107", "; off")) == "The fan is at 60 %; 0 % was asked in this layer.");
}

TEST_CASE("a fan that follows the time of layers is between a slow and a quick one's", "[finishing]")
{
    const finished_sample all([](json& data) {
        data["fan"] = {{"min", 20},     {"max", 60},   {"fullSpeedLayer", 1},
                       {"smart", true}, {"factor", 1}, {"minimalSeconds", 42}};
    });
    CHECK(first_of(all.check(all.made.first)).empty());
    CHECK(first_of(all.with("0.200", "M106 S", "M106 S1 X")).find("was asked in this layer") !=
          std::string::npos);
}

TEST_CASE("waits that are longer, shorter, missing or not asked for are found", "[finishing]")
{
    const finished_sample all([](json& data) {
        data["bottom"]["layerDelay"] = 12;
        data["layers"]["layerCoolingTime"] = 3;
    });
    CHECK(first_of(all.check(all.made.first)).empty());
    CHECK(first_of(all.with("0.200", "G4 P2000", "G4 P1000")) ==
          "The printer waits 11 s in the layer that ends here; 12 s was asked.");
    CHECK(first_of(all.with("0.600", "G4 P3000", "; none")) ==
          "The printer waits 0 s in the layer that ends here; 3 s was asked.");
    CHECK(first_of(all.with("1.000", "; stop printing object layerline-0 id:0 copy 0", "G4 S5")) ==
          "The printer waits 5 s in the layer that ends here; 0 s was asked.");
}

TEST_CASE("the owner's lines have to be there word for word, in each place that they were asked for",
          "[finishing]")
{
    const finished_sample all([](json& data) {
        data["gcode"] = {{"startGcode", json::array({"G28 ; home", "M117 begins  "})},
                         {"endGcode", json::array({"M84", "M117 over"})},
                         {"changeLayerGcode", json::array({"M117 layer"})},
                         {"customGcode", json::array({"M117 second", "M400"})},
                         {"repeatEvery", 2}};
    });
    CHECK(first_of(all.check(all.made.first)).empty());
    const std::string wrong = "The owner's lines in the layer that ends here are not those that were asked";
    CHECK(first_of(all.with("0.600", "M117 layer", "M117 Layer")).starts_with(wrong));
    CHECK(first_of(all.with("0.400", "M117 second\nM400", "M400\nM117 second")).starts_with(wrong));
    CHECK(first_of(all.with("1.000", "M117 over", "M117 ove")).starts_with(wrong));
    auto text = all.made.first;
    CHECK(first_of(all.check(text.replace(text.find("G28 ; home"), 3, "G29"))) ==
          "The owner's lines before the first layer are not those that were asked: there are 2.");
    // Lines that nobody took for the owner's are judged as the engine's.
    const auto unknown = check_text(expect(all.data, all.plan, {}, {}), {}, all.made.first);
    CHECK_FALSE(unknown.good());
}
