// One line to the printer: N<number> <command>*<xor of all bytes before the star>.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace layerline::printer::serial {

// Whether the command can go over the wire as one numbered line and arrive as it is. Refused: nothing at all,
// control and non-ASCII bytes, `;` and `\` (firmware drops them, and the checksum with them), leading or
// trailing space, "M110" anywhere (firmware would take the number after it for its line count, even inside a
// text), and more than fits max_line with a number of nine digits and the checksum: firmware cuts longer
// lines silently.
bool frameable(std::string_view command, std::size_t max_line = 96);

// The longest command that is frameable.
std::size_t longest_command(std::size_t max_line = 96);

// The nearest frameable text, for commands that show text (M117, M118): other bytes become `?`, `;` becomes
// `,`, `\` becomes `/`, M110 becomes m110, the end is cut. Empty when nothing is left.
std::string made_frameable(std::string_view command, std::size_t max_line = 96);

// XOR of all bytes.
std::uint8_t line_checksum(std::string_view text);

// With number, checksum and newline; into a string whose memory is used again.
void frame_into(std::string& line, std::uint64_t number, std::string_view command);
std::string framed(std::uint64_t number, std::string_view command);

// N0 M110 N0 with its checksum and newline: the next line is number 1.
std::string framed_restart();

} // namespace layerline::printer::serial
