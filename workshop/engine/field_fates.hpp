// What becomes of each field of a slice request: one table, which the documentation shows and a test holds
// against the reference.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace layerline::workshop {

enum class field_fate : std::uint8_t {
    exact,       // the engine does it
    placement,   // done to the model before the engine sees it
    finishing,   // done to the engine's G-code
    approximate, // the engine does something near it: the text says what
    refused,     // 400 for any other value than the default
};

struct fate_row {
    std::string_view field; // "movement.printSpeed"; of lists without an index
    field_fate fate = field_fate::exact;
    std::string_view text; // by what, or how near
};

std::span<const fate_row> fate_table();
std::string_view name_of(field_fate fate);

} // namespace layerline::workshop
