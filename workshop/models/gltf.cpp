#include "workshop/models/gltf.hpp"

#include "workshop/models/gltf_accessor.hpp"
#include "workshop/models/gltf_scene.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr std::uint64_t mode_triangles = 4, mode_strip = 5, mode_fan = 6;
constexpr std::uint32_t unused = UINT32_MAX;

// The meshes of a file, each read once; primitives may share positions, which are read once, too.
class gltf_meshes {
public:
    gltf_meshes(const gltf_document& file, const import_limits& limits) : file_(file), limits_(limits) {}

    model_result<const mesh*> at(std::uint64_t number)
    {
        const auto known = meshes_.find(number);
        if (known != meshes_.end()) return &known->second;
        const auto about = element_of(file_.json, "meshes", number);
        if (about.has_error()) return about.error();
        const auto name = "meshes[" + std::to_string(number) + "]";
        const auto all = (*about)->find("primitives");
        if (all == (*about)->end() || !all->is_array())
            return unreadable(name + " has no list of primitives.");
        mesh made;
        for (std::size_t i = 0; i < all->size(); ++i) {
            const auto place = name + ".primitives[" + std::to_string(i) + "]";
            if (!(*all)[i].is_object()) return unreadable(place + " is no object.");
            if (const auto done = add((*all)[i], place, made); done.has_error()) return done.error();
        }
        return &meshes_.emplace(number, std::move(made)).first->second;
    }

private:
    struct shared_points {
        std::vector<point> all;
        std::vector<std::uint32_t> slots; // where a primitive puts them, while it is read
    };

    model_result<shared_points*> positions(std::uint64_t accessor)
    {
        const auto known = points_.find(accessor);
        if (known != points_.end()) return &known->second;
        auto read = read_positions(file_, accessor, 3 * limits_.max_triangles - read_points_);
        if (read.has_error()) return read.error();
        read_points_ += read->size();
        for (std::size_t i = 0; i < read->size(); ++i)
            if (!sane((*read)[i], largest))
                return unreadable("accessors[" + std::to_string(accessor) + "], entry " + std::to_string(i) +
                                  ": a coordinate is no number, or absurd.");
        shared_points one{*std::move(read), {}};
        one.slots.assign(one.all.size(), unused);
        return &points_.emplace(accessor, std::move(one)).first->second;
    }

    // The corners of its triangles, three after three.
    static std::vector<std::uint32_t> corners_of(std::uint64_t mode, std::vector<std::uint32_t> run)
    {
        if (mode == mode_triangles || run.size() < 3) {
            run.resize(run.size() / 3 * 3);
            return run;
        }
        std::vector<std::uint32_t> all;
        all.reserve(3 * (run.size() - 2));
        for (std::size_t i = 0; i + 2 < run.size(); ++i) {
            auto a = run[i], b = run[i + 1], c = run[i + 2];
            if (mode == mode_fan)
                a = run[0];
            else if (i % 2 == 1)
                std::swap(b, c); // every other one of a strip is turned
            if (a != b && b != c && c != a) all.insert(all.end(), {a, b, c}); // others only join strips
        }
        return all;
    }

    model_result<void> add(const json& primitive, const std::string& place, mesh& made)
    {
        const auto mode = whole_of(primitive, "mode", mode_triangles, place);
        if (mode.has_error()) return mode.error();
        if (*mode < mode_triangles) return {}; // points and lines
        if (*mode > mode_fan) return unreadable(place + ".mode is none that there is.");
        const auto attributes = primitive.find("attributes");
        if (attributes == primitive.end() || !attributes->is_object())
            return unreadable(place + " has no attributes.");
        const auto accessor = whole_of(*attributes, "POSITION", no_number, place + ".attributes");
        if (accessor.has_error()) return accessor.error();
        if (*accessor == no_number) return {}; // the standard: not shown
        const auto points = positions(*accessor);
        if (points.has_error()) return points.error();
        const auto indices = whole_of(primitive, "indices", no_number, place);
        if (indices.has_error()) return indices.error();
        std::vector<std::uint32_t> run;
        // Of strips some corners only join, so that more may come than triangles do.
        const auto most = 6 * limits_.max_triangles - read_corners_;
        if (*indices != no_number) {
            auto read = read_indices(file_, *indices, most);
            if (read.has_error()) return read.error();
            run = *std::move(read);
        } else {
            if ((*points)->all.size() > most)
                return too_many((*points)->all.size() / 3, limits_.max_triangles);
            run.resize((*points)->all.size());
            std::iota(run.begin(), run.end(), 0U);
        }
        read_corners_ += run.size();
        for (const auto one : run)
            if (one >= (*points)->all.size())
                return unreadable(place + ": corner " + std::to_string(one) + " is none of its " +
                                  std::to_string((*points)->all.size()) + " points.");
        return put(corners_of(*mode, std::move(run)), **points, made);
    }

    // Only the points that are used, in their order.
    model_result<void> put(const std::vector<std::uint32_t>& corners, shared_points& from, mesh& made)
    {
        const auto count = made.triangles.size() + corners.size() / 3;
        if (count > limits_.max_triangles) return too_many(count, limits_.max_triangles);
        std::vector<std::uint32_t> used;
        for (const auto one : corners)
            if (std::exchange(from.slots[one], 0) == unused) used.push_back(one);
        std::sort(used.begin(), used.end());
        for (const auto one : used) {
            from.slots[one] = static_cast<std::uint32_t>(made.points.size());
            made.points.push_back(from.all[one]);
        }
        for (std::size_t i = 0; i + 2 < corners.size(); i += 3)
            made.triangles.push_back(
                {from.slots[corners[i]], from.slots[corners[i + 1]], from.slots[corners[i + 2]]});
        for (const auto one : used)
            from.slots[one] = unused;
        return {};
    }

    // In the file's own numbers, before the transforms: as far as floats are exact enough.
    static constexpr float largest = 1e12F;
    const gltf_document& file_;
    const import_limits& limits_;
    std::map<std::uint64_t, mesh> meshes_;
    std::map<std::uint64_t, shared_points> points_;
    std::size_t read_points_ = 0, read_corners_ = 0;
};

void put_word(std::string& to, std::uint32_t value)
{
    for (unsigned i = 0; i < 4; ++i)
        to += static_cast<char>(value >> 8 * i & 0xffU);
}

void put_chunk(std::string& to, std::uint32_t kind, std::string bytes, char filler)
{
    bytes.resize((bytes.size() + 3) / 4 * 4, filler);
    put_word(to, static_cast<std::uint32_t>(bytes.size()));
    put_word(to, kind);
    to += bytes;
}

json described(const mesh& model)
{
    auto least = model.points.front(), most = least;
    for (const auto& at : model.points) {
        least = {std::min(least.x, at.x), std::min(least.y, at.y), std::min(least.z, at.z)};
        most = {std::max(most.x, at.x), std::max(most.y, at.y), std::max(most.z, at.z)};
    }
    constexpr int as_float = 5126, as_whole = 5125, for_points = 34962, for_indices = 34963;
    const auto point_bytes = 12 * model.points.size(), index_bytes = 12 * model.triangles.size();
    json all{{"asset", {{"version", "2.0"}, {"generator", "Layerline"}}},
             {"scene", 0},
             {"scenes", {{{"nodes", {0}}}}}};
    all["nodes"] = json::array(
        {{{"mesh", 0}, {"matrix", {0.001, 0, 0, 0, 0, 0, -0.001, 0, 0, 0.001, 0, 0, 0, 0, 0, 1}}}});
    all["meshes"] =
        json::array({{{"primitives", json::array({{{"attributes", {{"POSITION", 0}}}, {"indices", 1}}})}}});
    all["buffers"] = json::array({{{"byteLength", point_bytes + index_bytes}}});
    all["bufferViews"] = json::array(
        {{{"buffer", 0}, {"byteOffset", 0}, {"byteLength", point_bytes}, {"target", for_points}},
         {{"buffer", 0}, {"byteOffset", point_bytes}, {"byteLength", index_bytes}, {"target", for_indices}}});
    all["accessors"] = json::array({{{"bufferView", 0},
                                     {"componentType", as_float},
                                     {"count", model.points.size()},
                                     {"type", "VEC3"},
                                     {"min", {least.x, least.y, least.z}},
                                     {"max", {most.x, most.y, most.z}}},
                                    {{"bufferView", 1},
                                     {"componentType", as_whole},
                                     {"count", 3 * model.triangles.size()},
                                     {"type", "SCALAR"}}});
    return all;
}

} // namespace

model_result<mesh> read_gltf(std::string_view bytes, const import_limits& limits, const gltf_limits& text)
{
    const auto file = open_gltf(bytes, text);
    if (file.has_error()) return file.error();
    const auto shown = shown_meshes(file->json);
    if (shown.has_error()) return shown.error();
    gltf_meshes meshes(*file, limits);
    mesh made;
    for (const auto& one : *shown) {
        const auto surface = meshes.at(one.number);
        if (surface.has_error()) return surface.error();
        if (const auto done = add_placed(made, **surface, one.where, limits); done.has_error())
            return done.error();
    }
    if (made.triangles.empty()) return unreadable("The file's scene shows no triangle.");
    return made;
}

std::string write_glb(const mesh& model)
{
    constexpr std::uint32_t version = 2, json_chunk = 0x4E4F534A, binary_chunk = 0x004E4942;
    std::string chunks;
    if (model.triangles.empty() || model.points.empty()) { // the standard has no accessors without entries
        put_chunk(chunks, json_chunk, R"({"asset":{"version":"2.0"}})", ' ');
    } else {
        put_chunk(chunks, json_chunk, described(model).dump(), ' ');
        std::string binary;
        binary.reserve(12 * (model.points.size() + model.triangles.size()));
        for (const auto& at : model.points)
            for (const auto value : {at.x, at.y, at.z})
                put_word(binary, std::bit_cast<std::uint32_t>(value));
        for (const auto& one : model.triangles)
            for (const auto corner : one)
                put_word(binary, corner);
        put_chunk(chunks, binary_chunk, std::move(binary), '\0');
    }
    std::string out = "glTF";
    put_word(out, version);
    put_word(out, static_cast<std::uint32_t>(chunks.size() + 12));
    return out + chunks;
}

} // namespace layerline::workshop
