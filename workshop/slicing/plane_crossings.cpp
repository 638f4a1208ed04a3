#include "workshop/slicing/plane_crossings.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

edge_key key_of(std::uint32_t a, std::uint32_t b)
{
    return static_cast<edge_key>(std::min(a, b)) << 32U | std::max(a, b);
}

// The same for both triangles at the edge, to the last bit.
plane_point point_on(const mesh& model, edge_key edge, double plane)
{
    const auto& a = model.points[edge >> 32U];
    const auto& b = model.points[edge & 0xffffffffU];
    const double part = (plane - a.z) / (static_cast<double>(b.z) - a.z);
    const auto at = [part](double from, double to) {
        return std::llround((from + part * (to - from)) * plane_units_per_mm);
    };
    return {at(a.x, b.x), at(a.y, b.y)};
}

struct chain {
    contour points; // open: the last is where it ends
    bool used = false;
};

double distance_squared(const plane_point& a, const plane_point& b)
{
    const auto dx = static_cast<double>(a.x - b.x), dy = static_cast<double>(a.y - b.y);
    return dx * dx + dy * dy;
}

// Which places in a row are not taken yet; asking costs next to nothing, however many are.
class first_free {
public:
    explicit first_free(std::size_t count) : next_(count + 1)
    {
        for (std::uint32_t at = 0; at < next_.size(); ++at)
            next_[at] = at;
    }
    // The first at or behind `at`; the count if there is none.
    std::uint32_t from(std::uint32_t at)
    {
        while (next_[at] != at)
            at = next_[at] = next_[next_[at]];
        return at;
    }
    void take(std::uint32_t at) { next_[at] = at + 1; }

private:
    std::vector<std::uint32_t> next_;
};

// Two loose ends that could be joined: of chain `a` (its beginning if `a_front`) and of chain `b`.
struct gap {
    double width_squared;
    std::uint32_t a, b;
    bool a_front, b_front;
};

// Joins what is loose, nearest ends first. Ends are looked for along x, so that many of them cost little.
class gap_closer {
public:
    gap_closer(std::vector<chain> chains, double widest, joined_loops& into)
        : chains_(std::move(chains)), widest_(widest), into_(into)
    {
    }

    void close()
    {
        auto gaps = find_gaps();
        std::sort(gaps.begin(), gaps.end(), [](const gap& l, const gap& r) {
            return std::pair(l.width_squared, std::pair(l.a, l.b)) <
                   std::pair(r.width_squared, std::pair(r.a, r.b));
        });
        partner_.assign(chains_.size() * 2, none);
        for (const auto& one : gaps) {
            const auto a = end_of(one.a, one.a_front), b = end_of(one.b, one.b_front);
            if (partner_[a] != none || partner_[b] != none) continue;
            partner_[a] = b;
            partner_[b] = a;
            // Ends at one place are no fault of the outline, only of the mesh's connections.
            if (one.width_squared > 0) ++into_.gaps_closed;
        }
        for (std::uint32_t first = 0; first < chains_.size(); ++first)
            if (!chains_[first].used) follow(first);
    }

private:
    static std::uint32_t end_of(std::uint32_t chain, bool front) { return chain * 2 + (front ? 0 : 1); }
    const plane_point& place(std::uint32_t end) const
    {
        const auto& points = chains_[end / 2].points;
        return end % 2 == 0 ? points.front() : points.back();
    }

    std::vector<gap> find_gaps() const
    {
        std::vector<std::uint32_t> ends(chains_.size() * 2);
        for (std::uint32_t at = 0; at < ends.size(); ++at)
            ends[at] = at;
        std::sort(ends.begin(), ends.end(),
                  [this](std::uint32_t l, std::uint32_t r) { return place(l).x < place(r).x; });
        std::vector<gap> gaps;
        constexpr std::size_t most_neighbours = 64; // of an end: bounds what a hostile mesh costs
        const double most = widest_ * widest_;
        for (std::size_t at = 0; at < ends.size(); ++at) {
            std::size_t seen = 0;
            for (std::size_t next = at + 1; next < ends.size() && seen < most_neighbours; ++next, ++seen) {
                const auto a = ends[at], b = ends[next];
                if (static_cast<double>(place(b).x - place(a).x) > widest_) break;
                const double wide = distance_squared(place(a), place(b));
                // A single line does not close with itself.
                if (a / 2 == b / 2 && chains_[a / 2].points.size() < 3) continue;
                if (wide <= most) gaps.push_back({wide, a / 2, b / 2, a % 2 == 0, b % 2 == 0});
            }
        }
        return gaps;
    }

    void append(contour& to, std::uint32_t entered_at)
    {
        auto& one = chains_[entered_at / 2];
        one.used = true;
        if (entered_at % 2 == 0) {
            to.insert(to.end(), one.points.begin(), one.points.end());
        } else {
            to.insert(to.end(), one.points.rbegin(), one.points.rend());
            into_.one_way = false;
        }
    }

    void follow(std::uint32_t first)
    {
        contour loop;
        auto entered = end_of(first, true);
        // To one end of what hangs together, or around to the beginning.
        for (;;) {
            append(loop, entered);
            const auto left = entered ^ 1U;
            const auto next = partner_[left];
            if (next == none) {
                // Open at this end: whatever hangs at the other is as loose.
                into_.lines_left_out += loop.size() - 1;
                drop_from(end_of(first, true));
                return;
            }
            if (next == end_of(first, true)) break;
            entered = next;
        }
        into_.loops.push_back(std::move(loop));
    }

    void drop_from(std::uint32_t end)
    {
        for (auto next = partner_[end]; next != none && !chains_[next / 2].used; next = partner_[next ^ 1U]) {
            chains_[next / 2].used = true;
            into_.lines_left_out += chains_[next / 2].points.size() - 1;
        }
    }

    std::vector<chain> chains_;
    double widest_; // in the plane's units
    joined_loops& into_;
    std::vector<std::uint32_t> partner_; // by end
};

} // namespace

crossing_line crossing_of(const mesh& model, const triangle& one, double plane)
{
    crossing_line line;
    for (std::size_t side = 0; side < 3; ++side) {
        const auto a = one.at(side), b = one.at((side + 1) % 3);
        const bool a_above = model.points[a].z >= plane, b_above = model.points[b].z >= plane;
        if (a_above && !b_above) line.from_edge = key_of(a, b);
        if (!a_above && b_above) line.to_edge = key_of(a, b);
    }
    line.from = point_on(model, line.from_edge, plane);
    line.to = point_on(model, line.to_edge, plane);
    return line;
}

joined_loops join(std::span<const crossing_line> lines, double widest_gap_mm)
{
    std::vector<std::pair<edge_key, std::uint32_t>> starts(lines.size());
    for (std::uint32_t at = 0; at < lines.size(); ++at)
        starts[at] = {lines[at].from_edge, at};
    std::sort(starts.begin(), starts.end());
    std::vector<bool> reached(lines.size(), false);
    first_free free(starts.size());
    const auto next_of = [&](const crossing_line& line) {
        const auto hit =
            std::lower_bound(starts.begin(), starts.end(), std::pair(line.to_edge, std::uint32_t{0}));
        const auto at = free.from(static_cast<std::uint32_t>(hit - starts.begin()));
        return at < starts.size() && starts[at].first == line.to_edge ? at : none;
    };
    // Which lines another leads to: an open chain begins where none does.
    {
        std::vector<edge_key> ends(lines.size());
        for (std::size_t at = 0; at < lines.size(); ++at)
            ends[at] = lines[at].to_edge;
        std::sort(ends.begin(), ends.end());
        for (std::size_t at = 0; at < lines.size(); ++at)
            reached[at] = std::binary_search(ends.begin(), ends.end(), lines[at].from_edge);
    }
    joined_loops made;
    std::vector<chain> loose;
    // From the line at this place among the starts.
    const auto walk = [&](std::uint32_t place) {
        const auto& first = lines[starts[place].second];
        contour points{first.from};
        for (;;) {
            free.take(place);
            const auto& line = lines[starts[place].second];
            if (line.to_edge == first.from_edge) {
                made.loops.push_back(std::move(points));
                return;
            }
            points.push_back(line.to);
            place = next_of(line);
            if (place == none) break;
        }
        loose.push_back({std::move(points), false});
    };
    for (const bool all : {false, true})
        for (std::uint32_t at = 0; at < starts.size(); ++at)
            if (free.from(at) == at && (all || !reached[starts[at].second])) walk(at);
    if (!loose.empty()) gap_closer(std::move(loose), widest_gap_mm * plane_units_per_mm, made).close();
    return made;
}

} // namespace layerline::workshop
