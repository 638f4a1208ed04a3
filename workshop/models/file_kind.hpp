// Files that are no models, told by how they begin: what people upload in place of one. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace layerline::workshop {

struct file_kind {
    std::string_view what; // "a PNG picture"
    bool picture = false;  // taken as an upload, as the contract has it; an operation on it fails with 201
};

// Nothing if it may be a model. The first 512 bytes are enough. The size of a binary STL counts for more:
// such a file may begin with anything.
std::optional<file_kind> kind_of_no_model(std::string_view bytes);

} // namespace layerline::workshop
