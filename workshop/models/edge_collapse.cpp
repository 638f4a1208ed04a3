#include "workshop/models/edge_collapse.hpp"

#include "workshop/models/collapse_rules.hpp"
#include "workshop/models/corner_table.hpp"
#include "workshop/models/farthest_points.hpp"
#include "workshop/models/point_parts.hpp"
#include "workshop/models/point_quadrics.hpp"
#include "workshop/models/point_settling.hpp"
#include "workshop/models/shares.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace {

constexpr double share_of_pass = 0.3;   // of the candidates, the cheapest
constexpr double least_progress = 0.02; // of the triangles: a pass that removes fewer is the last
constexpr double share_back = 0.01;     // of the triangles, made by points that come back
constexpr std::size_t points_a_share = 16'384;
constexpr std::size_t costs_asked = 16'384; // for how much a pass may cost
constexpr float never = std::numeric_limits<float>::infinity();

using ring = corner_table::ring;
using side = corner_table::side;

class collapser {
public:
    collapser(mesh& model, const edge_links& links, double error, std::size_t enough, unsigned threads)
        : model_(model), table_(model, links.other, threads), most_(static_cast<float>(error * error)),
          enough_(enough), left_(model.triangles.size()), threads_(threads),
          quadrics_(model, table_, threads), cost_(model.points.size(), never), to_(model.points.size()),
          stale_(model.points.size(), 0), joined_(model.points.size())
    {
        std::iota(joined_.begin(), joined_.end(), 0U);
        now_ = joined_;
        for (const auto p : joined_)
            if (table_.about(p) == corner_table::surrounding::ring) {
                alive_.push_back(p);
                stale_[p] = 1;
            }
        room_.resize(alive_.size());
    }

    std::size_t left() const { return left_; }

    // True if it is worth another one.
    bool pass()
    {
        const auto before = left_;
        if (before < enough_ + 2) return false;
        in_shares(alive_.size(), points_a_share, threads_, [&](std::size_t first, std::size_t end) {
            ring about;
            for (auto i = first; i < end; ++i)
                if (stale_[alive_[i]] != 0) {
                    table_.find_ring(alive_[i], about);
                    choose(alive_[i], about);
                }
        });
        const auto count = within(alive_, most_);
        if (count == 0) return false;
        const auto budget = (before - enough_) / 2;
        const auto tried =
            std::min(static_cast<std::size_t>(share_of_pass * static_cast<double>(count)) + 1, budget);
        limit_ = cost_of(tried, count);
        const auto all = std::max<std::size_t>(within(alive_, limit_), 1);
        std::atomic<std::size_t> done{0};
        in_parts(alive_, room_, threads_,
                 [&](std::span<const std::uint32_t> points, const point_part& part, std::uint32_t* later) {
                     const auto mine = part.most == corner_table::none && part.least == 0
                                           ? budget - done
                                           : budget * within(points, limit_) / all;
                     return join_all(points, part, mine, later, done);
                 });
        std::erase_if(alive_, [this](std::uint32_t p) { return joined_[p] != p; });
        left_ -= 2 * done;
        if (2 * alive_.size() < joined_.size()) compact();
        return tried == budget ||
               static_cast<double>(2 * done) > least_progress * static_cast<double>(before);
    }

    void settle()
    {
        compact();
        settle_points(model_, table_, quadrics_.all(), alive_, room_, threads_);
    }

    // Of the surface before; see farthest_points.hpp.
    void put_back(const mesh& before, const triangle_tree& tree, std::size_t most, double least)
    {
        put_back_farthest(model_, table_, {before, tree, now_, quadrics_.all()}, most, least, threads_);
    }

private:
    std::size_t within(std::span<const std::uint32_t> points, float cost) const
    {
        return static_cast<std::size_t>(
            std::count_if(points.begin(), points.end(), [&](std::uint32_t p) { return cost_[p] <= cost; }));
    }

    // About what `tried` of the `count` that may go cost at most.
    float cost_of(std::size_t tried, std::size_t count) const
    {
        const auto step = count / costs_asked + 1;
        std::vector<float> some;
        std::size_t i = 0;
        for (const auto p : alive_)
            if (cost_[p] <= most_ && i++ % step == 0) some.push_back(cost_[p]);
        const auto at =
            some.begin() + static_cast<std::ptrdiff_t>(std::min((tried - 1) / step, some.size() - 1));
        std::nth_element(some.begin(), at, some.end());
        return *at;
    }

    // The cheapest neighbour to join it to.
    void choose(std::uint32_t p, const ring& about)
    {
        stale_[p] = 0;
        cost_[p] = never;
        if (about.count < 3 || !about.closed) return;
        auto best = std::numeric_limits<double>::infinity();
        for (const auto& s : about)
            if (const auto cost = quadrics_.cost(p, s.next); cost < best) {
                best = cost;
                to_[p] = s.next;
            }
        cost_[p] = static_cast<float>(best);
    }

    enum class outcome : std::uint8_t { joined, refused, elsewhere };

    // To the neighbour that was chosen, or the cheapest other one that it may be joined to now.
    outcome join(std::uint32_t p, const point_part& part, const ring& about)
    {
        ring across;
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): as many as the ring has
        std::array<float, corner_table::most_ring> costs;
        for (std::size_t tries = 0; tries < about.count; ++tries) {
            table_.find_ring(to_[p], across);
            if (!part.has(across)) return outcome::elsewhere;
            if (may_join(model_, p, to_[p], about, across)) {
                collapse(p, about, across);
                return outcome::joined;
            }
            if (tries == 0)
                for (std::size_t i = 0; i < about.count; ++i)
                    costs.at(i) = static_cast<float>(quadrics_.cost(p, about.sides.at(i).next));
            for (std::size_t i = 0; i < about.count; ++i)
                if (about.sides.at(i).next == to_[p]) costs.at(i) = never;
            const auto* const next = std::min_element(costs.data(), costs.data() + about.count);
            if (!(*next <= limit_)) break;
            to_[p] = about.sides.at(static_cast<std::size_t>(next - costs.data())).next;
        }
        return outcome::refused;
    }

    // Joins those of the points that are cheap enough now, at most `budget`; returns how many it put to
    // `later`.
    std::size_t join_all(std::span<const std::uint32_t> points, const point_part& part, std::size_t budget,
                         std::uint32_t* later, std::atomic<std::size_t>& done)
    {
        std::size_t count = 0, gone = 0;
        ring about;
        for (const auto p : points) {
            if (!(cost_[p] <= limit_)) continue;
            table_.find_ring(p, about);
            if (gone == budget || !part.has(about)) {
                later[count++] = p;
                continue;
            }
            if (stale_[p] != 0) {
                choose(p, about);
                if (!(cost_[p] <= limit_)) continue;
            }
            switch (join(p, part, about)) {
            case outcome::joined:
                ++gone;
                break;
            case outcome::elsewhere:
                later[count++] = p;
                break;
            case outcome::refused:
                cost_[p] = never;
                break; // until something near changes
            }
        }
        done += gone;
        return count;
    }

    void collapse(std::uint32_t p, const ring& about, const ring& across)
    {
        const auto to = to_[p];
        for (const auto& s : about)
            stale_[s.next] = 1;
        for (const auto& s : across)
            stale_[s.next] = 1;
        const auto at =
            std::find_if(about.begin(), about.end(), [to](const side& s) { return s.next == to; });
        table_.collapse(about.from.at(static_cast<std::size_t>(at - about.begin())), about);
        quadrics_.join(p, to);
        joined_[p] = to;
        cost_[p] = never;
    }

    // Leaves no room between points and triangles that are still there: what is near stays near in memory.
    void compact()
    {
        for (auto& p : joined_)
            while (joined_[p] != p)
                p = joined_[p];
        const auto number = table_.compact();
        in_shares(now_.size(), points_a_share, threads_, [&](std::size_t first, std::size_t end) {
            for (auto i = first; i < end; ++i)
                if (now_[i] != corner_table::none) now_[i] = number[joined_[now_[i]]];
        });
        const auto keep = [&](auto& all) {
            std::remove_reference_t<decltype(all)> kept(model_.points.size());
            in_shares(number.size(), points_a_share, threads_, [&](std::size_t first, std::size_t end) {
                for (auto p = first; p < end; ++p)
                    if (number[p] != corner_table::none) kept[number[p]] = all[p];
            });
            all = std::move(kept);
        };
        quadrics_.renumber(keep);
        keep(cost_);
        keep(to_);
        keep(stale_);
        joined_.resize(model_.points.size());
        std::iota(joined_.begin(), joined_.end(), 0U);
        for (auto& p : alive_)
            p = number[p];
        for (auto& to : to_)
            to = to < number.size() ? number[to] : to; // of one that is gone: another will be chosen
    }

    mesh& model_;
    corner_table table_;
    float most_, limit_ = 0; // mm^2: at all, in this pass
    std::size_t enough_, left_;
    unsigned threads_;
    point_quadrics quadrics_;
    std::vector<float> cost_; // of joining it to to_; never: it may not be
    std::vector<std::uint32_t> to_;
    std::vector<std::uint8_t> stale_;   // something near has changed
    std::vector<std::uint32_t> joined_; // itself while it is there
    std::vector<std::uint32_t> now_; // of each point of the beginning: where it is, or what it was joined to
    std::vector<std::uint32_t> alive_, room_;
};

} // namespace

mesh collapsed_edges(const mesh& before, const triangle_tree& tree, const edge_links& links, double error,
                     std::size_t enough, unsigned threads)
{
    auto model = before;
    const auto room = [](std::size_t triangles) {
        return static_cast<std::size_t>(share_back / 2 * static_cast<double>(triangles));
    };
    collapser work(model, links, error, enough - 2 * room(enough), threads);
    while (work.pass()) {
    }
    if (work.left() == before.triangles.size()) return model;
    work.settle();
    if (work.left() < enough)
        work.put_back(before, tree, (enough - work.left()) / 2, 0);
    else
        work.put_back(before, tree, room(work.left()), error);
    return model;
}

} // namespace layerline::workshop
