#include "workshop/models/gltf_scene.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>

namespace layerline::workshop {

namespace {

using nlohmann::json;

// Metres with Y upward to millimetres with Z upward: X stays, Y becomes Z, Z becomes -Y.
constexpr placement upright{{1000, 0, 0, 0, 0, 1000, 0, -1000, 0, 0, 0, 0}};

// Numbers of a list, which stay as they are where there is none.
template <std::size_t Count>
model_result<std::array<double, Count>> numbers_of(const json& object, std::string_view name,
                                                   std::array<double, Count> all, const std::string& place)
{
    const auto found = object.find(name);
    if (found == object.end()) return all;
    bool good = found->is_array() && found->size() == Count;
    for (std::size_t i = 0; good && i < Count; ++i) {
        good = (*found)[i].is_number();
        if (good) all.at(i) = (*found)[i].template get<double>();
    }
    if (!good)
        return unreadable(place + "." + std::string(name) + " needs " + std::to_string(Count) + " numbers.");
    return all;
}

model_result<placement> placement_of(const json& node, const std::string& place)
{
    placement where;
    if (node.contains("matrix")) {
        const auto matrix = numbers_of<16>(node, "matrix", {}, place);
        if (matrix.has_error()) return matrix.error();
        for (std::size_t row = 0; row < 4; ++row) // its columns, one after the other
            for (std::size_t axis = 0; axis < 3; ++axis)
                where.numbers.at(3 * row + axis) = matrix->at(4 * row + axis);
        return where;
    }
    const auto moved = numbers_of<3>(node, "translation", {0, 0, 0}, place);
    const auto turned = numbers_of<4>(node, "rotation", {0, 0, 0, 1}, place);
    const auto scaled = numbers_of<3>(node, "scale", {1, 1, 1}, place);
    if (moved.has_error()) return moved.error();
    if (turned.has_error()) return turned.error();
    if (scaled.has_error()) return scaled.error();
    auto [x, y, z, w] = *turned;
    const auto length = std::sqrt(x * x + y * y + z * z + w * w);
    if (!(length > 1e-6 && length < 1e6)) return unreadable(place + ".rotation is no quaternion.");
    for (auto* const one : {&x, &y, &z, &w})
        *one /= length;
    where.numbers = {1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w), 2 * (x * y - z * w),
                     1 - 2 * (x * x + z * z), 2 * (y * z + x * w), 2 * (x * z + y * w), 2 * (y * z - x * w),
                     1 - 2 * (x * x + y * y), moved->at(0),        moved->at(1),        moved->at(2)};
    for (std::size_t i = 0; i < 9; ++i)
        where.numbers.at(i) *= scaled->at(i / 3);
    return where;
}

// Numbers of nodes, each from 0.
model_result<std::vector<std::uint64_t>> nodes_in(const json& object, std::string_view name,
                                                  const std::string& place)
{
    std::vector<std::uint64_t> all;
    const auto found = object.find(name);
    if (found == object.end()) return all;
    if (!found->is_array()) return unreadable(place + "." + std::string(name) + " is no list.");
    for (const auto& one : *found) {
        if (!one.is_number_unsigned())
            return unreadable(place + "." + std::string(name) + " holds what is no node's number.");
        all.push_back(one.get<std::uint64_t>());
    }
    return all;
}

model_result<std::vector<std::uint64_t>> roots_of(const json& document)
{
    const auto scene = whole_of(document, "scene", 0, "The file");
    if (scene.has_error()) return scene.error();
    if (document.contains("scenes") || document.contains("scene")) {
        const auto shown = element_of(document, "scenes", *scene);
        if (shown.has_error()) return shown.error();
        return nodes_in(**shown, "nodes", "scenes[" + std::to_string(*scene) + "]");
    }
    const auto nodes = document.find("nodes");
    std::vector<std::uint64_t> roots;
    if (nodes == document.end() || !nodes->is_array()) return roots;
    std::vector<bool> child(nodes->size());
    for (std::size_t i = 0; i < nodes->size(); ++i) {
        const auto place = "nodes[" + std::to_string(i) + "]";
        if (!(*nodes)[i].is_object()) return unreadable(place + " is no object.");
        const auto below = nodes_in((*nodes)[i], "children", place);
        if (below.has_error()) return below.error();
        for (const auto one : *below)
            if (one < child.size()) child[one] = true;
    }
    for (std::size_t i = 0; i < child.size(); ++i)
        if (!child[i]) roots.push_back(i);
    return roots;
}

// What bends a shape by how much: all 0 where nothing does.
bool bent(const json& object)
{
    const auto weights = object.find("weights");
    return weights != object.end() && std::any_of(weights->begin(), weights->end(), [](const json& one) {
               return !one.is_number() || one.get<double>() != 0;
           });
}

class pose_check {
public:
    explicit pose_check(const json& document) : document_(document) {}

    // Of a node that shows a mesh. Each mesh is looked at once, however many show it.
    model_result<void> plain(const json& node, std::uint64_t shown, const std::string& place)
    {
        if (node.contains("skin"))
            return unreadable(
                place + " is posed by a skeleton, which is not done here: export it with its pose applied.");
        if (bent(node) || is_bent(shown))
            return unreadable(
                place + " is bent by weights, which is not done here: export it with its shape applied.");
        return {};
    }

private:
    bool is_bent(std::uint64_t shown)
    {
        const auto [at, fresh] = known_.try_emplace(shown, false);
        if (!fresh) return at->second;
        const auto about = element_of(document_, "meshes", shown);
        return about.has_value() && (at->second = bent(**about)); // one that is not there is refused later
    }

    const json& document_;
    std::map<std::uint64_t, bool> known_;
};

} // namespace

model_result<std::vector<shown_mesh>> shown_meshes(const json& document)
{
    const auto roots = roots_of(document);
    if (roots.has_error()) return roots.error();
    std::vector<shown_mesh> found;
    pose_check poses(document);
    std::vector<shown_mesh> open; // here by the numbers of nodes
    for (auto at = roots->rbegin(); at != roots->rend(); ++at)
        open.push_back({*at, upright});
    const auto nodes = document.find("nodes");
    std::vector<bool> seen(nodes != document.end() ? nodes->size() : 0);
    while (!open.empty()) {
        const auto [number, outer] = open.back();
        open.pop_back();
        const auto node = element_of(document, "nodes", number);
        if (node.has_error()) return node.error();
        const auto place = "nodes[" + std::to_string(number) + "]";
        if (seen[number]) return unreadable(place + " is shown twice, or below itself.");
        seen[number] = true;
        const auto inner = placement_of(**node, place);
        if (inner.has_error()) return inner.error();
        const auto where = combined(*inner, outer);
        const auto shown = whole_of(**node, "mesh", no_number, place);
        if (shown.has_error()) return shown.error();
        if (*shown != no_number) {
            if (const auto plain = poses.plain(**node, *shown, place); plain.has_error())
                return plain.error();
            found.push_back({*shown, where});
        }
        const auto below = nodes_in(**node, "children", place);
        if (below.has_error()) return below.error();
        for (auto at = below->rbegin(); at != below->rend(); ++at)
            open.push_back({*at, where});
    }
    return found;
}

} // namespace layerline::workshop
