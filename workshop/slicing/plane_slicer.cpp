#include "workshop/slicing/plane_slicer.hpp"

#include "workshop/models/shares.hpp"
#include "workshop/slicing/plane_crossings.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <polyclipping/clipper.hpp>

namespace layerline::workshop {

namespace {

constexpr std::size_t most_crossings = 4'000'000; // of planes that are worked on together
// What is narrower than a micron is rounding: Clipper may not even know which way round it is.
constexpr double least_width_units = 10;

double twice_area(const contour& loop)
{
    double sum = 0;
    for (std::size_t at = 0; at < loop.size(); ++at) {
        const auto& a = loop[at];
        const auto& b = loop[(at + 1) % loop.size()];
        sum += static_cast<double>(a.x) * static_cast<double>(b.y) -
               static_cast<double>(b.x) * static_cast<double>(a.y);
    }
    return sum;
}

double length(const contour& loop)
{
    double sum = 0;
    for (std::size_t at = 0; at < loop.size(); ++at) {
        const auto& a = loop[at];
        const auto& b = loop[(at + 1) % loop.size()];
        sum += std::hypot(static_cast<double>(b.x - a.x), static_cast<double>(b.y - a.y));
    }
    return sum;
}

std::vector<contour> clipped(const std::vector<contour>& loops, ClipperLib::PolyFillType fill)
{
    ClipperLib::Clipper clipper;
    ClipperLib::Path path;
    for (const auto& loop : loops) {
        path.clear();
        for (const auto& at : loop)
            path.emplace_back(at.x, at.y);
        clipper.AddPath(path, ClipperLib::ptSubject, true);
    }
    ClipperLib::Paths made;
    clipper.Execute(ClipperLib::ctUnion, made, fill, fill);
    std::vector<contour> out;
    double area = 0;
    for (const auto& one : made) {
        contour loop;
        loop.reserve(one.size());
        for (const auto& at : one)
            loop.push_back({at.X, at.Y});
        const double twice = twice_area(loop);
        if (std::abs(twice) < least_width_units * length(loop) / 2) continue;
        area += twice;
        out.push_back(std::move(loop));
    }
    // Clipper takes a splinter for a hole now and then: holes that outweigh all that is solid are none.
    if (area < 0) std::erase_if(out, [](const contour& loop) { return twice_area(loop) < 0; });
    return out;
}

slice_outline outline_of(const mesh& model, std::span<const std::uint32_t> crossed, double plane,
                         double widest_gap_mm)
{
    std::vector<crossing_line> lines;
    lines.reserve(crossed.size());
    for (const auto index : crossed) {
        auto line = crossing_of(model, model.triangles[index], plane);
        lines.push_back(line);
    }
    auto joined = join(lines, widest_gap_mm);
    slice_outline made;
    made.gaps_closed = joined.gaps_closed;
    made.lines_left_out = joined.lines_left_out;
    // Where loops know their inside, parts that overlap are one; where they do not, their number decides.
    made.contours = clipped(joined.loops, joined.one_way ? ClipperLib::pftPositive : ClipperLib::pftEvenOdd);
    return made;
}

// Which planes a triangle crosses: those above its lowest point, up to its highest.
std::pair<std::size_t, std::size_t> planes_of(const mesh& model, const triangle& one,
                                              std::span<const double> planes)
{
    const double a = model.points[one[0]].z, b = model.points[one[1]].z, c = model.points[one[2]].z;
    const double least = std::min({a, b, c}), most = std::max({a, b, c});
    const auto first = std::upper_bound(planes.begin(), planes.end(), least);
    return {static_cast<std::size_t>(first - planes.begin()),
            static_cast<std::size_t>(std::upper_bound(first, planes.end(), most) - planes.begin())};
}

// Planes [begin, end), whose crossings are made at once.
class batch {
public:
    batch(const mesh& model, std::span<const double> planes, std::size_t begin, std::size_t end,
          std::span<const std::size_t> counts)
        : model_(model), planes_(planes), begin_(begin), starts_(end - begin + 1, 0)
    {
        for (std::size_t at = begin; at < end; ++at)
            starts_[at - begin + 1] = starts_[at - begin] + counts[at];
        crossed_.resize(starts_.back());
        auto next = starts_;
        for (std::uint32_t index = 0; index < model.triangles.size(); ++index) {
            auto [first, last] = planes_of(model, model.triangles[index], planes);
            for (first = std::max(first, begin), last = std::min(last, end); first < last; ++first)
                crossed_[next[first - begin]++] = index;
        }
    }

    std::vector<slice_outline> outlines(const plane_options& options) const
    {
        std::vector<slice_outline> made(starts_.size() - 1);
        in_shares(made.size(), 1, options.threads, [&](std::size_t at, std::size_t) {
            made[at] =
                outline_of(model_, std::span(crossed_).subspan(starts_[at], starts_[at + 1] - starts_[at]),
                           planes_[begin_ + at], options.widest_gap_mm);
        });
        return made;
    }

private:
    const mesh& model_;
    std::span<const double> planes_;
    std::size_t begin_;
    std::vector<std::size_t> starts_;
    std::vector<std::uint32_t> crossed_; // triangles by plane
};

} // namespace

double slice_outline::area_mm2() const
{
    double sum = 0;
    for (const auto& loop : contours)
        sum += twice_area(loop);
    return sum / 2 / plane_units_per_mm / plane_units_per_mm;
}

void slice_at(const mesh& model, std::span<const double> planes, const plane_options& options,
              const std::function<bool(std::size_t, slice_outline)>& each)
{
    std::vector<std::size_t> counts(planes.size() + 1, 0); // differences first
    for (const auto& one : model.triangles) {
        const auto [first, last] = planes_of(model, one, planes);
        ++counts[first];
        --counts[last];
    }
    for (std::size_t at = 1; at < counts.size(); ++at)
        counts[at] += counts[at - 1];
    for (std::size_t begin = 0; begin < planes.size();) {
        std::size_t end = begin, crossings = 0;
        while (end < planes.size() && (end == begin || crossings + counts[end] <= most_crossings))
            crossings += counts[end++];
        auto made = batch(model, planes, begin, end, counts).outlines(options);
        for (auto& outline : made)
            if (!each(begin++, std::move(outline))) return;
    }
}

slice_outline united(std::span<const slice_outline> all)
{
    slice_outline made;
    std::vector<contour> loops;
    for (const auto& one : all) {
        loops.insert(loops.end(), one.contours.begin(), one.contours.end());
        made.gaps_closed += one.gaps_closed;
        made.lines_left_out += one.lines_left_out;
    }
    made.contours = clipped(loops, ClipperLib::pftNonZero);
    return made;
}

} // namespace layerline::workshop
