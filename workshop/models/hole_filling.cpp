#include "workshop/models/hole_filling.hpp"

#include "workshop/models/contours.hpp"
#include "workshop/models/polygon.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_set>
#include <vector>

namespace layerline::workshop {

namespace {

using rim = std::vector<std::uint32_t>; // points, in the order that new triangles turn

constexpr std::size_t most_for_ears = 4096; // quadratic
constexpr double impossible = std::numeric_limits<double>::infinity();

std::uint64_t key_of(std::uint32_t a, std::uint32_t b)
{
    return static_cast<std::uint64_t>(std::min(a, b)) << 32U | std::max(a, b);
}

vector3 normal_of(const mesh& model, std::uint32_t a, std::uint32_t b, std::uint32_t c)
{
    return cross(difference(model.points[b], model.points[a]), difference(model.points[c], model.points[a]));
}

class filler {
public:
    filler(mesh& model, const edge_links& links) : model_(model), links_(links) {}

    filled_holes run()
    {
        const auto contours = find_contours(model_, links_);
        if (contours.empty()) return done_;
        remember_edges(contours);
        for (const auto& contour : contours) {
            if (contour.size() < 3 ||
                corner_to(model_, contour.back()) != corner_from(model_, contour.front())) {
                ++done_.left;
                continue;
            }
            rim around;
            around.reserve(contour.size());
            // New triangles run against the edges of the old ones.
            for (auto h = contour.rbegin(); h != contour.rend(); ++h)
                around.push_back(corner_from(model_, *h));
            fill(around);
            ++done_.holes;
        }
        return done_;
    }

private:
    // The edges between points of rims: those are the ones that a new triangle's side could double.
    void remember_edges(const std::vector<std::vector<std::uint32_t>>& contours)
    {
        std::vector<bool> on_rim(model_.points.size(), false);
        for (const auto& contour : contours)
            for (const auto h : contour)
                on_rim[corner_from(model_, h)] = on_rim[corner_to(model_, h)] = true;
        for (const auto& one : model_.triangles)
            for (std::size_t i = 0; i < 3; ++i)
                if (on_rim[one[i]] && on_rim[one[(i + 1) % 3]])
                    edges_.insert(key_of(one[i], one[(i + 1) % 3]));
    }

    void fill(const rim& around)
    {
        std::vector<triangle> made;
        bool spanned = false;
        if (around.size() <= most_for_least_area) {
            made =
                least_area(model_, around, [this](std::uint32_t a, std::uint32_t b) { return taken(a, b); });
            spanned = !made.empty();
        } else if (around.size() <= most_for_ears) {
            spanned = ears(around, made);
        }
        if (!spanned) fan(around, made);
        for (const auto& one : made) {
            model_.triangles.push_back(one);
            for (std::size_t i = 0; i < 3; ++i)
                edges_.insert(key_of(one[i], one[(i + 1) % 3]));
        }
        done_.triangles += made.size();
    }

    bool taken(std::uint32_t a, std::uint32_t b) const { return edges_.contains(key_of(a, b)); }

    // Ear after ear, the smallest first of those that lie inside the rim as seen along its normal.
    bool ears(rim around, std::vector<triangle>& made) const
    {
        vector3 normal;
        for (std::size_t i = 1; i + 1 < around.size(); ++i) {
            const auto part = normal_of(model_, around[0], around[i], around[i + 1]);
            normal = {normal.x + part.x, normal.y + part.y, normal.z + part.z};
        }
        while (around.size() > 3) {
            const auto n = around.size();
            std::optional<std::size_t> ear;
            double smallest = impossible;
            for (std::size_t i = 0; i < n; ++i) {
                const auto a = around[(i + n - 1) % n], b = around[i], c = around[(i + 1) % n];
                const auto side = difference(model_.points[c], model_.points[a]);
                const auto length = dot(side, side);
                if (length < smallest && !taken(a, c) && dot(normal_of(model_, a, b, c), normal) > 0 &&
                    empty(around, {a, b, c}, normal)) {
                    smallest = length;
                    ear = i;
                }
            }
            if (!ear) return false;
            made.push_back({around[(*ear + n - 1) % n], around[*ear], around[(*ear + 1) % n]});
            around.erase(around.begin() + static_cast<std::ptrdiff_t>(*ear));
        }
        made.push_back({around[0], around[1], around[2]});
        return true;
    }

    // Whether none of the rim's points lies in the triangle, seen along the normal.
    bool empty(const rim& around, const triangle& ear, const vector3& normal) const
    {
        const auto inside = [&](std::uint32_t p) {
            for (std::size_t i = 0; i < 3; ++i)
                if (dot(normal_of(model_, ear[i], ear[(i + 1) % 3], p), normal) < 0) return false;
            return true;
        };
        return std::none_of(around.begin(), around.end(), [&](std::uint32_t p) {
            return p != ear[0] && p != ear[1] && p != ear[2] && inside(p);
        });
    }

    // Around a new point in the middle: always possible.
    void fan(const rim& around, std::vector<triangle>& made)
    {
        made.clear();
        vector3 sum;
        for (const auto p : around)
            sum = {sum.x + model_.points[p].x, sum.y + model_.points[p].y, sum.z + model_.points[p].z};
        const auto n = static_cast<double>(around.size());
        const auto centre = static_cast<std::uint32_t>(model_.points.size());
        model_.points.push_back(
            {static_cast<float>(sum.x / n), static_cast<float>(sum.y / n), static_cast<float>(sum.z / n)});
        ++done_.points;
        for (std::size_t i = 0; i < around.size(); ++i)
            made.push_back({around[i], around[(i + 1) % around.size()], centre});
    }

    mesh& model_;
    const edge_links& links_;
    std::unordered_set<std::uint64_t> edges_;
    filled_holes done_;
};

} // namespace

filled_holes fill_holes(mesh& model, const edge_links& links)
{
    return filler(model, links).run();
}

} // namespace layerline::workshop
