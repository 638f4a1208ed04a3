// Operations on solids that need a lattice or rays: the parameters of each, and its work, which has a file of
// its own.
#pragma once

#include "workshop/models/drain_holes.hpp"
#include "workshop/models/shrinkwrap.hpp"
#include "workshop/models/wall_thickness.hpp"
#include "workshop/operations/operation_files.hpp"

#include <array>
#include <string_view>

namespace layerline::workshop {

inline constexpr std::array shrinkwrap_takes{
    input_id, input_units,
    parameter{.name = "accuracy",
              .kind = parameter_kind::choice,
              .choices = wrap_accuracy_names,
              .wrong = model_errc::shrinkwrap_accuracy,
              .meaning = "voxels along the diagonal: 128, 256 or 512"},
    parameter{.name = "keepParts",
              .kind = parameter_kind::flag,
              .needed = false,
              .meaning = "parts that stand apart each keep a surface (default: the largest alone)"}};
model_result<nlohmann::json> shrinkwrap_model(const operation_input& input);

inline constexpr parameter place_of_hole(std::string_view axis, std::string_view meaning)
{
    return {.name = axis,
            .kind = parameter_kind::number,
            .least = -1e6,
            .most = 1e6,
            .wrong = model_errc::drain_hole_place,
            .meaning = meaning};
}
inline constexpr std::array drain_hole_fields{place_of_hole("x", "mm, on the outer surface"),
                                              place_of_hole("y", "mm"), place_of_hole("z", "mm"),
                                              parameter{.name = "diameterMm",
                                                        .kind = parameter_kind::number,
                                                        .least = least_drain_hole,
                                                        .most = most_drain_hole,
                                                        .wrong = model_errc::drain_hole_size,
                                                        .meaning = "of the hole"}};
inline constexpr std::array hollow_takes{
    input_id, input_units,
    parameter{.name = "wallThicknessMm",
              .kind = parameter_kind::number,
              .least = 1,
              .most = 20,
              .wrong = model_errc::hollow_wall,
              .meaning = "the wall that stays"},
    parameter{.name = "drainHoles",
              .kind = parameter_kind::list,
              .needed = false,
              .most = most_drain_holes,
              .wrong = model_errc::drain_hole_place,
              .meaning = "holes from places on the outer surface to the cavity behind, square to the surface",
              .fields = drain_hole_fields.data(),
              .field_count = drain_hole_fields.size()}};
model_result<nlohmann::json> hollow_model(const operation_input& input);

inline constexpr std::array<std::string_view, 2> marked_formats{"stl", "ply"};
inline constexpr std::array wall_thickness_takes{
    input_id, input_units,
    parameter{.name = "minimalWallThicknessMm",
              .kind = parameter_kind::number,
              .least = 0.1,
              .most = 20,
              .wrong = model_errc::wall_out_of_range,
              .meaning = "walls below are thin"},
    parameter{.name = "accuracyWallThickness",
              .kind = parameter_kind::whole,
              .least = 1,
              .most = 3,
              .wrong = model_errc::wall_accuracy_unknown,
              .meaning = "1, 2 or 3: more rays, from more places"},
    parameter{.name = "exportToFormat",
              .kind = parameter_kind::choice,
              .needed = false,
              .choices = marked_formats,
              .wrong = model_errc::format_unknown,
              .meaning = "of the file with the thin places coloured (default stl)"}};
nlohmann::json to_json(const thickness_report& report);
model_result<nlohmann::json> analyse_wall_thickness(const operation_input& input);

} // namespace layerline::workshop
