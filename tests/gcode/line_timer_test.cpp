#include "gcode/line_timer.hpp"

#include <catch2/catch.hpp>

#include <string_view>

using namespace layerline::gcode;

namespace {

timed_line take(line_timer& timer, std::string_view text)
{
    return timer.take(parse_line(text));
}

} // namespace

TEST_CASE("a line's time is that of its move or of its wait, and homing is a move of unknown length")
{
    line_timer timer;
    CHECK(take(timer, "G28").homes);
    CHECK(timer.seconds() == 0);
    const auto moved = take(timer, "G1 X100 F600");
    REQUIRE(moved.moved);
    CHECK_FALSE(moved.homes);
    CHECK(moved.moved->length_mm == Approx(100));
    CHECK(timer.seconds() == Approx(10).epsilon(0.01));
    CHECK_FALSE(take(timer, "G4 S5").moved);
    CHECK(timer.seconds() == Approx(15).epsilon(0.01));
    CHECK(timer.state().x() == Approx(100));
}

TEST_CASE("what the slicer says is left is kept until it says something else, and nonsense is not taken")
{
    line_timer timer;
    CHECK_FALSE(timer.slicer_left_s());
    take(timer, "M73 P10 R12");
    CHECK(timer.slicer_left_s() == Approx(720));
    take(timer, "M73 P11");
    take(timer, "M73 P12 R-4");
    take(timer, "M73 P12 R99999999");
    CHECK(timer.slicer_left_s() == Approx(720));
    take(timer, "M73 P90 R0");
    CHECK(timer.slicer_left_s() == Approx(0).margin(1e-9));
}

TEST_CASE(
    "a timer that begins in the middle of a file goes on from the state, the time and the word it was given")
{
    line_timer whole;
    for (const auto* line : {"G28", "M73 R9", "G91", "G1 X10 F1200"})
        take(whole, line);
    line_timer rest(whole.state(), whole.seconds(), whole.slicer_left_s());
    const double before = rest.seconds();
    CHECK(before == whole.seconds());
    CHECK(rest.slicer_left_s() == Approx(540));
    take(rest, "G1 X10");
    CHECK(rest.state().x() == Approx(20));
    CHECK(rest.seconds() - before == Approx(0.5).epsilon(0.05));
}
