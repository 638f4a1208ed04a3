// Which layers a volume gets: bottom, the regions that the user asked for, default layers between them, top.
// In whole micron, so that heights add up exactly. Pure.
#pragma once

#include "workshop/slicing/slice_error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace layerline::workshop {

using micron = std::int64_t;

inline constexpr std::size_t most_layers = 200000;

struct region_wish {
    micron from = 0, to = 0;  // to 0: to the next region, or to the top
    micron layer_height = 0;  // 0: the default
    std::size_t settings = 0; // which of the request's regionSettings that is
};

struct volume_wish {
    micron height = 0;                        // of the volume, above the bed
    micron layer_height = 0;                  // > 0; of what has no other
    micron bottom_height = 0, top_height = 0; // of their layers; 0: the default
    std::size_t bottom_layers = 0, top_layers = 0;
    std::vector<region_wish> regions; // that cover no part of each other
};

enum class region_kind : std::uint8_t { bottom, plain, user, top };

struct planned_region {
    region_kind kind = region_kind::plain;
    micron from = 0;          // its first layer's lower side
    micron layer_height = 0;  // of each of its layers
    std::size_t layers = 0;   // at least 1
    std::size_t settings = 0; // of a region that was asked for
    micron to() const { return from + layer_height * static_cast<micron>(layers); }
    bool operator==(const planned_region&) const = default;
};

struct region_plan {
    std::vector<planned_region> regions; // from the bed upwards, without gaps
    std::vector<std::string> notes;      // what was trimmed or left out, in sentences
};

// Layers are stacked: each region begins where the one below it ends, and has as many whole layers as fit
// below its end; what is left of it belongs to the default layers above. A region that is trimmed or has no
// whole layer is noted. Where bottom and top meet, the bottom's layers stay.
// Fails with 510 (511) for a region that lies wholly inside the bottom (top), 400 for more than most_layers.
slice_result<region_plan> plan_regions(const volume_wish& wish);

// "bottom", "default", "top", or "URV<volume>R<settings>", both counted from 0.
std::string name_of(const planned_region& region, std::size_t volume);

} // namespace layerline::workshop
