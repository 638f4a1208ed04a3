// How thick a model's walls are, by rays that go inward from all of its surface.
#pragma once

#include "workshop/models/mesh.hpp"
#include "workshop/models/model_error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace layerline::workshop {

enum class wall_mark : std::uint8_t { thick, possibly_thin, thin, unknown };

struct thickness_options {
    double least = 1;     // mm: walls below are thin
    int accuracy = 2;     // 1 to 3
    unsigned threads = 0; // 0: one a core
    std::function<void(double)> progress = [](double) {};
};

struct thickness_report {
    std::optional<double> thinnest; // mm, between surfaces that face each other; nothing: none do
    point thinnest_at;              // on the surface
    std::array<double, 4> area{};   // mm2, by mark
    std::array<std::size_t, 4> triangles{};
    std::vector<wall_mark> marks; // by triangle of the model as it is afterwards

    double area_of(wall_mark mark) const { return area.at(static_cast<std::size_t>(mark)); }
    bool has_thin() const { return area_of(wall_mark::thin) > 0; }
    // Also where nothing could be measured.
    bool has_possibly_thin() const
    {
        return area_of(wall_mark::possibly_thin) + area_of(wall_mark::unknown) > 0;
    }
};

// Splits long triangles first, at their edges' middles, so that marks stay near what they mark; the surface
// keeps its shape. From the middle of each triangle rays go inward, straight and in a cone, to where they
// leave the solid (through parts that overlap). 302 for a model over 500 mm long; throws std::bad_alloc.
model_result<thickness_report> measure_walls(mesh& model, const thickness_options& options);

// Binary STL with colours in each triangle's last two bytes (15 bits, as VisCAM, SolidView and MeshLab have
// them), and PLY with colours of faces: thin red, possibly thin yellow, unknown blue, the rest grey.
std::string marked_stl(const mesh& model, const std::vector<wall_mark>& marks);
std::string marked_ply(const mesh& model, const std::vector<wall_mark>& marks);

} // namespace layerline::workshop
