// The finished G-code as a file: written by the finisher and read back by the check, on two threads where
// they may be had, in bounded memory.
#pragma once

#include "workshop/finishing/gcode_check.hpp"

#include <filesystem>
#include <functional>
#include <vector>

namespace layerline::workshop {

struct finished_file {
    finished made;
    check_report report;
};

// Finishes `from` into `to`, and judges what is in `to` by `wanted`. 500 where the finisher refuses, or a
// file cannot be read or written. `progress` gets shares of 1, never back.
slice_result<finished_file> finish_and_check(finishing_plan plan, std::vector<png_picture> pictures,
                                             expectations wanted, const std::filesystem::path& from,
                                             const std::filesystem::path& to,
                                             const std::function<void(double)>& progress);

} // namespace layerline::workshop
