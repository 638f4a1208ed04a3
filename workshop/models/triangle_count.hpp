// How many triangles a file will come to, from its beginning and its size: for deciding whether there is
// memory for it, before anything reads it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace layerline::workshop {

inline constexpr std::size_t head_bytes = 4096; // what triangles_expected() is given, or less of a short file

// Binary STL, PLY and OFF tell it: as far as a file of that size can hold so many. Of others it is the file's
// size by what a triangle takes at least, as such files are usually written: 3MF 10 bytes (packed), ASCII STL
// 150, OBJ and what nobody knows 25. Never more than an import takes, which refuses the rest.
std::uint64_t triangles_expected(std::string_view head, std::uint64_t file_bytes);

} // namespace layerline::workshop
