#include "workshop/models/file_kind.hpp"

#include <array>

namespace layerline::workshop {

namespace {

using namespace std::string_view_literals; // NOLINT(google-build-using-namespace): of literals only

struct beginning {
    std::string_view bytes;
    file_kind kind;
};

constexpr std::array beginnings{
    beginning{"\x89PNG\r\n\x1a\n"sv, {"a PNG picture"sv, true}},
    beginning{"\xff\xd8\xff"sv, {"a JPEG picture"sv, true}},
    beginning{"GIF8"sv, {"a GIF picture"sv, true}},
    beginning{"BM"sv, {"a BMP picture"sv, true}},
    beginning{"II*\0"sv, {"a TIFF picture"sv, true}},
    beginning{"MM\0*"sv, {"a TIFF picture"sv, true}},
    beginning{"8BPS"sv, {"a Photoshop picture"sv, true}},
    beginning{"<svg"sv, {"an SVG drawing"sv, true}},
    beginning{"%PDF-"sv, {"a PDF document"sv}},
    beginning{"\x7f"
              "ELF"sv,
              {"a program"sv}},
    beginning{"MZ"sv, {"a Windows program"sv}},
    beginning{"\x1f\x8b"sv, {"a gzip archive"sv}},
    beginning{"7z\xbc\xaf\x27\x1c"sv, {"a 7z archive"sv}},
    beginning{"Rar!"sv, {"a RAR archive"sv}},
    beginning{"\xfd"
              "7zXZ"sv,
              {"an xz archive"sv}},
    beginning{"BZh"sv, {"a bzip2 archive"sv}},
    beginning{"OggS"sv, {"sound or video"sv}},
    beginning{"ID3"sv, {"sound"sv}},
    beginning{"\x1a\x45\xdf\xa3"sv, {"video"sv}},
    beginning{"<!DOCTYPE html"sv, {"a web page"sv}},
    beginning{"<html"sv, {"a web page"sv}},
};

} // namespace

std::optional<file_kind> kind_of_no_model(std::string_view bytes)
{
    for (const auto& [begin, kind] : beginnings)
        if (bytes.starts_with(begin)) return kind;
    if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP"))
        return file_kind{"a WebP picture", true};
    return std::nullopt;
}

} // namespace layerline::workshop
