#include "workshop/models/ply.hpp"

#include "workshop/models/model_words.hpp"
#include "workshop/models/ply_header.hpp"
#include "workshop/models/polygon.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace layerline::workshop {

namespace {

constexpr double most_corners = 100'000; // of one face

// One value after the other, as numbers; doubles hold all of PLY's types.
class text_values {
public:
    explicit text_values(std::string_view text) : words_(text) {}
    std::optional<double> next(ply_type /*type*/)
    {
        const auto read = number_double(words_.next());
        return read;
    }
    // Whether that many rows could be there at all: two bytes each.
    bool may_hold(std::size_t rows, std::size_t /*row_bytes*/) const { return rows <= words_.left() / 2 + 1; }

private:
    static std::optional<double> number_double(std::string_view word)
    {
        // Indices are exact as whole numbers; a float would lose those over 16 million.
        if (const auto whole = whole_in(word)) return static_cast<double>(*whole);
        const auto number = number_in(word);
        return number ? std::optional<double>(*number) : std::nullopt;
    }
    model_words words_;
};

class binary_values {
public:
    binary_values(std::string_view bytes, bool big_endian) : rest_(bytes), swapped_(big_endian)
    {
        static_assert(std::endian::native == std::endian::little);
    }
    std::optional<double> next(ply_type type)
    {
        switch (type) {
        case ply_type::int8:
            return take<std::int8_t>();
        case ply_type::uint8:
            return take<std::uint8_t>();
        case ply_type::int16:
            return take<std::int16_t>();
        case ply_type::uint16:
            return take<std::uint16_t>();
        case ply_type::int32:
            return take<std::int32_t>();
        case ply_type::uint32:
            return take<std::uint32_t>();
        case ply_type::float32:
            return take<float>();
        case ply_type::float64:
            break;
        }
        return take<double>();
    }
    bool may_hold(std::size_t rows, std::size_t row_bytes) const { return rows <= rest_.size() / row_bytes; }

private:
    template <class T>
    std::optional<double> take()
    {
        if (rest_.size() < sizeof(T)) return std::nullopt;
        std::array<char, sizeof(T)> bytes{};
        std::copy_n(rest_.begin(), sizeof(T), bytes.begin());
        if (swapped_) std::reverse(bytes.begin(), bytes.end());
        rest_.remove_prefix(sizeof(T));
        T value{};
        std::memcpy(&value, bytes.data(), sizeof(T));
        return static_cast<double>(value);
    }
    std::string_view rest_;
    bool swapped_;
};

std::size_t least_row_bytes(const ply_element& element)
{
    std::size_t sum = 0;
    for (const auto& one : element.properties)
        sum += bytes_of(one.count ? *one.count : one.type);
    return sum;
}

std::string row_words(const ply_element& element, std::size_t row)
{
    return element.name + " " + std::to_string(row + 1) + " of " + std::to_string(element.rows);
}

template <class Values>
class ply_reader {
public:
    ply_reader(Values values, const import_limits& limits) : values_(std::move(values)), limits_(limits) {}

    model_result<mesh> read(const ply_header& header)
    {
        for (const auto& element : header.elements) {
            if (element.properties.empty()) continue;
            if (!values_.may_hold(element.rows, least_row_bytes(element)))
                return unreadable(std::to_string(element.rows) + " of \"" + element.name +
                                  "\" are announced, more than the file can hold. It may be cut off.");
            if (element.name == "vertex" && element.rows > 3 * limits_.max_triangles)
                return model_failure{model_errc::not_convertible,
                                     "The model has " + std::to_string(element.rows) + " points."};
            for (std::size_t row = 0; row < element.rows; ++row)
                if (const auto done = read_row(element, row); done.has_error()) return done.error();
        }
        if (model_.triangles.empty()) return unreadable("The file has no faces.");
        for (const auto& one : model_.triangles)
            for (const auto corner : one)
                if (corner >= model_.points.size())
                    return unreadable("A face has a corner that is none of the points.");
        return std::move(model_);
    }

private:
    model_result<void> read_row(const ply_element& element, std::size_t row)
    {
        const bool is_vertex = element.name == "vertex", is_face = element.name == "face";
        point at;
        for (const auto& property : element.properties) {
            if (property.count) {
                const bool corners =
                    is_face && (property.name == "vertex_indices" || property.name == "vertex_index");
                if (auto done = read_list(property, element, row, corners); done.has_error()) return done;
                continue;
            }
            const auto value = values_.next(property.type);
            if (!value) return unreadable("It ends, or has no number, in " + row_words(element, row) + ".");
            if (!is_vertex) continue;
            if (property.name == "x") at.x = static_cast<float>(*value);
            if (property.name == "y") at.y = static_cast<float>(*value);
            if (property.name == "z") at.z = static_cast<float>(*value);
        }
        if (!is_vertex) return {};
        if (!sane(at, limits_.max_coordinate))
            return unreadable("In " + row_words(element, row) +
                              " is no number, or one over a kilometre away.");
        model_.points.push_back(at);
        return {};
    }

    model_result<void> read_list(const ply_property& property, const ply_element& element, std::size_t row,
                                 bool corners)
    {
        const auto count = values_.next(*property.count);
        if (!count || !(*count >= 0 && *count <= most_corners) || *count != std::floor(*count))
            return unreadable("In " + row_words(element, row) + " is no good number of a list's parts.");
        std::vector<std::uint32_t> indices;
        for (double i = 0; i < *count; ++i) {
            const auto value = values_.next(property.type);
            if (!value) return unreadable("It ends, or has no number, in " + row_words(element, row) + ".");
            if (!corners) continue;
            if (!(*value >= 0 && *value < std::numeric_limits<std::uint32_t>::max()) ||
                *value != std::floor(*value))
                return unreadable("In " + row_words(element, row) +
                                  " is a corner that is none of the points.");
            indices.push_back(static_cast<std::uint32_t>(*value));
        }
        if (indices.size() < 3) return {};
        if (model_.triangles.size() + indices.size() - 2 > limits_.max_triangles)
            return too_many(model_.triangles.size() + indices.size() - 2, limits_.max_triangles);
        // A polygon is taken apart by its points' places, which must be known by now.
        if (std::any_of(indices.begin(), indices.end(),
                        [&](auto one) { return one >= model_.points.size(); }))
            return unreadable("In " + row_words(element, row) + " is a corner that is none of the " +
                              std::to_string(model_.points.size()) + " points before it.");
        add_polygon(model_, indices);
        return {};
    }

    Values values_;
    const import_limits& limits_;
    mesh model_;
};

template <class T>
void append(std::string& to, T value)
{
    std::array<char, sizeof(T)> bytes{};
    std::memcpy(bytes.data(), &value, sizeof(T));
    to.append(bytes.data(), bytes.size());
}

} // namespace

bool looks_like_ply(std::string_view bytes)
{
    return bytes.starts_with("ply\n") || bytes.starts_with("ply\r");
}

model_result<mesh> read_ply(std::string_view bytes, const import_limits& limits)
{
    const auto header = read_ply_header(bytes);
    if (header.has_error()) return header.error();
    const auto rest = bytes.substr(header->bytes);
    if (header->form == ply_form::text) return ply_reader(text_values(rest), limits).read(*header);
    return ply_reader(binary_values(rest, header->form == ply_form::big_endian), limits).read(*header);
}

std::string write_ply(const mesh& model)
{
    std::string out = "ply\nformat binary_little_endian 1.0\ncomment Layerline, mm\nelement vertex " +
                      std::to_string(model.points.size()) +
                      "\nproperty float x\nproperty float y\nproperty float z\nelement face " +
                      std::to_string(model.triangles.size()) +
                      "\nproperty list uchar uint vertex_indices\nend_header\n";
    out.reserve(out.size() + 12 * model.points.size() + 13 * model.triangles.size());
    for (const auto& at : model.points)
        for (const auto value : {at.x, at.y, at.z})
            append(out, value);
    for (const auto& one : model.triangles) {
        append(out, std::uint8_t{3});
        for (const auto corner : one)
            append(out, corner);
    }
    return out;
}

} // namespace layerline::workshop
