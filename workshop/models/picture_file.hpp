// Pictures as files, row by row.
#pragma once

#include "workshop/models/file_making.hpp"
#include "workshop/models/mesh.hpp"
#include "workshop/models/model_error.hpp"
#include "workshop/models/rasterizer.hpp"

#include <array>
#include <filesystem>
#include <functional>
#include <string_view>

namespace layerline::workshop {

inline constexpr std::array<std::string_view, 2> picture_formats{"png", "jpeg"};
inline constexpr std::array<std::string_view, 4> background_names{"transparent", "white", "grey", "black"};

// Of one of the names; nothing: transparent.
std::optional<colour> background_of(std::string_view name);

// Draws the model into a file, whole or not at all. JPEG has no transparency: white stands for it. 10 if the
// file cannot be written. `progress` from 0 to 1.
model_result<void> write_picture(const std::filesystem::path& file, const mesh& model, raster_options options,
                                 std::string_view format, const std::function<void(double)>& progress,
                                 durability how = durability::lasting);

} // namespace layerline::workshop
