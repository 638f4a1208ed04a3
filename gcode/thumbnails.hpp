// Pictures that slicers write into a file's head as comments:
//   ; thumbnail begin 220x124 12345     (also thumbnail_JPG, thumbnail_QOI; the number counts base64
//   characters) ; iVBORw0KGgo… ; thumbnail end
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::gcode {

inline constexpr std::size_t max_thumbnails = 16;
inline constexpr std::size_t max_thumbnail_text = std::size_t{4} << 20U; // of base64, one picture

struct thumbnail {
    int width = 0, height = 0; // as the comment says, 1..4096
    std::string base64;        // without blanks and line ends; not looked into
};

// Takes a file's head line by line, until its first command: there are no pictures behind that.
class thumbnail_reader {
public:
    // One line without its end. False when no more are wanted.
    bool take(std::string_view line);
    // The whole ones so far, in the file's order.
    const std::vector<thumbnail>& found() const { return found_; }

private:
    std::vector<thumbnail> found_;
    thumbnail open_;
    std::size_t announced_ = 0; // characters of the one being read
    bool reading_ = false;
};

} // namespace layerline::gcode
