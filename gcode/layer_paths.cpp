#include "gcode/layer_paths.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace layerline::gcode {
namespace {

constexpr double units_a_mm = 100;
constexpr double stray_mm = 0.05; // of an arc's chord
constexpr int most_chords = 512;

constexpr double farthest_mm = 1e7; // no machine is 10 km wide: what is farther is drawn at that edge
constexpr double widest_mm = 1000;

// `mm` within 0 +- most; what is no number counts as 0.
double within(double mm, double most)
{
    return std::isnan(mm) ? 0 : std::clamp(mm, -most, most);
}

std::int64_t in_units(double mm)
{
    return std::llround(within(mm, farthest_mm) * units_a_mm);
}

std::uint64_t zigzag(std::int64_t value)
{
    return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
}

} // namespace

void layer_painter::put_varint(std::uint64_t value)
{
    while (value >= 0x80) {
        out_ += static_cast<char>((value & 0x7FU) | 0x80U);
        value >>= 7U;
    }
    out_ += static_cast<char>(value);
}

void layer_painter::add_point(point_mm at)
{
    const std::pair next{in_units(at.x), in_units(at.y)};
    if (points_.empty() || points_.back() != next) points_.push_back(next);
}

void layer_painter::end_path()
{
    if (points_.size() >= 2) {
        out_ += static_cast<char>(kind_);
        out_ += static_cast<char>(tool_);
        put_varint(
            static_cast<std::uint64_t>(std::llround(std::max(within(width_mm_, widest_mm), 0.0) * 1000)));
        put_varint(points_.size());
        for (const auto& [x, y] : points_) {
            put_varint(zigzag(x - last_x_));
            put_varint(zigzag(y - last_y_));
            last_x_ = x;
            last_y_ = y;
        }
    }
    points_.clear();
}

void layer_painter::add(const path_step& step)
{
    if (step.from.x == step.to.x && step.from.y == step.to.y && !step.arc) return; // filament or Z alone
    const auto& now = walk_.state();
    const double width = step.kind == path_kind::travel ? 0 : now.width_mm;
    const std::pair begin{in_units(step.from.x), in_units(step.from.y)};
    if (points_.empty() || step.kind != kind_ || now.modal.now().tool != tool_ || width != width_mm_ ||
        points_.back() != begin) {
        end_path();
        kind_ = step.kind;
        tool_ = now.modal.now().tool;
        width_mm_ = width;
        add_point(step.from);
    }
    if (step.arc) {
        const double ax = step.from.x - step.centre.x, ay = step.from.y - step.centre.y;
        const double radius = std::hypot(ax, ay);
        const double begin_angle = std::atan2(ay, ax);
        double sweep = std::atan2(step.to.y - step.centre.y, step.to.x - step.centre.x) - begin_angle;
        if (step.clockwise) sweep = -sweep;
        while (sweep <= 1e-9)
            sweep += 2 * std::numbers::pi;
        const double one = radius > stray_mm ? 2 * std::acos(1 - stray_mm / radius) : std::numbers::pi;
        // A radius out of any sense leaves no angle for a chord.
        const double wanted = std::ceil(sweep / one);
        const int chords = wanted < most_chords ? std::max(static_cast<int>(wanted), 1) : most_chords;
        for (int i = 1; i < chords; ++i) {
            const double turned = sweep * i / chords;
            const double angle = begin_angle + (step.clockwise ? -turned : turned);
            add_point({step.centre.x + radius * std::cos(angle), step.centre.y + radius * std::sin(angle)});
        }
    }
    add_point(step.to);
}

bool layer_painter::take_lines()
{
    while (const auto line = splitter_.next()) {
        if (line->too_long) continue;
        if (const auto step = walk_.take(line->text)) add(*step);
        // A point is at most 20 bytes, and mostly 3.
        if (out_.size() + points_.size() * 20 > max_layer_bytes) {
            end_path();
            if (out_.size() > max_layer_bytes / 2) return false;
        }
    }
    return true;
}

bool layer_painter::push(std::string_view bytes)
{
    splitter_.push(bytes);
    return take_lines();
}

std::string layer_painter::finish()
{
    splitter_.finish();
    (void)take_lines();
    end_path();
    return std::move(out_);
}

} // namespace layerline::gcode
