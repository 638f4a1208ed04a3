// The finished file, written and read back at once: as good and as bad as one after the other.
#include "tests/fakes/scratch_folder.hpp"
#include "tests/workshop/finishing/finishing_samples.hpp"
#include "workshop/engine/known_version.hpp"
#include "workshop/pipeline/finished_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>

#include <sys/resource.h>
#include <unistd.h>

using namespace layerline::workshop;
using namespace layerline::tests;

namespace {

constexpr int layers = 4000; // 1.3 MB with the owner's code: many parts between the two threads

// Lines of the owner's at each layer, some of which a check would refuse from anybody else.
json owners_data()
{
    return finishing_data([](json& all) {
        all["gcode"]["changeLayerGcode"] = {"M117 next", "G1 X-50 F6000", "G1 X90 Y90"};
        all["bed"]["zLength"] = 900'000;
    });
}

struct bench {
    layerline::fakes::scratch_folder folder;
    json data = owners_data();
    finishing_plan plan = finishing_plan_of(data, layers * 200);
    expectations wanted = expect(data, plan, {{89, 89, 0, 111, 111, layers * 0.2 + 1}}, {});

    slice_result<finished_file> run(const std::string& engine_gcode)
    {
        folder.put("engine.gcode", engine_gcode);
        double last = 0;
        auto made = finish_and_check(plan, {}, wanted, folder.at / "engine.gcode", folder.at / "made.gcode",
                                     [&last](double done) {
                                         CHECK(done >= last);
                                         last = done;
                                     });
        return made;
    }
};

} // namespace

TEST_CASE("a file that is checked while it grows is what it is when one follows the other", "[finishing]")
{
    bench all;
    const auto engine = engine_file(layers);
    const auto both = all.run(engine);
    REQUIRE(both.has_value());
    const auto alone = finish_text(all.plan, {}, engine);
    REQUIRE(alone.has_value());
    const auto text = all.folder.text_of("made.gcode");
    CHECK(text.size() > 1'000'000);
    CHECK((text == alone->first));
    CHECK(both->made.user_lines == alone->second.user_lines);
    const auto after = check_text(all.wanted, alone->second.user_lines, alone->first);
    CHECK(json_of(both->report) == json_of(after));
    INFO(json_of(after).dump(1).substr(0, 2000));
    CHECK(both->report.good());
    CHECK(both->report.bytes == text.size());
}

TEST_CASE("what is wrong near the end of a file is found with its line, the owner's lines between",
          "[finishing]")
{
    bench all;
    auto engine = engine_file(layers);
    const std::string good = "G1 X110 Y90 E0.7\n";
    engine.insert(engine.rfind(good), "G1 X4000\n");
    const auto made = all.run(engine);
    REQUIRE(made.has_value());
    REQUIRE_FALSE(made->report.good());
    const auto text = all.folder.text_of("made.gcode");
    const auto line =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find("X4000")), '\n');
    CHECK(made->report.mismatches.front().line == static_cast<std::uint64_t>(line) + 1);
}

TEST_CASE("an engine's file that breaks off, or a place that cannot be written, is an error", "[finishing]")
{
    bench all;
    const auto engine = engine_file(layers);
    CHECK(all.run(engine.substr(0, engine.size() / 2)).has_error());
    CHECK(finish_and_check(all.plan, {}, all.wanted, all.folder.at / "none", all.folder.at / "made.gcode",
                           [](double) {})
              .has_error());
    CHECK(finish_and_check(all.plan, {}, all.wanted, all.folder.at / "engine.gcode",
                           all.folder.at / "none" / "made.gcode", [](double) {})
              .has_error());
    // As a disk that is full in the middle.
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    all.folder.put("engine.gcode", engine);
    auto* const old = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{500'000, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const auto made = finish_and_check(all.plan, {}, all.wanted, all.folder.at / "engine.gcode",
                                       all.folder.at / "made.gcode", [](double) {});
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, old);
    REQUIRE(made.has_error());
    CHECK_THAT(made.error().text, Catch::Contains("disk is full"));
}

TEST_CASE("the engine is asked for its version once, and again when its program changed", "[engine]")
{
    const std::string engine = "/usr/bin/prusa-slicer";
    if (::access(engine.c_str(), X_OK) != 0) {
        WARN("prusa-slicer is not installed: not tested here");
        return;
    }
    const layerline::fakes::scratch_folder folder;
    const auto version = known_engine_version(engine, folder.at);
    CHECK_THAT(version, Catch::StartsWith("PrusaSlicer-2."));
    // What is kept is what is told: the program is not asked.
    auto kept = json::parse(folder.text_of("engine"));
    kept["version"] = "PrusaSlicer-9.9.9";
    folder.put("engine", kept.dump());
    CHECK(known_engine_version(engine, folder.at) == "PrusaSlicer-9.9.9");
    CHECK(known_engine_version(engine, {}) == version);
    // As if a package had put another program there since.
    kept["of"]["inode"] = kept["of"]["inode"].get<std::uint64_t>() + 1;
    folder.put("engine", kept.dump());
    CHECK(known_engine_version(engine, folder.at) == version);
    for (const auto* damaged : {"", "{", R"({"of":3})", "[]"}) {
        folder.put("engine", damaged);
        CHECK(known_engine_version(engine, folder.at) == version);
    }
    CHECK(known_engine_version("/nowhere/prusa-slicer", folder.at).empty());
}
