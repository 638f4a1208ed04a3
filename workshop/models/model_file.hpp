// Models as files: read whole, written under a temporary name first.
#pragma once

#include "workshop/models/file_making.hpp"
#include "workshop/models/mesh.hpp"
#include "workshop/models/model_error.hpp"
#include "workshop/models/model_format.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace layerline::workshop {

// The bytes of a file: 52 if it cannot be read, 51 if it has more than `most`.
model_result<std::string> read_model_file(const std::filesystem::path& file, std::size_t most);

// Read, scaled to mm, equal points made one. `units` as millimetres() takes them. At work on `threads` cores;
// 0: on all.
model_result<mesh> load_model(const std::filesystem::path& file, std::string_view units, std::size_t most,
                              unsigned threads = 0);
// The same for what only looks at triangles one by one: where each has corners of its own, it keeps them.
model_result<mesh> load_triangles(const std::filesystem::path& file, std::string_view units, std::size_t most,
                                  unsigned threads = 0);

// Puts the bytes at `file`, whole or not at all: a temporary name beside it, fsync if it is to last, rename.
// 10 if that fails.
model_result<void> write_model_file(const std::filesystem::path& file, std::string_view bytes,
                                    durability how = durability::lasting);
// The same for what exported() gives.
model_result<void> write_model(const std::filesystem::path& file, const mesh& model, std::string_view format,
                               unsigned threads = 0);

} // namespace layerline::workshop
