#include "workshop/models/faceting.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace layerline::workshop {

namespace {

constexpr double meant_as_edge = 30 * 3.141592653589793 / 180;
constexpr double share = 0.99; // of the edges' length

// Lengths of edges by deviation, in classes that each end a fiftieth above the last: from a nanometre to a
// kilometre.
class lengths_by_deviation {
public:
    void add(double deviation, double length)
    {
        sum_ += length;
        classes_.at(class_of(deviation)) += length;
    }
    double below(double part) const
    {
        double seen = 0;
        for (std::size_t i = 0; i < classes_.size(); ++i) {
            seen += classes_.at(i);
            if (seen > 0 && seen >= part * sum_) return i == 0 ? 0 : least * std::pow(step, i);
        }
        return 0;
    }

private:
    static constexpr double least = 1e-6, step = 1.02;
    static std::size_t class_of(double deviation)
    {
        if (!(deviation > least)) return 0;
        const auto at = std::ceil(std::log(deviation / least) / std::log(step));
        return static_cast<std::size_t>(std::clamp(at, 1.0, 1399.0));
    }
    std::array<double, 1400> classes_{};
    double sum_ = 0;
};

struct facet {
    vector3 normal; // not of length 1
    double twice_area = 0;
};

facet facet_of(const mesh& model, const triangle& one)
{
    const auto normal = cross(difference(model.points[one[1]], model.points[one[0]]),
                              difference(model.points[one[2]], model.points[one[0]]));
    return {normal, std::sqrt(dot(normal, normal))};
}

} // namespace

double faceting_deviation(const mesh& model, const edge_links& links)
{
    lengths_by_deviation lengths;
    for (std::uint32_t h = 0; h < links.other.size(); ++h) {
        const auto across = links.other[h];
        if (across >= edge_links::many || across < h) continue;
        const auto here = facet_of(model, model.triangles[h / 3]);
        const auto there = facet_of(model, model.triangles[across / 3]);
        if (!(here.twice_area > 0) || !(there.twice_area > 0)) continue;
        auto cosine = dot(here.normal, there.normal) / (here.twice_area * there.twice_area);
        if (corner_from(model, h) == corner_from(model, across)) cosine = -cosine; // one of them is turned
        const auto turn = std::acos(std::clamp(cosine, -1.0, 1.0));
        if (turn >= meant_as_edge) continue;
        const auto edge = difference(model.points[corner_to(model, h)], model.points[corner_from(model, h)]);
        const auto length = std::sqrt(dot(edge, edge));
        // Beside a large flat face it is the narrow facet that is part of something round.
        const auto width = std::min(here.twice_area, there.twice_area) / length;
        lengths.add(width / 2 * std::tan(turn / 4), length);
    }
    return lengths.below(share);
}

} // namespace layerline::workshop
