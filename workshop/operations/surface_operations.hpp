// Operations on the surface itself: the parameters of each, and its work, which has a file of its own.
#pragma once

#include "workshop/models/picture_file.hpp"
#include "workshop/operations/operation_files.hpp"

#include <array>

namespace layerline::workshop {

inline constexpr std::array<std::string_view, 3> axis_names{"X", "Y", "Z"};
inline constexpr std::array scale_takes{
    input_id,
    input_units,
    parameter{.name = "scaleToSizeMm",
              .kind = parameter_kind::number,
              .needed = false,
              .least = 0.01,
              .most = 10000,
              .wrong = model_errc::scale_out_of_range,
              .either = "factor",
              .meaning = "the length of that side of the bounding box, afterwards"},
    parameter{.name = "factor",
              .kind = parameter_kind::number,
              .needed = false,
              .least = 0.01,
              .most = 10000,
              .wrong = model_errc::scale_out_of_range,
              .meaning = "instead of a size"},
    parameter{.name = "axis",
              .kind = parameter_kind::choice,
              .needed = false,
              .choices = axis_names,
              .wrong = model_errc::axis_unknown,
              .needed_with = "scaleToSizeMm",
              .meaning = "the side that is given"},
    parameter{.name = "uniform",
              .kind = parameter_kind::flag,
              .needed = false,
              .meaning = "the other sides grow alike (default: unless there is a factor with an axis)"}};
model_result<nlohmann::json> scale_model(const operation_input& input);

inline constexpr std::array reduce_takes{
    input_id,
    input_units,
    parameter{.name = "accuracyMm",
              .kind = parameter_kind::number,
              .least = 0,
              .most = 10,
              .wrong = model_errc::reduce_accuracy,
              .meaning = "the surface moves by no more"},
    parameter{.name = "maxAngle",
              .kind = parameter_kind::whole,
              .needed = false,
              .least = 0,
              .most = 90,
              .wrong = model_errc::reduce_angle,
              .meaning = "degrees: the surface turns by no more, sharper edges stay (default 15)"},
    parameter{.name = "numberOfIterations",
              .kind = parameter_kind::whole,
              .needed = false,
              .least = 1,
              .most = 1000,
              .wrong = model_errc::reduce_iterations,
              .meaning = "tries to find how coarse it may be (default 10)"},
    parameter{.name = "leastTriangles",
              .kind = parameter_kind::whole,
              .needed = false,
              .least = 4,
              .most = 5'000'000,
              .meaning = "no fewer are wanted"}};
model_result<nlohmann::json> reduce_model(const operation_input& input);

inline constexpr std::array thumbnail_takes{input_id,
                                            input_units,
                                            parameter{.name = "width",
                                                      .kind = parameter_kind::whole,
                                                      .least = 10,
                                                      .most = 10000,
                                                      .wrong = model_errc::thumbnail_size,
                                                      .meaning = "pixels"},
                                            parameter{.name = "height",
                                                      .kind = parameter_kind::whole,
                                                      .least = 10,
                                                      .most = 10000,
                                                      .wrong = model_errc::thumbnail_size,
                                                      .meaning = "pixels"},
                                            parameter{.name = "cameraAngleX",
                                                      .needed = false,
                                                      .least = -180,
                                                      .most = 180,
                                                      .wrong = model_errc::camera_angle,
                                                      .meaning = "degrees (default 0); turned about first"},
                                            parameter{.name = "cameraAngleY",
                                                      .needed = false,
                                                      .least = -180,
                                                      .most = 180,
                                                      .wrong = model_errc::camera_angle,
                                                      .meaning = "degrees (default 0); second"},
                                            parameter{.name = "cameraAngleZ",
                                                      .needed = false,
                                                      .least = -180,
                                                      .most = 180,
                                                      .wrong = model_errc::camera_angle,
                                                      .meaning = "degrees (default 0); last"},
                                            parameter{.name = "format",
                                                      .kind = parameter_kind::choice,
                                                      .needed = false,
                                                      .choices = picture_formats,
                                                      .wrong = model_errc::format_unknown,
                                                      .meaning = "default png"},
                                            parameter{.name = "background",
                                                      .kind = parameter_kind::choice,
                                                      .needed = false,
                                                      .choices = background_names,
                                                      .meaning = "default transparent, in a JPEG white"}};
model_result<nlohmann::json> thumbnail_model(const operation_input& input);

} // namespace layerline::workshop
