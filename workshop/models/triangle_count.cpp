#include "workshop/models/triangle_count.hpp"

#include "workshop/models/import_limits.hpp"
#include "workshop/models/model_words.hpp"
#include "workshop/models/off.hpp"
#include "workshop/models/ply.hpp"
#include "workshop/models/ply_header.hpp"
#include "workshop/models/zip_archive.hpp"

#include <algorithm>
#include <optional>

namespace layerline::workshop {

namespace {

constexpr std::uint64_t stl_header = 84, stl_row = 50;
constexpr std::uint64_t least_ply_row = 4, least_off_row = 6; // "\3" and three bytes; "3 0 1 2" has more
constexpr std::uint64_t packed_row = 10, ascii_stl_row = 150, other_row = 25;

std::uint64_t rows_in(std::uint64_t file_bytes, std::uint64_t each)
{
    return file_bytes / each + 1;
}

// Of a file that has just the size that its count says.
std::optional<std::uint64_t> in_binary_stl(std::string_view head, std::uint64_t file_bytes)
{
    if (head.size() < stl_header) return std::nullopt;
    std::uint64_t count = 0;
    for (std::size_t i = 4; i-- > 0;)
        count = count << 8U | static_cast<unsigned char>(head[80 + i]);
    if (file_bytes != stl_header + stl_row * count) return std::nullopt;
    return count;
}

std::optional<std::uint64_t> in_ply(std::string_view head, std::uint64_t file_bytes)
{
    const auto header = read_ply_header(head);
    if (header.has_error()) return std::nullopt;
    for (const auto& element : header->elements)
        if (element.name == "face")
            return std::min<std::uint64_t>(element.rows, rows_in(file_bytes, least_ply_row));
    return std::nullopt;
}

std::optional<std::uint64_t> in_off(std::string_view head, std::uint64_t file_bytes)
{
    model_words words(head, '#');
    words.next();
    words.next();
    const auto faces = whole_in(words.next());
    if (!faces || *faces < 0) return std::nullopt;
    return std::min(static_cast<std::uint64_t>(*faces), rows_in(file_bytes, least_off_row));
}

std::uint64_t told_or_guessed(std::string_view head, std::uint64_t file_bytes)
{
    if (const auto count = in_binary_stl(head, file_bytes)) return *count;
    if (looks_like_zip(head)) return rows_in(file_bytes, packed_row);
    if (looks_like_ply(head)) return in_ply(head, file_bytes).value_or(rows_in(file_bytes, other_row));
    if (looks_like_off(head)) return in_off(head, file_bytes).value_or(rows_in(file_bytes, other_row));
    model_words words(head, '#');
    return rows_in(file_bytes, words.next() == "solid" ? ascii_stl_row : other_row);
}

} // namespace

std::uint64_t triangles_expected(std::string_view head, std::uint64_t file_bytes)
{
    return std::min<std::uint64_t>(told_or_guessed(head, file_bytes), import_limits().max_triangles);
}

} // namespace layerline::workshop
