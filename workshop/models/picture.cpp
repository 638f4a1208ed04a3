#include "workshop/models/picture.hpp"

#include <array>
#include <utility>

namespace layerline::workshop {

namespace {

using namespace std::string_view_literals; // NOLINT(google-build-using-namespace): of literals only

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> beginnings{{
    {"\x89PNG\r\n\x1a\n"sv, "a PNG picture"sv},
    {"\xff\xd8\xff"sv, "a JPEG picture"sv},
    {"GIF8"sv, "a GIF picture"sv},
    {"BM"sv, "a BMP picture"sv},
    {"II*\0"sv, "a TIFF picture"sv},
    {"MM\0*"sv, "a TIFF picture"sv},
    {"8BPS"sv, "a Photoshop picture"sv},
    {"<svg"sv, "an SVG drawing"sv},
}};

} // namespace

std::optional<std::string_view> picture_kind(std::string_view bytes)
{
    for (const auto& [begin, what] : beginnings)
        if (bytes.starts_with(begin)) return what;
    if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) return "a WebP picture";
    return std::nullopt;
}

} // namespace layerline::workshop
