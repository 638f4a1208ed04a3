// Files that are no models at all, told by how they begin: refused at the upload, before anybody waits for an
// operation. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace layerline::workshop {

// What it is instead ("a PDF document"); nothing if it may be a model, or a picture, which an operation
// tells. `head` is the file's first 512 bytes, or all of it.
std::optional<std::string_view> no_model(std::string_view head);

} // namespace layerline::workshop
