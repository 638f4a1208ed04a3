// How much filament is printed, by tool: what comes back after a retraction is not counted twice.
#pragma once

#include "gcode/modal_state.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace layerline::workshop {

class extrusion_meter {
public:
    // `moved` by that tool; in the unit of E.
    void add(double de, int tool)
    {
        if (tool < 0 || tool >= gcode::max_tools || !std::isfinite(de)) return;
        const auto at = static_cast<std::size_t>(tool);
        if (at >= used_.size()) used_.resize(at + 1), back_.resize(at + 1);
        if (de < 0) {
            back_[at] -= de;
            return;
        }
        const double returned = std::min(back_[at], de);
        back_[at] -= returned;
        used_[at] += de - returned;
    }
    // How far that tool's filament is drawn back.
    double drawn_back(int tool) const
    {
        const auto at = static_cast<std::size_t>(tool);
        return tool >= 0 && at < back_.size() ? back_[at] : 0;
    }
    const std::vector<double>& used() const { return used_; }

private:
    std::vector<double> used_, back_;
};

} // namespace layerline::workshop
