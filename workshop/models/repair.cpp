#include "workshop/models/repair.hpp"

#include "workshop/models/contours.hpp"
#include "workshop/models/crowded_edges.hpp"
#include "workshop/models/edges.hpp"
#include "workshop/models/hole_filling.hpp"
#include "workshop/models/orientation.hpp"
#include "workshop/models/shares.hpp"
#include "workshop/models/weld.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace {

// Each round takes away what stands in the way and closes what that opened. Most models need one or two.
constexpr int gentle_rounds = 6, all_rounds = 16;
constexpr double crack_share_of_diagonal = 2e-4, split_share_of_diagonal = 1e-5;
constexpr double float_step = 1.2e-7; // of a coordinate: less moves nothing
constexpr std::size_t triangles_a_share = 16384;
constexpr double noise_share_of_area = 1e-3; // of the largest shell's, as the analysis says

struct extent {
    double diagonal = 0, farthest = 0;
};

extent extent_of(const mesh& model)
{
    auto least = model.points.front(), most = least;
    double farthest = 0;
    for (const auto& at : model.points) {
        least = {std::min(least.x, at.x), std::min(least.y, at.y), std::min(least.z, at.z)};
        most = {std::max(most.x, at.x), std::max(most.y, at.y), std::max(most.z, at.z)};
        farthest = std::max({farthest, std::abs(static_cast<double>(at.x)),
                             std::abs(static_cast<double>(at.y)), std::abs(static_cast<double>(at.z))});
    }
    const auto across = difference(most, least);
    return {std::sqrt(dot(across, across)), farthest};
}

double area_of(const mesh& model, const triangle& one)
{
    const auto normal = cross(difference(model.points[one[1]], model.points[one[0]]),
                              difference(model.points[one[2]], model.points[one[0]]));
    return std::sqrt(dot(normal, normal)) / 2;
}

class repairer {
public:
    repairer(mesh& model, const repair_options& options) : model_(model), options_(options) {}

    repair_report run()
    {
        if (model_.triangles.empty()) return done_;
        const auto size = extent_of(model_);
        const auto crack =
            options_.tolerance.value_or(static_cast<float>(size.diagonal * crack_share_of_diagonal));
        const auto apart = std::max(size.diagonal * split_share_of_diagonal, 8 * size.farthest * float_step);
        auto links = linked();
        if (links.open_edges > 0 && crack > 0) {
            sew(links, crack);
            links = linked();
        }
        options_.progress(0.2);
        if (unfold_slivers(links)) links = link_edges(model_, without_shells_);
        for (int round = 0; round < all_rounds; ++round) {
            turn(links);
            if (links.open_edges == 0 && links.many_edges == 0) break;
            const auto places = model_.points.size();
            if (links.many_edges > 0) {
                clear_crowds(links, apart, round);
                links = link_edges(model_, without_shells_);
            }
            drop_lone(links);
            if (links.open_edges > 0) close(links, round);
            if (model_.points.size() > places) weld_equal(model_, options_.threads); // to an old place
            links = linked();
            options_.progress(0.2 + 0.7 * (round + 1) / all_rounds);
        }
        if (options_.drop_noise_shells && drop_noise()) links = link_edges(model_, without_shells_);
        done_.open_edges = links.open_edges;
        done_.crowded_edges = links.many_edges;
        tell_changes();
        if (done_.changed) keep_used(model_, options_.threads);
        return done_;
    }

private:
    // After triangles with two corners of one place are gone, and those with the corners of another.
    edge_links linked()
    {
        dropped_triangles dropped;
        auto links = link_after_dropping(model_, dropped, without_shells_);
        done_.degenerate_removed += dropped.degenerate;
        done_.duplicates_removed += dropped.doubles;
        return links;
    }

    std::size_t remove(const std::vector<bool>& gone)
    {
        std::size_t kept = 0;
        for (std::size_t t = 0; t < model_.triangles.size(); ++t)
            if (!gone[t]) model_.triangles[kept++] = model_.triangles[t];
        const auto removed = model_.triangles.size() - kept;
        model_.triangles.resize(kept);
        return removed;
    }

    // Points of open edges that are nearly at one place become one.
    void sew(const edge_links& links, float tolerance)
    {
        if (links.open_edges == 0) return;
        std::vector<bool> at_rim(model_.points.size(), false);
        for (std::uint32_t h = 0; h < links.other.size(); ++h)
            if (links.other[h] == edge_links::open)
                at_rim[corner_from(model_, h)] = at_rim[corner_to(model_, h)] = true;
        done_.points_joined += weld_near(model_, tolerance, at_rim, options_.threads);
    }

    // A triangle whose corners stand in a line gives its long side's neighbour its middle corner: both get
    // new sides, and the line between them none.
    bool unfold_slivers(const edge_links& links)
    {
        const auto before = done_.degenerate_removed;
        constexpr std::uint8_t flat = 1, touched = 2;
        std::vector<std::uint8_t> state(model_.triangles.size(), 0);
        in_shares(state.size(), triangles_a_share, options_.threads, [&](std::size_t first, std::size_t end) {
            for (auto t = first; t < end; ++t)
                if (!(area_of(model_, model_.triangles[t]) > 0)) state[t] = flat;
        });
        for (std::uint32_t t = 0; t < model_.triangles.size(); ++t) {
            if (state[t] != flat) continue;
            const auto one = model_.triangles[t];
            std::uint32_t longest = 0;
            double most = -1;
            for (std::uint32_t i = 0; i < 3; ++i) {
                const auto side = difference(model_.points[one[(i + 1) % 3]], model_.points[one[i]]);
                if (dot(side, side) > most) {
                    most = dot(side, side);
                    longest = i;
                }
            }
            const auto across = links.other[3 * t + longest];
            if (across >= edge_links::many || (state[across / 3] & touched) != 0) continue;
            const auto middle = one[(longest + 2) % 3];
            const auto from = corner_from(model_, across), to = corner_to(model_, across),
                       tip = model_.triangles[across / 3][(across % 3 + 2) % 3];
            if (middle == tip) continue;
            state[t] = state[across / 3] = touched;
            model_.triangles[across / 3] = {from, middle, tip};
            model_.triangles[t] = {middle, to, tip};
            ++done_.degenerate_removed;
        }
        return done_.degenerate_removed > before;
    }

    void turn(edge_links& links)
    {
        const auto over = turned_over(model_, links, options_.threads);
        turn_over(model_, links, over, options_.threads);
        done_.triangles_turned += over.size();
    }

    void clear_crowds(const edge_links& links, double apart, int round)
    {
        if (round >= gentle_rounds) {
            done_.flaps_removed += thin_out_crowded_edges(model_, links);
            return;
        }
        const auto split = split_crowded_edges(model_, links, apart * (round + 1));
        done_.points_split += split.points;
        done_.flaps_removed += split.triangles;
    }

    // A triangle that stands alone encloses nothing: closing it would only double it.
    void drop_lone(edge_links& links)
    {
        if (links.open_edges == 0) return;
        std::vector<std::uint8_t> gone(model_.triangles.size());
        std::size_t lone = 0;
        for (std::size_t t = 0; t < gone.size(); ++t) {
            gone[t] = links.other[3 * t] == edge_links::open && links.other[3 * t + 1] == edge_links::open &&
                              links.other[3 * t + 2] == edge_links::open
                          ? 1
                          : 0;
            lone += gone[t];
        }
        if (lone == 0 || lone == gone.size()) return;
        done_.flaps_removed += drop_triangles(model_, links, gone, options_.threads);
        links.open_edges -= 3 * lone;
    }

    void close(const edge_links& links, int round)
    {
        const auto filled = fill_holes(model_, links);
        done_.holes_filled += filled.holes;
        done_.triangles_added += filled.triangles;
        if (filled.left == 0 || (filled.holes > 0 && round < gentle_rounds)) return;
        // Rims that do not close, such as of a band with a twist: the triangles at them go, and a wider hole
        // is left to close.
        std::vector<bool> gone(model_.triangles.size(), false);
        for (const auto& contour : find_contours(model_, links))
            if (contour.size() < 3 ||
                corner_to(model_, contour.back()) != corner_from(model_, contour.front()))
                for (const auto h : contour)
                    gone[h / 3] = true;
        done_.flaps_removed += remove(gone);
    }

    bool drop_noise()
    {
        const auto links = link_edges(model_, {.shells = true, .threads = options_.threads});
        std::vector<double> areas(links.shells, 0);
        for (std::size_t t = 0; t < model_.triangles.size(); ++t)
            areas[links.shell[t]] += area_of(model_, model_.triangles[t]);
        if (areas.empty()) return false;
        const auto least = noise_share_of_area * *std::max_element(areas.begin(), areas.end());
        std::vector<bool> gone(model_.triangles.size(), false);
        for (std::size_t t = 0; t < gone.size(); ++t)
            gone[t] = areas[links.shell[t]] < least;
        done_.noise_shells_removed = static_cast<std::size_t>(
            std::count_if(areas.begin(), areas.end(), [&](double area) { return area < least; }));
        return remove(gone) > 0;
    }

    void tell_changes()
    {
        done_.changed = done_.points_joined + done_.degenerate_removed + done_.duplicates_removed +
                            done_.flaps_removed + done_.triangles_turned + done_.points_split +
                            done_.holes_filled + done_.noise_shells_removed >
                        0;
    }

    mesh& model_;
    const repair_options& options_;
    link_options without_shells_{.shells = false, .threads = options_.threads};
    repair_report done_;
};

} // namespace

repair_report repair(mesh& model, const repair_options& options)
{
    return repairer(model, options).run();
}

} // namespace layerline::workshop
