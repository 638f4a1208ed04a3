// MeatPack: two characters of a line in one byte, for firmware that unpacks them (Marlin 2.0.9 and later,
// some Prusa; Cap:MEATPACK:1 in M115). Pure.
//
// As Marlin's feature/meatpack.{h,cpp} read it: a nibble is one of "0123456789. \nGX", the first character
// the low one; 15 says that the character follows as a byte of its own (where both do, in their order; where
// one does, behind the pair's byte). Behind a newline in the low nibble the high one is ignored. FF FF and a
// third byte is a command: FB packing on, FA off, F9 all off, F6 spaces stay spaces; each is answered by
// "[MP] PV01 ON ESP" (or OFF, NSP). The commands are understood in every state, also with half a pair
// missing.
//
// Marlin's emergency parser sees the bytes before they are unpacked, so that
// - no packed line contains a byte that is a line end for it (0A and 0D would be ".0" and "G0"): nothing that
//   a file holds can look like an M112 to it;
// - what it must see goes out unpacked, behind a line end (urgent_line()).
// And since a line without a number is carried out without a checksum, no single damaged bit may cut a line
// behind its number or make another command of its beginning: those characters go as bytes of their own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace layerline::printer::serial::meatpack {

inline constexpr std::string_view on{"\xff\xff\xfb"};
// Off, and spaces as spaces: firmware forgets the mode at F9 but not, in some versions, its table.
inline constexpr std::string_view off{"\xff\xff\xf9\xff\xff\xf6"};
// On again whatever it is at: three packed newlines, of which damage may have left two to be taken literally.
inline constexpr std::string_view again{"\xff\xff\xfb\x0c\x0c\x0c"};

// Packs a line of printable ASCII and its newline behind what is in `into`: at most 1.5 bytes for each of
// its.
void pack(std::string& into, std::string_view line);

// What makes firmware that unpacks read `line` (with its newline) as it is, its emergency parser too, and
// unpack again behind it.
std::string urgent_line(std::string_view line);

// Whether packing is on, of a line of firmware that tells it; nothing for other lines.
std::optional<bool> told(std::string_view line);

} // namespace layerline::printer::serial::meatpack
