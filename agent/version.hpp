// The version that this agent tells.
#pragma once

#include <string_view>

namespace layerline::agent {

inline constexpr std::string_view version = LAYERLINE_VERSION;

} // namespace layerline::agent
