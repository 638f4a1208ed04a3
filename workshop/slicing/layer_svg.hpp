// A layer as an SVG drawing. Pure.
#pragma once

#include "workshop/slicing/plane_slicer.hpp"

#include <string>

namespace layerline::workshop {

// The most that SVG mode makes: as many as a layer index has.
inline constexpr std::size_t most_svg_layers = 20'000;

// One closed path with the even-odd rule, in millimetres, in the bed's coordinates: the drawing is as large
// as the bed, and turned so that its back is above. `height_mm` is the layer's middle.
std::string layer_svg(const slice_outline& layer, double bed_width_mm, double bed_depth_mm, double height_mm);

// "layer_00001.svg": counted from 1.
std::string layer_file_name(std::size_t index);

} // namespace layerline::workshop
