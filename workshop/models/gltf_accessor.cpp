#include "workshop/models/gltf_accessor.hpp"

#include "workshop/models/import_limits.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <string>
#include <utility>

namespace layerline::workshop {

namespace {

using nlohmann::json;

struct component {
    std::uint64_t code;
    std::size_t size;
    bool with_sign, real;
};
constexpr std::array components{component{5120, 1, true, false},  component{5121, 1, false, false},
                                component{5122, 2, true, false},  component{5123, 2, false, false},
                                component{5125, 4, false, false}, component{5126, 4, true, true}};
constexpr std::size_t longest_stride = 252;

// Rows of numbers within a buffer; without bytes all are 0.
struct rows {
    std::string_view bytes;
    std::size_t stride = 0, width = 1;
    component kind{};

    double at(std::size_t row, std::size_t column) const
    {
        if (bytes.empty()) return 0;
        const auto from = row * stride + column * kind.size;
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < kind.size; ++i)
            bits |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[from + i])) << 8 * i;
        if (kind.real) return std::bit_cast<float>(bits);
        if (kind.with_sign && kind.size == 1) return static_cast<std::int8_t>(bits);
        if (kind.with_sign && kind.size == 2) return static_cast<std::int16_t>(bits);
        return bits;
    }
    double largest() const // of a normalised integer, which stands for 1
    {
        const auto bits = 8 * kind.size - (kind.with_sign ? 1 : 0);
        return static_cast<double>((std::uint64_t{1} << bits) - 1);
    }
};

model_result<component> component_of(const json& object, const std::string& place)
{
    const auto code = whole_of(object, "componentType", 0, place);
    if (code.has_error()) return code.error();
    for (const auto& one : components)
        if (one.code == *code) return one;
    return unreadable(place + ".componentType is none that there is.");
}

// `count` rows behind `offset` in a buffer view.
model_result<rows> rows_in(const gltf_document& file, std::uint64_t view, std::uint64_t offset,
                           std::uint64_t count, std::size_t width, const component& kind,
                           const std::string& place)
{
    const auto about = element_of(file.json, "bufferViews", view);
    if (about.has_error()) return unreadable(place + ": " + about.error().detail);
    const auto name = "bufferViews[" + std::to_string(view) + "]";
    const auto buffer = whole_of(**about, "buffer", no_number, name);
    const auto from = whole_of(**about, "byteOffset", 0, name);
    const auto size = whole_of(**about, "byteLength", no_number, name);
    const auto row = width * kind.size;
    const auto stride = whole_of(**about, "byteStride", row, name);
    for (const auto* const one : {&buffer, &from, &size, &stride})
        if (one->has_error()) return one->error();
    if (*buffer >= file.buffers.size()) return unreadable(name + " names no buffer of the file.");
    const auto& bytes = file.buffers[*buffer];
    if (*from > bytes.size() || *size > bytes.size() - *from)
        return unreadable(name + " reaches past the end of its buffer, of " + std::to_string(bytes.size()) +
                          " bytes.");
    if (*stride < row || *stride > std::max(longest_stride, row))
        return unreadable(name + ".byteStride does not fit its numbers.");
    // Counts are at most some millions and strides 252: nothing overflows.
    if (offset > *size || (count - 1) * *stride + row > *size - offset)
        return unreadable(place + " reaches past the end of " + name + ", of " + std::to_string(*size) +
                          " bytes.");
    return rows{bytes.substr(*from + offset, *size - offset), *stride, width, kind};
}

struct sparse_rows {
    std::size_t count = 0;
    rows places, values;
};

model_result<std::optional<sparse_rows>> sparse_of(const gltf_document& file, const json& accessor,
                                                   std::uint64_t count, std::size_t width,
                                                   const component& kind, const std::string& place)
{
    const auto found = accessor.find("sparse");
    if (found == accessor.end()) return std::optional<sparse_rows>();
    const auto inner = place + ".sparse";
    const auto part = [&](const char* name) -> const json* {
        const auto hit = found->is_object() ? found->find(name) : found->end();
        return hit != found->end() && hit->is_object() ? &*hit : nullptr;
    };
    const auto* const places = part("indices");
    const auto* const values = part("values");
    if (places == nullptr || values == nullptr) return unreadable(inner + " lacks its indices or values.");
    sparse_rows all;
    const auto changed = whole_of(*found, "count", 0, inner);
    if (changed.has_error()) return changed.error();
    if (*changed == 0 || *changed > count) return unreadable(inner + ".count does not fit its accessor.");
    all.count = *changed;
    const auto index = component_of(*places, inner + ".indices");
    if (index.has_error()) return index.error();
    if (index->with_sign) return unreadable(inner + ".indices are no whole numbers from 0.");
    for (const auto& [about, into, columns, type] : {std::tuple{places, &all.places, std::size_t{1}, *index},
                                                     std::tuple{values, &all.values, width, kind}}) {
        const auto view = whole_of(*about, "bufferView", no_number, inner);
        const auto offset = whole_of(*about, "byteOffset", 0, inner);
        if (view.has_error()) return view.error();
        if (offset.has_error()) return offset.error();
        auto read = rows_in(file, *view, *offset, *changed, columns, type, inner);
        if (read.has_error()) return read.error();
        *into = *read;
    }
    for (std::size_t i = 0; i < all.count; ++i)
        if (all.places.at(i, 0) >= static_cast<double>(count))
            return unreadable(inner + " changes what the accessor does not have.");
    return std::optional(all);
}

struct accessor_rows {
    std::size_t count = 0;
    rows base;
    std::optional<sparse_rows> sparse;
    bool normalized = false;
};

model_result<accessor_rows> open_accessor(const gltf_document& file, std::uint64_t number,
                                          std::string_view type, std::size_t width, std::size_t most)
{
    const auto about = element_of(file.json, "accessors", number);
    if (about.has_error()) return about.error();
    const auto& accessor = **about;
    const auto place = "accessors[" + std::to_string(number) + "]";
    const auto told = accessor.find("type");
    if (told == accessor.end() || !told->is_string() || told->get_ref<const std::string&>() != type)
        return unreadable(place + " is not of the type " + std::string(type) + ".");
    const auto kind = component_of(accessor, place);
    if (kind.has_error()) return kind.error();
    const auto count = whole_of(accessor, "count", 0, place);
    if (count.has_error()) return count.error();
    if (*count == 0) return unreadable(place + " is empty.");
    if (*count > most)
        return model_failure{model_errc::not_convertible, place + " has " + std::to_string(*count) +
                                                              " entries; at most " + std::to_string(most) +
                                                              " are taken."};
    accessor_rows all;
    all.count = *count;
    all.base.kind = *kind;
    all.base.width = width;
    const auto flag = accessor.find("normalized");
    all.normalized = flag != accessor.end() && flag->is_boolean() && flag->get<bool>();
    const auto view = whole_of(accessor, "bufferView", no_number, place);
    const auto offset = whole_of(accessor, "byteOffset", 0, place);
    if (view.has_error()) return view.error();
    if (offset.has_error()) return offset.error();
    if (*view != no_number) {
        auto read = rows_in(file, *view, *offset, *count, width, *kind, place);
        if (read.has_error()) return read.error();
        all.base = *read;
    }
    auto sparse = sparse_of(file, accessor, *count, width, *kind, place);
    if (sparse.has_error()) return sparse.error();
    all.sparse = *sparse;
    return all;
}

} // namespace

model_result<std::vector<point>> read_positions(const gltf_document& file, std::uint64_t accessor,
                                                std::size_t most)
{
    const auto opened = open_accessor(file, accessor, "VEC3", 3, most);
    if (opened.has_error()) return opened.error();
    const auto& kind = opened->base.kind;
    if (kind.size == 4 && !kind.real)
        return unreadable("accessors[" + std::to_string(accessor) +
                          "] holds whole numbers of 32 bits, no positions.");
    const auto scale = opened->normalized && !kind.real ? 1 / opened->base.largest() : 1.0;
    const auto floor = opened->normalized && kind.with_sign && !kind.real ? -1.0 : -1e300;
    const auto place = [&](const rows& from, std::size_t row) {
        const auto value = [&](std::size_t axis) {
            const auto read = from.at(row, axis) * scale;
            return static_cast<float>(read < floor ? floor
                                                   : read); // NaN stays and is refused where it is used
        };
        return point{value(0), value(1), value(2)};
    };
    std::vector<point> all(opened->count);
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = place(opened->base, i);
    if (opened->sparse)
        for (std::size_t i = 0; i < opened->sparse->count; ++i)
            all[static_cast<std::size_t>(opened->sparse->places.at(i, 0))] = place(opened->sparse->values, i);
    return all;
}

model_result<std::vector<std::uint32_t>> read_indices(const gltf_document& file, std::uint64_t accessor,
                                                      std::size_t most)
{
    const auto opened = open_accessor(file, accessor, "SCALAR", 1, most);
    if (opened.has_error()) return opened.error();
    if (opened->base.kind.with_sign)
        return unreadable("accessors[" + std::to_string(accessor) + "] holds no indices.");
    std::vector<std::uint32_t> all(opened->count);
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<std::uint32_t>(opened->base.at(i, 0));
    if (opened->sparse)
        for (std::size_t i = 0; i < opened->sparse->count; ++i)
            all[static_cast<std::size_t>(opened->sparse->places.at(i, 0))] =
                static_cast<std::uint32_t>(opened->sparse->values.at(i, 0));
    return all;
}

} // namespace layerline::workshop
