// How much of the host operations may have.
#pragma once

#include <cstdint>

namespace layerline::workshop {

enum class host_share : std::uint8_t {
    none,     // nothing runs; what ran is done anew later
    one_core, // one operation at a time, on one core, at the lowest priority
    usual,    // as many as are configured, at low priority
};

} // namespace layerline::workshop
