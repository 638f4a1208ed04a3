// Virtual paths ("gcode/folder/name.gcode") as strangers give them: the one place that says which are good.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace layerline::commands {

inline constexpr std::size_t max_path_bytes = 1024;
inline constexpr std::size_t max_segment_bytes = 255;
inline constexpr std::size_t max_path_depth = 16; // folders and file below the root

struct virtual_path {
    std::vector<std::string> segments; // below the root "gcode"; none: the root itself
    std::string text() const;          // "gcode/…" again
    std::string below_root() const;    // without the root
};

// Takes the path apart, or says in a sentence what is wrong with it. Good is: valid UTF-8, the root "gcode",
// and segments that are not empty, do not begin with a dot (so neither "." nor ".." nor hidden), hold no
// backslash, no control character, and neither ';' nor '*', which mean something in G-code.
std::variant<virtual_path, std::string> parse_virtual_path(std::string_view text);

// Why a single name cannot be a segment of a virtual path; nothing if it can.
std::optional<std::string_view> fault_of_segment(std::string_view name);

// Whether the name ends in one of .gcode, .gco, .g, in any case, and has something before that.
bool has_gcode_name(std::string_view name);

// Whether the bytes are well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view bytes);

} // namespace layerline::commands
