// Seeded chance: which received line suffers what. Each kind has a sequence of its own, so one kind's rate
// does not move the others, and the same seed and lines give the same faults at any speed.
#pragma once

#include "printer/virtual/settings.hpp"

#include <cstdint>
#include <random>
#include <string>

namespace layerline::printer::virtual_printer {

// A generator whose numbers do not depend on the standard library's distributions.
class chance {
public:
    explicit chance(std::uint64_t seed) : engine_(seed) {}
    double unit() { return static_cast<double>(engine_() >> 11) * 0x1p-53; } // [0, 1)
    std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : engine_() % bound; }
    // Roughly normal, mean 0, deviation 1, never beyond ±6.
    double bell();

private:
    std::mt19937_64 engine_;
};

struct line_faults {
    bool drop_ok = false;
    bool corrupt = false;
    bool resend_without_ok = false;
    bool unplug = false;
};

class fault_source {
public:
    fault_source(const fault_rates& rates, std::uint64_t seed);
    // Draws for one received numbered line.
    line_faults next();
    // Flips one bit of one byte of the line.
    void damage(std::string& line);

private:
    fault_rates rates_;
    chance drop_ok_, corrupt_, resend_, unplug_, where_;
};

} // namespace layerline::printer::virtual_printer
