// A model as rows of pixels, top to bottom, in bands of bounded memory.
#pragma once

#include "workshop/models/camera_view.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>

namespace layerline::workshop {

struct colour {
    std::uint8_t red = 0, green = 0, blue = 0;
};

struct raster_options {
    std::size_t width = 256, height = 256; // pixels
    camera_angles angles = {};
    std::optional<colour> background = {}; // nothing: transparent
    unsigned threads = 0;                  // 0: one a core; the picture is the same with any number
};

// Each row, as red, green, blue and opacity of each pixel; false stops it.
using row_taker = std::function<bool(std::span<const std::uint8_t>)>;

// Anti-aliased: nine samples a pixel. Beside the mesh, memory is 21 bytes a point or triangle and 70 MB or
// one row of pixels, whatever the size. False if the taker stopped it.
bool draw(const mesh& model, const raster_options& options, const row_taker& take);

} // namespace layerline::workshop
