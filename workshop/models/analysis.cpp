#include "workshop/models/analysis.hpp"

#include "workshop/models/contours.hpp"
#include "workshop/models/crossings.hpp"
#include "workshop/models/edges.hpp"
#include "workshop/models/faceting.hpp"
#include "workshop/models/near_edges.hpp"
#include "workshop/models/orientation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr double planar_tolerance = 1e-3;             // mm
constexpr double sewn_share_of_diagonal = 1.0 / 5000; // cracks that repair sews without being told
constexpr double noise_share_of_area = 1e-3;          // of the largest shell's

bool has_area(const mesh& model, const triangle& one)
{
    if (one[0] == one[1] || one[1] == one[2] || one[2] == one[0]) return false;
    const auto normal = cross(difference(model.points[one[1]], model.points[one[0]]),
                              difference(model.points[one[2]], model.points[one[0]]));
    return dot(normal, normal) > 0;
}

void measure(const mesh& model, const edge_links& links, mesh_analysis& into)
{
    const auto& origin = model.points.front();
    into.least = into.most = {origin.x, origin.y, origin.z};
    for (const auto& at : model.points) {
        into.least = {std::min<double>(into.least.x, at.x), std::min<double>(into.least.y, at.y),
                      std::min<double>(into.least.z, at.z)};
        into.most = {std::max<double>(into.most.x, at.x), std::max<double>(into.most.y, at.y),
                     std::max<double>(into.most.z, at.z)};
    }
    std::vector<double> areas(links.shells, 0);
    for (std::size_t t = 0; t < model.triangles.size(); ++t) {
        const auto& one = model.triangles[t];
        const auto a = difference(model.points[one[0]], origin), b = difference(model.points[one[1]], origin),
                   c = difference(model.points[one[2]], origin);
        const auto normal = cross(difference(model.points[one[1]], model.points[one[0]]),
                                  difference(model.points[one[2]], model.points[one[0]]));
        const auto area = std::sqrt(dot(normal, normal)) / 2;
        into.volume_mm3 += dot(a, cross(b, c)) / 6;
        into.surface_area_mm2 += area;
        areas[links.shell[t]] += area;
        into.degenerate += has_area(model, one) ? 0 : 1;
    }
    const auto largest = *std::max_element(areas.begin(), areas.end());
    into.noise_shells = static_cast<std::size_t>(std::count_if(
        areas.begin(), areas.end(), [&](double area) { return area < noise_share_of_area * largest; }));
}

// Triangles with the corners of one before them, whichever way they turn.
std::size_t count_duplicates(const mesh& model)
{
    std::vector<triangle> sorted = model.triangles;
    for (auto& one : sorted)
        std::sort(one.begin(), one.end());
    std::sort(sorted.begin(), sorted.end());
    std::size_t count = 0;
    for (std::size_t i = 1; i < sorted.size(); ++i)
        count += sorted[i] == sorted[i - 1] ? 1 : 0;
    return count;
}

std::string counted(std::size_t count, std::string_view one, std::string_view more)
{
    return std::to_string(count) + ' ' + std::string(count == 1 ? one : more);
}

std::string hundredths(double value)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f", value);
    return text.data();
}

void judge(mesh_analysis& found)
{
    const auto say = [](std::vector<finding>& where, std::size_t count, std::string_view id,
                        std::string text) {
        if (count > 0) where.push_back({id, std::move(text)});
    };
    auto& bad = found.reasons;
    say(bad, found.open_edges, "open_edges",
        "The surface has holes: " + counted(found.open_edges, "edge has", "edges have") +
            " only one triangle.");
    say(bad, found.many_edges, "crowded_edges",
        "The surface meets itself: " + counted(found.many_edges, "edge has", "edges have") +
            " three triangles or more.");
    say(bad, found.inverted, "inverted_normals",
        counted(found.inverted, "triangle looks", "triangles look") + " inward.");
    say(bad, found.degenerate, "degenerate_triangles",
        counted(found.degenerate, "triangle has", "triangles have") + " no area.");
    say(bad, found.duplicates, "duplicate_triangles",
        counted(found.duplicates, "triangle is", "triangles are") + " there twice.");
    auto& known = found.warnings;
    say(known, found.crossing, "intersecting_triangles",
        "The surface goes through itself: " + counted(found.crossing, "triangle crosses", "triangles cross") +
            " another. Slicers print what is inside any part, or leave gaps.");
    say(known, found.overlapping, "overlapping_triangles",
        counted(found.overlapping, "triangle lies", "triangles lie") + " on another.");
    say(known, found.crossings_counted ? 0 : 1, "intersections_not_counted",
        "Too many triangles are at the same places: there may be more crossings than these.");
    say(known, found.noise_shells, "noise_shells",
        counted(found.noise_shells, "part is", "parts are") + " very small.");
    say(known, found.faceting_ok() ? 0 : 1, "coarse_faceting",
        "Round surfaces show their facets: these stand up to " + hundredths(found.faceting_deviation_mm) +
            " mm off.");
}

} // namespace

mesh_analysis analyse(const mesh& model, unsigned threads)
{
    mesh_analysis found;
    found.vertices = model.points.size();
    found.triangles = model.triangles.size();
    if (model.triangles.empty()) {
        found.reasons.push_back({"no_triangles", "The model has no triangles."});
        return found;
    }
    const auto links = link_edges(model);
    found.shells = links.shells;
    found.open_edges = links.open_edges;
    found.many_edges = links.many_edges;
    found.flipped_edges = links.flipped_edges;
    measure(model, links, found);
    found.duplicates = count_duplicates(model);
    const auto contours = find_contours(model, links);
    found.contours = contours.size();
    found.planar_holes =
        static_cast<std::size_t>(std::count_if(contours.begin(), contours.end(), [&](const auto& one) {
            return is_planar(model, one, planar_tolerance);
        }));
    found.inverted = turned_over(model, links).size();
    const vector3 across{found.most.x - found.least.x, found.most.y - found.least.y,
                         found.most.z - found.least.z};
    found.near_bad_edges =
        count_near_edges(model, links, sewn_share_of_diagonal * std::sqrt(dot(across, across)));
    found.faceting_deviation_mm = faceting_deviation(model, links);
    const auto crossings = count_crossings(model, links, threads, usual_patience(model));
    found.crossing = crossings.crossing;
    found.overlapping = crossings.overlapping;
    found.crossings_counted = crossings.all;
    judge(found);
    return found;
}

} // namespace layerline::workshop
