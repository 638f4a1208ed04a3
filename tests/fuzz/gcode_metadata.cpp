// Slicers' comments: the first half as the file's beginning, the second as its end.
#include "commands/gcode_metadata.hpp"

#include <cmath>
#include <cstdint>
#include <cstdlib>

using namespace layerline::commands;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto known = parse_gcode_metadata(text.substr(0, size / 2), text.substr(size / 2));
    for (const auto& number : {known.estimated_s, known.filament_mm, known.filament_g, known.layer_height_mm,
                               known.nozzle_mm, known.bed_c, known.hotend_c})
        if (number && (!std::isfinite(*number) || *number < 0)) std::abort();
    if (known.layers && *known.layers < 0) std::abort();
    if (known.filament_type && known.filament_type->size() > 64) std::abort();
    return 0;
}
