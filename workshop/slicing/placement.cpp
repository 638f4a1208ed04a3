#include "workshop/slicing/placement.hpp"

#include "workshop/slicing/volume_layers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr double mm = 1.0 / 1000; // of a micron
// Rounding of what was placed in float; less than the smallest layer.
constexpr double slack_mm = 0.001;
constexpr double largest_mm = 100'000; // where floats still tell hundredths of a millimetre

std::string model_path(std::size_t index)
{
    return "model[" + std::to_string(index) + "]";
}

slice_failure refused(std::size_t index, const char* field, std::string text)
{
    return {slice_errc::bad_value, model_path(index) + field, std::move(text)};
}

double number(const json& section, const char* object, const char* axis)
{
    return section[object][axis].get<double>();
}

// Rows of the turn about x, then y, then z.
using rotation = std::array<vector3, 3>;

rotation turn_of(const json& model)
{
    const double a = number(model, "rotation", "x"), b = number(model, "rotation", "y"),
                 c = number(model, "rotation", "z");
    const double sa = std::sin(a), ca = std::cos(a), sb = std::sin(b), cb = std::cos(b), sc = std::sin(c),
                 cc = std::cos(c);
    return {{{cc * cb, cc * sb * sa - sc * ca, cc * sb * ca + sc * sa},
             {sc * cb, sc * sb * sa + cc * ca, sc * sb * ca - cc * sa},
             {-sb, cb * sa, cb * ca}}};
}

// What is above (`upper`) or below a height: triangles across it are cut, those beyond it left out.
class cutter {
public:
    cutter(mesh& model, float height, bool upper) : model_(model), height_(height), upper_(upper) {}

    void cut()
    {
        if (std::all_of(model_.points.begin(), model_.points.end(),
                        [this](const point& at) { return kept(at); }))
            return;
        std::vector<triangle> whole;
        whole.reserve(model_.triangles.size());
        for (const auto& one : model_.triangles)
            add(one, whole);
        model_.triangles = std::move(whole);
        drop_unused();
    }

private:
    bool kept(const point& at) const { return upper_ ? at.z >= height_ : at.z <= height_; }

    void add(const triangle& one, std::vector<triangle>& into)
    {
        std::array<std::uint32_t, 4> corners{};
        std::size_t count = 0;
        for (std::size_t side = 0; side < 3; ++side) {
            const auto from = one.at(side), to = one.at((side + 1) % 3);
            const bool here = kept(model_.points[from]), there = kept(model_.points[to]);
            if (here) corners.at(count++) = from;
            if (here != there && count < corners.size()) corners.at(count++) = crossing(from, to);
        }
        if (count >= 3) into.push_back({corners[0], corners[1], corners[2]});
        if (count == 4) into.push_back({corners[0], corners[2], corners[3]});
    }

    // One point for both triangles at an edge.
    std::uint32_t crossing(std::uint32_t a, std::uint32_t b)
    {
        const std::pair key(std::min(a, b), std::max(a, b));
        const auto [hit, fresh] =
            crossings_.try_emplace(key, static_cast<std::uint32_t>(model_.points.size()));
        if (fresh) {
            const auto low = model_.points[key.first], high = model_.points[key.second];
            const double part =
                (static_cast<double>(height_) - low.z) / (static_cast<double>(high.z) - low.z);
            model_.points.push_back({static_cast<float>(low.x + part * (high.x - low.x)),
                                     static_cast<float>(low.y + part * (high.y - low.y)), height_});
        }
        return hit->second;
    }

    void drop_unused()
    {
        std::vector<std::uint32_t> becomes(model_.points.size(), 0);
        for (const auto& one : model_.triangles)
            for (const auto corner : one)
                becomes[corner] = 1;
        std::uint32_t next = 0;
        for (std::size_t at = 0; at < becomes.size(); ++at) {
            if (becomes[at] == 0) continue;
            model_.points[next] = model_.points[at];
            becomes[at] = next++;
        }
        model_.points.resize(next);
        for (auto& one : model_.triangles)
            for (auto& corner : one)
                corner = becomes[corner];
    }

    mesh& model_;
    float height_;
    bool upper_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> crossings_;
};

bool is_on(const json& section)
{
    return section.is_object();
}

double line_width_mm(const json& data, const json& section)
{
    const auto extruder = section["extruder"].get<std::size_t>();
    return data["extruders"][extruder]["nozzleSize"].get<double>() * mm *
           data["bottom"]["firstLayersWidthFactor"].get<double>() / 100;
}

// How far raft or brim stand out around the models, and the skirt around those.
double margin_mm(const json& data)
{
    double margin = 0;
    if (const auto& brim = data["brim"]; is_on(brim))
        margin = brim["lines"].get<double>() * line_width_mm(data, brim);
    if (const auto& raft = data["raft"];
        is_on(raft) && raft["baseThickness"] != 0 && raft["interfaceThickness"] != 0)
        margin = std::max(margin, raft["extraMargin"].get<double>() * mm);
    if (const auto& skirt = data["skirt"]; is_on(skirt) && skirt["lineCount"] != 0)
        margin += skirt["distance"].get<double>() * mm +
                  skirt["lineCount"].get<double>() * line_width_mm(data, skirt);
    return margin;
}

std::string in_mm(double value)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f", value);
    return text.data();
}

} // namespace

box3 extent_of(const mesh& model)
{
    const auto& first = model.points.at(0);
    box3 box{{first.x, first.y, first.z}, {first.x, first.y, first.z}};
    for (const auto& at : model.points) {
        box.least = {std::min<double>(box.least.x, at.x), std::min<double>(box.least.y, at.y),
                     std::min<double>(box.least.z, at.z)};
        box.most = {std::max<double>(box.most.x, at.x), std::max<double>(box.most.y, at.y),
                    std::max<double>(box.most.z, at.z)};
    }
    return box;
}

slice_result<mesh> placed(mesh model, const json& data, std::size_t index)
{
    const auto& asked = data["model"][index];
    if (model.triangles.empty()) return refused(index, "", "The model has no triangles.");
    const auto turn = turn_of(asked);
    const vector3 scale{number(asked, "scale", "x"), number(asked, "scale", "y"),
                        number(asked, "scale", "z")};
    std::vector<vector3> turned;
    turned.reserve(model.points.size());
    constexpr double infinite = std::numeric_limits<double>::infinity();
    box3 box{{infinite, infinite, infinite}, {-infinite, -infinite, -infinite}};
    for (const auto& at : model.points) {
        const vector3 larger{at.x * scale.x, at.y * scale.y, at.z * scale.z};
        turned.push_back({dot(turn[0], larger), dot(turn[1], larger), dot(turn[2], larger)});
        const auto& now = turned.back();
        box.least = {std::min(box.least.x, now.x), std::min(box.least.y, now.y),
                     std::min(box.least.z, now.z)};
        box.most = {std::max(box.most.x, now.x), std::max(box.most.y, now.y), std::max(box.most.z, now.z)};
    }
    for (const double side : {box.most.x - box.least.x, box.most.y - box.least.y, box.height()})
        if (!(side <= largest_mm)) return refused(index, ".scale", "The model is larger than 100 m.");
    const auto& bed = data["bed"];
    const vector3 move{(bed["xLength"].get<double>() / 2 + number(asked, "position", "x")) * mm -
                           (box.least.x + box.most.x) / 2,
                       (bed["yLength"].get<double>() / 2 + number(asked, "position", "y")) * mm -
                           (box.least.y + box.most.y) / 2,
                       (number(asked, "position", "z") - data["bottom"]["cutOff"].get<double>()) * mm -
                           box.least.z};
    for (std::size_t at = 0; at < turned.size(); ++at)
        model.points[at] = {static_cast<float>(turned[at].x + move.x),
                            static_cast<float>(turned[at].y + move.y),
                            static_cast<float>(turned[at].z + move.z)};
    cutter(model, 0, true).cut();
    if (const double finish = asked["finish"].get<double>(); finish > 0 && !model.triangles.empty())
        cutter(model, static_cast<float>(finish * mm), false).cut();
    if (model.triangles.empty() || !(extent_of(model).most.z > 0))
        return refused(index, ".position.z", "Nothing of the model is above the bed.");
    return model;
}

void cut_above(mesh& model, double height_mm)
{
    cutter(model, static_cast<float>(height_mm), false).cut();
}

slice_result<std::vector<placed_volume>> planned(std::vector<mesh> placed_meshes, const json& data)
{
    std::vector<placed_volume> all;
    for (std::size_t index = 0; index < placed_meshes.size(); ++index) {
        placed_volume volume;
        volume.shape = std::move(placed_meshes[index]);
        volume.extruder = data["model"][index]["extruder"].get<std::size_t>();
        const auto height =
            static_cast<workshop::micron>(std::llround(extent_of(volume.shape).most.z * 1000));
        auto plan = plan_regions(wish_of_volume(data, index, height));
        if (plan.has_error()) {
            auto why = plan.error();
            if (why.field.empty()) why.field = model_path(index);
            return why;
        }
        volume.plan = *std::move(plan);
        all.push_back(std::move(volume));
    }
    return all;
}

slice_result<void> check_fit(const json& data, std::span<const mesh> placed_meshes)
{
    const auto& bed = data["bed"];
    const double width = bed["xLength"].get<double>() * mm, depth = bed["yLength"].get<double>() * mm,
                 height = bed["zLength"].get<double>() * mm, margin = margin_mm(data);
    const auto inside = [&](const box3& box, double around) {
        return box.least.x - around >= -slack_mm && box.least.y - around >= -slack_mm &&
               box.most.x + around <= width + slack_mm && box.most.y + around <= depth + slack_mm;
    };
    for (std::size_t index = 0; index < placed_meshes.size(); ++index) {
        const auto box = extent_of(placed_meshes[index]);
        if (inside(box, 0) && box.most.z <= height + slack_mm) continue;
        return slice_failure{slice_errc::does_not_fit, model_path(index),
                             "The model reaches from " + in_mm(box.least.x) + ", " + in_mm(box.least.y) +
                                 " to " + in_mm(box.most.x) + ", " + in_mm(box.most.y) + " mm and " +
                                 in_mm(box.most.z) + " mm high; the bed has " + in_mm(width) + " x " +
                                 in_mm(depth) + " x " + in_mm(height) + " mm.",
                             -4};
    }
    for (std::size_t index = 0; index < placed_meshes.size(); ++index)
        if (!inside(extent_of(placed_meshes[index]), margin))
            return slice_failure{slice_errc::does_not_fit, model_path(index),
                                 "The model fits the bed, but not with the " + in_mm(margin) +
                                     " mm of brim, raft or skirt around it.",
                                 -11};
    return {};
}

} // namespace layerline::workshop
