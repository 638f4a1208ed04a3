// STL, binary and ASCII. Pure: bytes in, a mesh out, and back. Format facts: the binary form has 80 bytes of
// anything, a little-endian count and 50 bytes a triangle (normal, three corners, two bytes of which colour
// extensions make use); the ASCII form begins with "solid". Binary files that begin with "solid" are common.
#pragma once

#include "workshop/models/import_limits.hpp"
#include "workshop/models/mesh.hpp"
#include "workshop/models/model_error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace layerline::workshop {

inline constexpr std::size_t stl_head_bytes = 84, stl_triangle_bytes = 50; // of the binary form

// Whether it has just the size that its count of triangles says.
bool is_binary_stl(std::span<const char> bytes);
// The same by a file's first bytes and its size.
bool is_binary_stl(std::span<const char> head, std::uint64_t file_bytes);

// Told apart by the size first, then by the keywords; never one as the other after an error. Corners are not
// welded. Fails with 201 for too many triangles, 202 for whatever cannot be read (the text gives the place),
// a coordinate that is not finite or absurd, no triangle at all.
model_result<mesh> read_stl(std::span<const char> bytes, const import_limits& limits = {});

// Puts a file's bytes from `offset` on into all of `into`; false if they are not there. By several threads at
// once.
using bytes_at = std::function<bool(std::uint64_t offset, std::span<char> into)>;
// The same of a file that is_binary_stl(), in pieces, on `threads` threads (0: one a core).
model_result<mesh> read_binary_stl(std::span<const char> head, const bytes_at& read,
                                   const import_limits& limits = {}, unsigned threads = 0);
// The same with equal points made one as they are read, as weld_equal() would: half the memory. Nothing if
// anything is wrong with the file; what it is, read_binary_stl() says.
std::optional<mesh> welded_binary_stl(std::span<const char> head, const bytes_at& read,
                                      const import_limits& limits = {}, unsigned threads = 0);

// Normals are computed; those of triangles without area are 0.
std::string binary_stl(const mesh& model);
// Parts of it: the first bytes, and those of the triangles from `first` on to fill `out`.
std::array<char, stl_head_bytes> binary_stl_head(std::size_t triangles);
void put_binary_stl(const mesh& model, std::size_t first, std::span<char> out);
// Nine significant digits: reading it gives the same floats.
std::string ascii_stl(const mesh& model, std::string_view name);

} // namespace layerline::workshop
