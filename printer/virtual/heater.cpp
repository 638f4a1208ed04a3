// Heat.
#include "printer/virtual/heater.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::printer::virtual_printer {

namespace {
constexpr double residency = 10;         // seconds near the target that end a wait
constexpr double window = 1;             // °C: what counts as near
constexpr double hysteresis = 3;         // °C: what ends being near
constexpr double noise = 0.04;           // °C
constexpr double runaway_period = 40;    // seconds
constexpr double runaway_band = 4;       // °C
constexpr double slope_period = 60;      // seconds in which a wait for cooling wants to see
constexpr double slope_fall = 1.5;       // °C
constexpr double most_temperature = 900; // a shorted heater ends somewhere
} // namespace

heater::heater(heater_design design, double ambient, std::uint64_t seed)
    : design_(std::move(design)), ambient_(ambient), noise_(seed), temperature_(ambient), reading_(ambient)
{
}

double heater::control() const
{
    if (target_ <= 0) return 0;
    // What holds the target, and more in proportion to what is missing.
    const double hold = (target_ - ambient_) / design_.gain;
    return std::clamp(hold + (target_ - reading_) / design_.band, 0.0, 1.0);
}

void heater::step(double seconds)
{
    if (seconds <= 0) return;
    power_ = control();
    const double end = ambient_ + design_.gain * (shorted_ ? 1.0 : power_);
    temperature_ = end + (temperature_ - end) * std::exp(-seconds / design_.time_constant);
    temperature_ = std::min(temperature_, most_temperature);
    if (!stuck_) reading_ = temperature_ + noise * noise_.bell();
    protect(seconds);
}

void heater::set_target(double celsius)
{
    const double wanted = std::clamp(celsius, 0.0, design_.max_target);
    target_ = wanted;
    reached_ = false;
    runaway_for_ = 0;
    watch_left_ = 0;
    if (target_ > 0 && reading_ < target_ - (design_.watch_rise + hysteresis + 1)) {
        watch_left_ = design_.watch_period;
        watch_goal_ = reading_ + design_.watch_rise;
    }
}

int heater::power() const
{
    return static_cast<int>(std::lround(power_ * 127));
}

void heater::protect(double seconds)
{
    if (trouble_) return;
    if (reading_ > design_.maxtemp) {
        trouble_ = "MAXTEMP triggered";
        return;
    }
    if (target_ <= 0) return;
    if (watch_left_ > 0) {
        watch_left_ -= seconds;
        if (watch_left_ <= 0) {
            watch_left_ = 0;
            if (reading_ < watch_goal_) {
                trouble_ = "Heating failed";
                return;
            }
            if (reading_ < target_ - (design_.watch_rise + hysteresis + 1)) {
                watch_left_ = design_.watch_period;
                watch_goal_ = reading_ + design_.watch_rise;
            }
        }
    }
    if (reading_ >= target_ - window) reached_ = true;
    if (reached_ && reading_ < target_ - runaway_band)
        runaway_for_ += seconds;
    else
        runaway_for_ = 0;
    if (runaway_for_ > runaway_period) trouble_ = "Thermal Runaway";
}

bool heat_wait::step(const heater& of, double seconds)
{
    if (of.target() != target_) { // at the start, and when M104 changes it meanwhile
        target_ = of.target();
        cooling_ = of.target() < of.reading();
        if (cooling_ && !also_cooling_) return true;
        stable_for_.reset();
        cooling_for_ = 0;
        cooling_from_ = of.reading();
    }
    const double apart = std::abs(of.target() - of.reading());
    if (stable_for_) {
        if (apart > hysteresis)
            stable_for_.reset();
        else
            *stable_for_ += seconds;
    } else if (apart < window) {
        stable_for_ = 0;
    }
    if (cooling_ && !stable_for_) {
        // Cooling that gets no further (the target is colder than the room) is given up.
        cooling_for_ += seconds;
        if (cooling_for_ >= slope_period) {
            if (cooling_from_ - of.reading() < slope_fall) return true;
            cooling_for_ = 0;
            cooling_from_ = of.reading();
        }
    }
    return stable_for_ && *stable_for_ >= residency;
}

std::string heat_wait::left() const
{
    if (!stable_for_) return "?";
    return std::to_string(std::max(0, static_cast<int>(std::ceil(residency - *stable_for_)) - 1));
}

} // namespace layerline::printer::virtual_printer
