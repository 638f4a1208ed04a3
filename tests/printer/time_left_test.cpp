// How right the time left is, against machines whose times come from a planner of this test's own.
#include "gcode/line_splitter.hpp"
#include "gcode/move_time.hpp"
#include "printer/time_left.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

using namespace layerline;
using printer::print_progress;
using printer::time_left;

namespace {

struct line_times {
    std::vector<double> real, own; // at the end of each move, seconds
    std::vector<std::uint64_t> bytes;
};

// A machine: trapezoids between corners whose speed the angle limits, over the whole list of moves in both
// directions, as firmware with endless look-ahead would.
struct machine {
    double acceleration = 1000, corner_mm = 0.02; // junction deviation

    std::vector<double> times(const std::vector<gcode::move>& moves) const
    {
        const auto size = moves.size();
        std::vector<double> speed(size), enter(size + 1, 0.0);
        for (std::size_t at = 0; at < size; ++at) {
            const auto& m = moves[at];
            speed[at] = std::min(m.feed_mm_s > 0 ? m.feed_mm_s : 25.0, 300.0);
            if (at == 0 || m.length_mm < 1e-9 || moves[at - 1].length_mm < 1e-9) continue;
            const auto& b = moves[at - 1];
            const double cosine = (m.dx * b.dx + m.dy * b.dy + m.dz * b.dz) / (m.length_mm * b.length_mm);
            const double half = std::sqrt(std::max(0.0, (1 + cosine) / 2)); // sine of half the corner's angle
            const double most =
                half > 0.9999 ? speed[at] : std::sqrt(acceleration * corner_mm * half / (1 - half));
            enter[at] = std::min({most, speed[at], speed[at - 1]});
        }
        for (std::size_t at = size; at-- > 0;)
            enter[at] = std::min(
                enter[at], std::sqrt(enter[at + 1] * enter[at + 1] + 2 * acceleration * path(moves[at])));
        std::vector<double> all(size);
        double now = 0;
        for (std::size_t at = 0; at < size; ++at) {
            enter[at + 1] = std::min(enter[at + 1],
                                     std::sqrt(enter[at] * enter[at] + 2 * acceleration * path(moves[at])));
            now += trapezoid(path(moves[at]), enter[at], enter[at + 1], speed[at]);
            all[at] = now;
        }
        return all;
    }

private:
    static double path(const gcode::move& m) { return m.length_mm < 1e-9 ? std::abs(m.de) : m.length_mm; }
    double trapezoid(double length, double from, double to, double most) const
    {
        const double top = std::min(most, std::sqrt((2 * acceleration * length + from * from + to * to) / 2));
        const double ramps = (2 * top * top - from * from - to * to) / (2 * acceleration);
        return (2 * top - from - to) / acceleration + std::max(0.0, length - ramps) / std::max(top, 1e-6);
    }
};

std::string move(double x, double y, double e, double feed)
{
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "G1 X%.3f Y%.3f E%.4f F%.0f\n", x, y, e, feed);
    return text.data();
}

// A part of `layers` layers: round walls of short pieces, then straight infill whose share grows with `fill`.
// The first layer is slow, and each begins with a travel and a retraction.
std::string part(int layers, double radius, double piece_mm, double fill, double wall_mm_s, double fill_mm_s)
{
    std::string all = "G28\nG21\nG90\nM83\n";
    for (int layer = 0; layer < layers; ++layer) {
        const double slow = layer == 0 ? 0.4 : 1;
        // A part that grows narrower: the second half of the file is not like the first.
        const double r = radius * (1 - 0.5 * layer / layers);
        all += "G1 E-1 F2400\nG1 Z" + std::to_string(0.2 * (layer + 1)) + " F600\n";
        all += "G0 X" + std::to_string(100 + r) + " Y100 F9000\nG1 E1 F2400\n";
        const int pieces = std::max(8, static_cast<int>(2 * 3.14159 * r / piece_mm));
        for (int i = 1; i <= pieces; ++i)
            all += move(100 + r * std::cos(2 * 3.14159 * i / pieces),
                        100 + r * std::sin(2 * 3.14159 * i / pieces), 0.05, wall_mm_s * slow * 60);
        const int rows = static_cast<int>(fill * r);
        for (int row = 0; row < rows; ++row) {
            const double y = 100 - r + 2 * r * row / std::max(1, rows);
            const double half = std::sqrt(std::max(0.0, r * r - (y - 100) * (y - 100)));
            const double side = row % 2 == 0 ? 1 : -1;
            all += move(100 - side * half, y, 0.01, 6000);
            all += move(100 + side * half, y, half * 0.05, fill_mm_s * slow * 60);
        }
    }
    return all;
}

line_times times_of(const std::string& file, const machine& real)
{
    gcode::line_splitter splitter;
    gcode::modal_state place;
    gcode::move_timer timer;
    std::vector<gcode::move> moves;
    line_times all;
    double own = 0;
    splitter.push(file);
    splitter.finish();
    while (const auto raw = splitter.next()) {
        const auto parsed = gcode::parse_line(raw->text);
        if (const auto moved = place.apply(parsed)) {
            own += timer.add(*moved);
            moves.push_back(*moved);
            all.own.push_back(own);
            all.bytes.push_back(raw->end_offset);
        }
    }
    all.real = real.times(moves);
    return all;
}

struct seen_errors {
    std::array<std::vector<double>, 4> at; // of the whole print's time, at 10, 25, 50 and 75 %
    double largest_leap = 0;               // between two updates a second apart, of the whole's time
};

// Prints the file once, looking each second. `heat_s` goes by before the first move.
void print(const line_times& file, double heat_s, std::optional<double> slicer, bool own_known,
           seen_errors& into)
{
    constexpr std::array<double, 4> marks{0.10, 0.25, 0.50, 0.75};
    const double whole = heat_s + file.real.back();
    time_left left;
    left.begin();
    std::size_t line = 0, mark = 0;
    std::optional<double> before;
    for (double now = 0; now < whole; now += 1) {
        while (line < file.real.size() && heat_s + file.real[line] <= now)
            ++line;
        print_progress known;
        known.elapsed_s = now;
        if (line > 0) known.moving_s = now - heat_s;
        if (own_known) {
            known.done_s = line > 0 ? file.own[line - 1] : 0;
            known.whole_s = file.own.back();
        }
        known.slicer_whole_s = slicer;
        known.byte_share =
            line > 0 ? static_cast<double>(file.bytes[line - 1]) / static_cast<double>(file.bytes.back())
                     : 0.0;
        const auto told = left.update(known);
        if (told && !(std::isfinite(*told) && *told >= 0))
            FAIL_CHECK("told " << *told << " at " << now << " s");
        if (told && before)
            into.largest_leap = std::max(into.largest_leap, std::abs(*told - *before) / whole);
        before = told;
        if (mark < marks.size() && now >= marks.at(mark) * whole) {
            if (told) into.at.at(mark).push_back(std::abs(*told - (whole - now)) / whole);
            ++mark;
        }
    }
}

double median(std::vector<double> all)
{
    std::sort(all.begin(), all.end());
    return all.empty() ? 1 : all[all.size() / 2];
}

double worst(const std::vector<double>& all)
{
    return all.empty() ? 1 : *std::max_element(all.begin(), all.end());
}

std::vector<std::string> parts()
{
    std::vector<std::string> all;
    for (const double radius : {8.0, 25.0, 60.0})
        for (const double piece : {0.4, 3.0})
            for (const double fill : {0.0, 1.5})
                all.push_back(part(radius > 50 ? 60 : radius > 20 ? 150 : 500, radius, piece, fill, 45, 90));
    return all;
}

// Every part on a slow, a usual and a quick machine; timed once.
const std::vector<line_times>& timed_parts()
{
    static const auto all = [] {
        std::vector<line_times> timed;
        for (const double acceleration : {500.0, 1500.0, 5000.0})
            for (const auto& text : parts())
                timed.push_back(times_of(text, {acceleration}));
        return timed;
    }();
    return all;
}

seen_errors errors_with(std::optional<double> slicer_factor, bool own_known)
{
    seen_errors all;
    for (const auto& file : timed_parts()) {
        const auto slicer = slicer_factor ? std::optional(*slicer_factor * file.real.back()) : std::nullopt;
        print(file, 60, slicer, own_known, all);
    }
    return all;
}

void tell(const char* what, const seen_errors& seen)
{
    std::printf(
        "time left, %s, %zu prints: error of the whole at 10/25/50/75 %%: median %.1f/%.1f/%.1f/%.1f %%, "
        "worst %.1f/%.1f/%.1f/%.1f %%, largest change in a second %.1f %%\n",
        what, seen.at[2].size(), 100 * median(seen.at[0]), 100 * median(seen.at[1]), 100 * median(seen.at[2]),
        100 * median(seen.at[3]), 100 * worst(seen.at[0]), 100 * worst(seen.at[1]), 100 * worst(seen.at[2]),
        100 * worst(seen.at[3]), 100 * seen.largest_leap);
}

} // namespace

TEST_CASE("the time left is right within bounds on machines that differ from our estimate by any factor")
{
    const auto own = errors_with(std::nullopt, true);
    tell("own estimate alone", own);
    CHECK(median(own.at[1]) < 0.10);
    CHECK(median(own.at[2]) < 0.05);
    CHECK(median(own.at[3]) < 0.03);
    CHECK(worst(own.at[3]) < 0.10);
    CHECK(own.largest_leap < 0.05);

    for (const double factor : {0.8, 1.0, 1.25}) {
        const auto blended = errors_with(factor, true);
        tell(("slicer " + std::to_string(factor).substr(0, 4) + " of the truth, and own").c_str(), blended);
        CHECK(median(blended.at[0]) < 0.25);
        CHECK(median(blended.at[2]) < 0.06);
        CHECK(median(blended.at[3]) < 0.03);
        CHECK(blended.largest_leap < 0.05);
        const auto by_bytes = errors_with(factor, false);
        tell(("slicer " + std::to_string(factor).substr(0, 4) + " of the truth, and bytes").c_str(),
             by_bytes);
        CHECK(median(by_bytes.at[2]) < 0.12);
        CHECK(by_bytes.largest_leap < 0.05);
    }
    const auto bytes = errors_with(std::nullopt, false);
    tell("bytes alone", bytes);
    CHECK(median(bytes.at[3]) < 0.10);
}

TEST_CASE("while nothing is known nothing is told, and a pause stands still")
{
    time_left left;
    CHECK_FALSE(left.update({}));
    CHECK_FALSE(left.update({.elapsed_s = 100, .moving_s = 40, .byte_share = 0.02}));
    CHECK(left.update({.elapsed_s = 110, .moving_s = 50, .byte_share = 0.1}) == 450.0);
    const print_progress paused{.elapsed_s = 110, .moving_s = 50, .byte_share = 0.1};
    for (int i = 0; i < 100; ++i)
        CHECK(left.update(paused) == 450.0);
    left.begin();
    CHECK_FALSE(left.told());
    // Before the first move the estimate is all there is.
    CHECK(left.update({.elapsed_s = 5, .done_s = 0.0, .whole_s = 1000.0}) == 1000.0);
    CHECK(left.update({.elapsed_s = 5, .done_s = 1000.0, .whole_s = 1000.0}) == 0.0);
    // Nonsense in a file is not passed on.
    left.begin();
    for (const double odd : {-5.0, 0.0, std::nan(""), HUGE_VAL})
        CHECK_FALSE(left.update({.slicer_whole_s = odd, .slicer_left_s = odd}));
}

TEST_CASE(
    "the slicer's countdown in the file leads where there is no more, and its whole minutes do not show")
{
    time_left left;
    std::optional<double> before;
    double leap = 0;
    for (int now = 0; now < 3600; ++now) {
        print_progress known;
        known.elapsed_s = known.moving_s.emplace(now);
        known.slicer_left_s = 60.0 * ((3600 - now + 59) / 60); // of a slicer that is right
        const auto told = left.update(known);
        REQUIRE(told);
        if (before) leap = std::max(leap, std::abs(*told - *before));
        before = told;
        if (now % 600 == 0) CHECK(std::abs(*told - (3600 - now)) < 90);
    }
    CHECK(leap < 5);
}
