// The version that this relay tells.
#pragma once

#include <string_view>

namespace layerline::relay {

inline constexpr std::string_view version = LAYERLINE_VERSION;

} // namespace layerline::relay
