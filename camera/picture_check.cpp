// By the first bytes for a JPEG, by the told type for the others.
#include "camera/picture_check.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace layerline::camera {

namespace {

using namespace std::string_view_literals;

constexpr auto jpeg_begin = "\xff\xd8\xff"sv, jpeg_end = "\xff\xd9"sv;
// How far into the bytes a JPEG may begin: a camera's own small head, or a line's end too many.
constexpr std::size_t farthest_begin = 256;

// What a browser shows and never runs. SVG is not among them: it can hold scripts.
struct other_type {
    std::string_view type, begins_with;
};
constexpr std::array others{other_type{"image/png", "\x89PNG"}, other_type{"image/gif", "GIF8"},
                            other_type{"image/webp", "RIFF"}, other_type{"image/avif", ""}};

bool mend_jpeg(std::string& bytes, std::size_t begin)
{
    bytes.erase(0, begin);
    const auto last = bytes.find_last_not_of("\0\r\n"sv);
    bytes.resize(last + 1); // it begins with jpeg_begin, so there is a last one
    if (!bytes.ends_with(jpeg_end)) bytes += jpeg_end;
    return bytes.size() > jpeg_begin.size() + jpeg_end.size();
}

} // namespace

bool mend_picture(frame_part& part)
{
    part.fields.clear();
    const std::string_view bytes(part.bytes);
    const auto begin = bytes.substr(0, farthest_begin).find(jpeg_begin);
    if (begin != std::string_view::npos) {
        part.type = "image/jpeg";
        return mend_jpeg(part.bytes, begin);
    }
    return std::any_of(others.begin(), others.end(), [&](const other_type& one) {
        return part.type == one.type && bytes.starts_with(one.begins_with) && !bytes.empty();
    });
}

} // namespace layerline::camera
