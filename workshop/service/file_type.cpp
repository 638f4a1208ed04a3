#include "workshop/service/file_type.hpp"

#include <array>
#include <string>
#include <utility>

namespace layerline::workshop {

namespace {

using namespace std::string_view_literals; // NOLINT(google-build-using-namespace): of literals only

constexpr std::array<std::pair<std::string_view, std::string_view>, 13> beginnings{{
    {"%PDF-"sv, "a PDF document"sv},
    {"\x7f"
     "ELF"sv,
     "a program"sv},
    {"MZ"sv, "a Windows program"sv},
    {"\x1f\x8b"sv, "a gzip archive"sv},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7z archive"sv},
    {"Rar!"sv, "a RAR archive"sv},
    {"\xfd"
     "7zXZ"sv,
     "an xz archive"sv},
    {"BZh"sv, "a bzip2 archive"sv},
    {"OggS"sv, "sound or video"sv},
    {"ID3"sv, "sound"sv},
    {"\x1a\x45\xdf\xa3"sv, "video"sv},
    {"<!DOCTYPE html"sv, "a web page"sv},
    {"<html"sv, "a web page"sv},
}};

} // namespace

std::optional<std::string_view> no_model(std::string_view head)
{
    for (const auto& [bytes, what] : beginnings)
        if (head.starts_with(bytes)) return what;
    return std::nullopt;
}

} // namespace layerline::workshop
