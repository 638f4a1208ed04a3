#include "workshop/service/slice_routes.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace {

constexpr std::string_view base = "/slices/v1";
constexpr std::size_t most_segment = 64; // ids and numbers; nothing here is longer

constexpr std::array<std::pair<std::string_view, slice_place>, 4> parts{{{"log", slice_place::log},
                                                                         {"result", slice_place::result},
                                                                         {"events", slice_place::events},
                                                                         {"layers", slice_place::layers}}};

constexpr std::array<std::pair<std::string_view, slice_place>, 3> words{
    {{"reference", slice_place::reference},
     {"profiles", slice_place::profiles},
     {"requests", slice_place::requests}}};

// Nothing if one is empty or too long, or there are more than three.
std::vector<std::string_view> segments_of(std::string_view path)
{
    std::vector<std::string_view> all;
    while (!path.empty()) {
        path.remove_prefix(1); // a slash
        const auto slash = std::min(path.find('/'), path.size());
        all.push_back(path.substr(0, slash));
        if (all.back().empty() || all.back().size() > most_segment || all.size() > 3) return {};
        path.remove_prefix(slash);
    }
    return all;
}

} // namespace

bool is_slice_target(std::string_view target)
{
    return target.starts_with("/slices/");
}

slice_route slice_route_of(std::string_view target)
{
    slice_route route;
    auto path = target.substr(0, target.find('?'));
    if (!path.starts_with(base)) return route;
    path.remove_prefix(base.size());
    if (path.empty() || path == "/") {
        route.place = slice_place::slices;
        return route;
    }
    if (path.front() != '/') return route;
    const auto all = segments_of(path);
    if (all.empty()) return route;
    const auto* const word =
        std::find_if(words.begin(), words.end(), [&](const auto& one) { return one.first == all[0]; });
    if (word != words.end()) {
        if (all.size() == 1) route.place = word->second;
        return route;
    }
    route.id = all[0];
    if (all.size() == 1) {
        route.place = slice_place::slice;
        return route;
    }
    const auto* const known =
        std::find_if(parts.begin(), parts.end(), [&](const auto& one) { return one.first == all[1]; });
    if (known == parts.end()) return route;
    if (all.size() == 2) route.place = known->second;
    if (all.size() == 3 && known->second == slice_place::layers) {
        route.place = slice_place::layer;
        route.part = all[2];
    }
    return route;
}

} // namespace layerline::workshop
