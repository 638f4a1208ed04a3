// The header of a PLY file: which elements follow, and of what their rows consist. Pure.
#pragma once

#include "workshop/models/import_limits.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

enum class ply_type : std::uint8_t { int8, uint8, int16, uint16, int32, uint32, float32, float64 };
enum class ply_form : std::uint8_t { text, little_endian, big_endian };

std::size_t bytes_of(ply_type type);

struct ply_property {
    std::string name;
    ply_type type = ply_type::float32;
    std::optional<ply_type> count; // of a list: the type of its length
};

struct ply_element {
    std::string name;
    std::size_t rows = 0;
    std::vector<ply_property> properties;
};

struct ply_header {
    ply_form form = ply_form::text;
    std::vector<ply_element> elements;
    std::size_t bytes = 0; // of the header, its last line's end included
};

// At most 64 KiB, 64 elements of 256 properties; 202 with the line for anything else.
model_result<ply_header> read_ply_header(std::string_view bytes);

} // namespace layerline::workshop
