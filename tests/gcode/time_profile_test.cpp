#include "gcode/time_profile.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace layerline::gcode;

namespace {

// Moves of 10 mm at 10 mm/s, one second each but for what corners cost.
std::string moves(int count)
{
    std::string text = "G28\nG1 F600\n";
    for (int i = 1; i <= count; ++i)
        text += "G1 X" + std::to_string(i * 10) + "\n";
    return text;
}

time_profile profile_of(const std::string& text, std::size_t piece)
{
    time_profiler making;
    for (std::size_t at = 0; at < text.size(); at += piece)
        making.push(std::string_view(text).substr(at, piece));
    return making.finish();
}

} // namespace

TEST_CASE("the time of a file's moves is told at any byte, however the file was cut")
{
    const auto text = moves(2000);
    const auto whole = profile_of(text, text.size());
    const auto cut = profile_of(text, 7);
    CHECK(whole.bytes == text.size());
    CHECK(whole.seconds == Approx(2000).epsilon(0.01));
    CHECK(cut.seconds == Approx(whole.seconds));
    CHECK(whole.seconds_at(0) == Approx(0).margin(1));
    CHECK(whole.seconds_at(text.find("G1 X10000\n")) == Approx(1000).epsilon(0.02));
    CHECK(cut.seconds_at(text.find("G1 X10000\n")) == Approx(1000).epsilon(0.02));
    CHECK(whole.seconds_at(text.size()) == Approx(whole.seconds));
    CHECK(whole.seconds_at(text.size() + 100) == Approx(whole.seconds));
}

TEST_CASE("comments at a file's end take no time")
{
    const auto text = moves(500);
    const auto profile = profile_of(text + "; settings\n" + std::string(200'000, ';') + "\n", 4096);
    CHECK(profile.seconds_at(text.size()) == Approx(profile.seconds).epsilon(0.02));
}

TEST_CASE("a long file is told coarser, in as much memory as a short one")
{
    std::string text = "G28\nG91\n";
    for (int i = 0; i < 400'000; ++i)
        text += "G1 X10 F600\n";
    const auto profile = profile_of(text, 32'768);
    CHECK(profile.marks.size() <= most_time_marks);
    CHECK(profile.marks.size() >= most_time_marks / 4);
    CHECK(profile.seconds_at(profile.bytes / 2) == Approx(profile.seconds / 2).epsilon(0.01));
}

TEST_CASE("what the slicer wrote of its own estimate is kept, from the comments and from M73")
{
    const auto text = "M73 P0 R60\n" + moves(200) + "M73 P50 R30\n" + moves(200) +
                      "; estimated printing time (normal mode) = 1h 2m 3s\n";
    const auto profile = profile_of(text, 100);
    REQUIRE(profile.slicer_seconds);
    CHECK(*profile.slicer_seconds == 3723);
    CHECK(profile.slicer_left_at(1500) == 3600.0);
    CHECK(profile.slicer_left_at(text.size()) == 1800.0);
    CHECK_FALSE(profile.slicer_left_at(0));
}

TEST_CASE("a file without moves has no time")
{
    const auto nothing = profile_of("", 1);
    CHECK(nothing.seconds == 0);
    CHECK(nothing.seconds_at(10) == 0);
    CHECK(profile_of("; a\n; b\n", 3).seconds_at(4) == 0);
}
