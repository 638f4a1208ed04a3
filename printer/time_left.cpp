#include "printer/time_left.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::printer {

namespace {

// The first part of a print is slow (purge line, first layer) and short: until this share of the whole has
// been printed, an estimate counts for more than what was measured.
constexpr double trusted_share = 0.15;
constexpr double least_factor = 0.05, most_factor = 20;     // of an estimate, by what was measured
constexpr double least_share = 0.05, least_measured_s = 30; // without any estimate
constexpr double believed_within_s = 30;
constexpr double countdown_step_s = 60; // of M73

double clamped_share(double share)
{
    return std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0;
}

bool counts(const std::optional<double>& seconds)
{
    return seconds && std::isfinite(*seconds) && *seconds > 0;
}

} // namespace

std::optional<double> time_left::countdown(const print_progress& now)
{
    if (!now.slicer_left_s || !std::isfinite(*now.slicer_left_s) || *now.slicer_left_s < 0)
        return std::nullopt;
    if (last_slicer_left_ != now.slicer_left_s) {
        last_slicer_left_ = now.slicer_left_s;
        slicer_said_at_ = now.elapsed_s;
    }
    const double since = now.moving_s ? std::min(now.elapsed_s - slicer_said_at_, *now.moving_s) : 0;
    return std::max(0.0, *now.slicer_left_s - std::clamp(since, 0.0, countdown_step_s));
}

std::optional<double> time_left::guess(const print_progress& now)
{
    const auto slicer_left = countdown(now);
    if (counts(now.slicer_left_s) && !first_slicer_left_) first_slicer_left_ = now.slicer_left_s;
    // All of it, as whoever knows most says; M73 has whole minutes.
    const auto whole = counts(now.slicer_whole_s)   ? now.slicer_whole_s
                       : counts(first_slicer_left_) ? first_slicer_left_
                       : counts(now.whole_s)        ? now.whole_s
                                                    : std::nullopt;
    // How much of the time is over: by the moves, by the slicer's countdown, by the bytes.
    std::optional<double> share;
    if (counts(now.whole_s) && now.done_s)
        share = clamped_share(*now.done_s / *now.whole_s);
    else if (slicer_left && whole)
        share = clamped_share(1 - *slicer_left / *whole);
    else if (now.byte_share)
        share = clamped_share(*now.byte_share);
    if (!share) return whole;
    if (!whole) {
        if (*share < least_share || now.moving_s.value_or(0) < least_measured_s) return std::nullopt;
        return *now.moving_s / *share * (1 - *share);
    }
    if (!now.moving_s) return (1 - *share) * *whole;
    const double measured = std::max(0.0, *now.moving_s);
    const double doubt = trusted_share * *whole;
    const double factor = (measured + doubt) / (*share * *whole + doubt);
    return (1 - *share) * *whole * std::clamp(factor, least_factor, most_factor);
}

std::optional<double> time_left::update(const print_progress& now)
{
    const auto target = guess(now);
    if (!target) {
        told_.reset();
        return told_;
    }
    const double passed = told_ ? std::max(0.0, now.elapsed_s - told_at_) : 0;
    if (!told_) {
        told_ = target;
    } else {
        const double counted_down = std::max(0.0, *told_ - passed);
        told_ = counted_down + (*target - counted_down) * (1 - std::exp(-passed / believed_within_s));
        // All of the file is done: what the last moves take is not worth a guess.
        if (*target <= 0) told_ = 0;
    }
    told_at_ = now.elapsed_s;
    return told_;
}

} // namespace layerline::printer
