// When heaters must go off because nothing needs them: 30 minutes without a job, and after a failed or lost
// job the hotend after 10 minutes and the bed after 30. Only a hand renews it; polls do not.
#pragma once

#include "printer/printer_state.hpp"

#include <chrono>
#include <optional>
#include <span>

namespace layerline::printer::serial {

struct guard_settings {
    std::chrono::milliseconds idle{std::chrono::minutes(30)};
    std::chrono::milliseconds failed_tool{std::chrono::minutes(10)};
    std::chrono::milliseconds failed_bed{std::chrono::minutes(30)}; // and the chamber
    std::chrono::milliseconds repeat{std::chrono::seconds(15)};     // while a heater still shows a target
};

class heat_guard {
public:
    using time_point = std::chrono::steady_clock::time_point;
    enum class need : std::uint8_t { job, none, failed };
    struct orders {
        bool tools_off = false, bed_off = false;
    };

    explicit heat_guard(guard_settings settings) : settings_(settings) {}
    // Whether a job needs heat; the time counts from the change.
    void set_need(need now_needed, time_point now);
    // A person set a temperature.
    void touched(time_point now) { since_ = now; }
    // What has to go off now; the same order comes again after `repeat` while a heater stays on.
    orders check(std::span<const heater_state> heaters, time_point now);

private:
    guard_settings settings_;
    need need_ = need::none;
    time_point since_{};
    bool any_on_ = false;
    std::optional<time_point> tools_ordered_, bed_ordered_;
};

} // namespace layerline::printer::serial
