// What holds for whatever an importer gives, of any format.
#pragma once

#include "workshop/models/analysis.hpp"
#include "workshop/models/model_error.hpp"
#include "workshop/models/repair.hpp"
#include "workshop/models/weld.hpp"

#include <cmath>
#include <cstdlib>

namespace layerline::fuzz {

// `again` writes a model and reads it back.
template <class Again>
int use_model(workshop::model_result<workshop::mesh> read, Again again)
{
    if (read.has_error()) {
        if (text_of(read.error()).empty()) std::abort();
        return 0;
    }
    if (read->triangles.empty()) std::abort();
    for (const auto& one : read->triangles)
        for (const auto corner : one)
            if (corner >= read->points.size()) std::abort();
    const auto back = again(*read);
    if (back.has_error() || back->points != read->points || back->triangles != read->triangles) std::abort();
    workshop::weld_equal(*read);
    const auto found = workshop::analyse(*read);
    if (!std::isfinite(found.surface_area_mm2) || found.inverted > found.triangles) std::abort();
    if (found.crossing > found.triangles || found.overlapping > found.triangles) std::abort();
    if (!std::isfinite(found.faceting_deviation_mm) || found.near_bad_edges > found.open_edges) std::abort();
    const auto report = workshop::repair(*read);
    const auto after = workshop::analyse(*read);
    if (after.triangles > 0 &&
        (report.open_edges != after.open_edges || report.crowded_edges != after.many_edges))
        std::abort();
    return 0;
}

} // namespace layerline::fuzz
