// A model as a camera sees it: from far away, so that nothing gets smaller with its distance.
#pragma once

#include "workshop/models/mesh.hpp"

#include <cstdint>
#include <vector>

namespace layerline::workshop {

// Degrees. At 0 the camera looks along the model's Y axis, from the front, with Z upward; it is then turned
// about the model's X axis, after that about its Y axis, after that about its Z axis, by the right hand.
struct camera_angles {
    double x = 0, y = 0, z = 0;
};

struct seen_point {
    float x = 0, y = 0, depth = 0; // samples from the left and from the top; depth grows away from the camera
};

struct camera_view {
    std::vector<seen_point> points;   // as many as the mesh has
    std::vector<std::uint8_t> shades; // of its triangles: how light each is
};

// Fills all but a small margin of a picture of so many samples. Light comes from the left, above and behind
// the camera; triangles are lit from both sides. At work on `threads` cores; 0: on all.
camera_view seen(const mesh& model, const camera_angles& angles, double width, double height,
                 unsigned threads = 1);

} // namespace layerline::workshop
