// Pictures, told by how they begin: what people upload in place of a model most often. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace layerline::workshop {

// "a PNG picture"; nothing if it does not begin as one.
std::optional<std::string_view> picture_kind(std::string_view bytes);

} // namespace layerline::workshop
