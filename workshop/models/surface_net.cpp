#include "workshop/models/surface_net.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
constexpr float nearest =
    0.05F; // no crossing is nearer to a point of the lattice, so that no two of ours meet

// Corner c of a cube is at (c & 1, c >> 1 & 1, c >> 2); an edge joins two corners that differ in one bit.
constexpr std::array<std::pair<unsigned, unsigned>, 12> edges_of_cube = [] {
    std::array<std::pair<unsigned, unsigned>, 12> all{};
    std::size_t next = 0;
    for (unsigned a = 0; a < 8; ++a)
        for (unsigned bit = 1; bit < 8; bit <<= 1U)
            if ((a & bit) == 0) all.at(next++) = {a, a | bit};
    return all;
}();

class net_maker {
public:
    net_maker(const voxel_set& solid, const std::function<float(int, int, int)>& value)
        : solid_(solid), points_(solid.points()), value_(value)
    {
        const auto slab = points_.stride(0);
        here_.assign(slab, none);
        before_.assign(slab, none);
    }

    mesh run()
    {
        for (int x = 0; x + 1 < points_.size[0]; ++x) {
            std::swap(here_, before_);
            std::fill(here_.begin(), here_.end(), none);
            for (int y = 0; y + 1 < points_.size[1]; ++y)
                for (int z = 0; z + 1 < points_.size[2]; ++z)
                    place_point(x, y, z);
            for (int y = 1; y + 1 < points_.size[1]; ++y)
                for (int z = 1; z + 1 < points_.size[2]; ++z)
                    cross_edges(x, y, z);
        }
        return std::move(made_);
    }

private:
    std::size_t in_slab(int y, int z) const { return points_.index(0, y, z); }

    float checked_value(int x, int y, int z, bool in) const
    {
        const auto said = value_(x, y, z);
        return in ? std::min(said, -nearest) : std::max(said, nearest);
    }

    void place_point(int x, int y, int z)
    {
        unsigned in = 0;
        const auto cube = points_.index(x, y, z);
        for (unsigned c = 0; c < 8; ++c)
            if (solid_.has(cube + (c & 1U) * points_.stride(0) + (c >> 1U & 1U) * points_.stride(1) +
                           (c >> 2U)))
                in |= 1U << c;
        if (in == 0 || in == 255) return;
        std::array<float, 8> values{};
        for (unsigned c = 0; c < 8; ++c)
            values.at(c) = checked_value(x + static_cast<int>(c & 1U), y + static_cast<int>(c >> 1U & 1U),
                                         z + static_cast<int>(c >> 2U), (in >> c & 1U) != 0);
        vector3 sum;
        int crossings = 0;
        for (const auto& [a, b] : edges_of_cube) {
            if ((in >> a & 1U) == (in >> b & 1U)) continue;
            const auto share = std::clamp(values.at(a) / (values.at(a) - values.at(b)), nearest, 1 - nearest);
            const auto axis = a ^ b;
            sum.x += axis == 1 ? static_cast<double>(share) : static_cast<double>(a & 1U);
            sum.y += axis == 2 ? static_cast<double>(share) : static_cast<double>(a >> 1U & 1U);
            sum.z += axis == 4 ? static_cast<double>(share) : static_cast<double>(a >> 2U);
            ++crossings;
        }
        here_[in_slab(y, z)] = static_cast<std::uint32_t>(made_.points.size());
        made_.points.push_back(
            points_.in_mm({x + sum.x / crossings, y + sum.y / crossings, z + sum.z / crossings}));
    }

    // The lattice edges from (x, y, z) along each axis, whose cubes are in this slab and the one before.
    void cross_edges(int x, int y, int z)
    {
        const auto at = points_.index(x, y, z);
        const bool in = solid_.has(at);
        const auto h = [&](int b, int c) { return here_[in_slab(y - b, z - c)]; };
        const auto l = [&](int b, int c) { return before_[in_slab(y - b, z - c)]; };
        if (in != solid_.has(at + points_.stride(0))) add({h(1, 1), h(0, 1), h(0, 0), h(1, 0)}, in);
        if (x == 0) return;
        if (in != solid_.has(at + points_.stride(1))) add({l(0, 1), l(0, 0), h(0, 0), h(0, 1)}, in);
        if (in != solid_.has(at + 1)) add({l(1, 0), h(1, 0), h(0, 0), l(0, 0)}, in);
    }

    void add(std::array<std::uint32_t, 4> corners, bool outward)
    {
        if (!outward) std::swap(corners[1], corners[3]);
        const auto span = [&](std::size_t a, std::size_t b) {
            const auto across = difference(made_.points[corners.at(a)], made_.points[corners.at(b)]);
            return dot(across, across);
        };
        // By the shorter diagonal.
        if (span(0, 2) <= span(1, 3)) {
            made_.triangles.push_back({corners[0], corners[1], corners[2]});
            made_.triangles.push_back({corners[0], corners[2], corners[3]});
        } else {
            made_.triangles.push_back({corners[0], corners[1], corners[3]});
            made_.triangles.push_back({corners[1], corners[2], corners[3]});
        }
    }

    const voxel_set& solid_;
    const lattice& points_;
    const std::function<float(int, int, int)>& value_;
    std::vector<std::uint32_t> here_, before_; // by cube of a slab: its point
    mesh made_;
};

} // namespace

mesh surface_of(const voxel_set& solid, const std::function<float(int, int, int)>& value)
{
    return net_maker(solid, value).run();
}

} // namespace layerline::workshop
