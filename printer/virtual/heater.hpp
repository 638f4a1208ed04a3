// A heater with its sensor: heats by power, cools to its surroundings (first order, solved exactly for any
// step), and the firmware's control, protection and wait for it. Times are simulated seconds.
#pragma once

#include "printer/virtual/faults.hpp"

#include <optional>
#include <string>

namespace layerline::printer::virtual_printer {

struct heater_design {
    std::string id;        // as errors name it: "E0", "bed"
    double gain;           // °C above ambient that full power reaches in the end
    double time_constant;  // seconds
    double band;           // °C below the target where power starts to fall
    double max_target;     // higher targets are cut to this
    double maxtemp;        // above: halt
    double watch_period;   // seconds in which the first watch_rise must be seen
    double watch_rise = 2; // °C
};

class heater {
public:
    heater(heater_design design, double ambient, std::uint64_t seed);

    // Moves on by `seconds` and reads the sensor again.
    void step(double seconds);
    // The sensor reads its present value for ever.
    void stick_sensor() { stuck_ = true; }
    void short_switch() { shorted_ = true; }

    // Sets the target, cut to the design's limit; 0 is off.
    void set_target(double celsius);
    double target() const { return target_; }
    double reading() const { return reading_; }
    double temperature() const { return temperature_; } // what is really there
    int power() const;                                  // 0 to 127, as firmware reports it
    bool shorted() const { return shorted_; }

    // What the protection found since set_target(): "Heating failed", "Thermal Runaway" or "MAXTEMP
    // triggered".
    std::optional<std::string> trouble() const { return trouble_; }
    void clear_trouble() { trouble_.reset(); }
    const heater_design& design() const { return design_; }

private:
    double control() const;
    void protect(double seconds);

    heater_design design_;
    double ambient_;
    chance noise_;
    double temperature_;
    double reading_;
    double target_ = 0;
    double power_ = 0;
    bool stuck_ = false;
    bool shorted_ = false;
    bool reached_ = false;   // has been at the target: runaway is watched from there on
    double watch_left_ = 0;  // seconds until the rise must have been seen; 0: no watch
    double watch_goal_ = 0;  // °C
    double runaway_for_ = 0; // seconds below the target after having reached it
    std::optional<std::string> trouble_;
};

// A wait for a heater: near the target for the residency, or at once when the wait is for heating only and
// the heater is hotter already.
class heat_wait {
public:
    explicit heat_wait(bool also_cooling) : also_cooling_(also_cooling) {}
    // Call after each step; true when the wait is over.
    bool step(const heater& of, double seconds);
    // "?" or the seconds left, as firmware reports them after W:.
    std::string left() const;

private:
    bool also_cooling_;
    bool cooling_ = false;
    double target_ = -1;
    double cooling_for_ = 0;
    double cooling_from_ = 0;
    std::optional<double> stable_for_;
};

} // namespace layerline::printer::virtual_printer
