// What slicers write of a print into comments at a file's beginning and end. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::commands {

// Unknown is empty. Texts are at most 64 bytes, without control characters.
struct gcode_metadata {
    std::optional<std::string> slicer, slicer_version, filament_type;
    std::optional<double> estimated_s;
    std::optional<double> filament_mm, filament_g;
    std::optional<double> layer_height_mm, first_layer_height_mm, object_height_mm, nozzle_mm;
    std::optional<double> bed_c, hotend_c, chamber_c;
    std::optional<std::int64_t> layers;
    std::optional<std::int64_t> thumbnails; // how many there are in what was read
};

// How much of each end is worth reading, bytes.
inline constexpr std::size_t metadata_window = std::size_t{64} * 1024;

// Reads the comments of PrusaSlicer and its kin (also OrcaSlicer, Bambu Studio, SuperSlicer) and of Cura.
// `tail` is empty when `head` holds the whole file. The first line of `tail` and the last of `head` may be
// cut.
gcode_metadata parse_gcode_metadata(std::string_view head, std::string_view tail);

// "1d 2h 3m 4s" in seconds; each part may be missing, at least one must be there.
std::optional<double> parse_duration(std::string_view text);

} // namespace layerline::commands
