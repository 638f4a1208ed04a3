#include "workshop/models/analysis_json.hpp"

#include <nlohmann/json.hpp>

namespace layerline::workshop {

nlohmann::json to_json(const mesh_analysis& found)
{
    const auto texts = [](const std::vector<finding>& all) {
        auto list = nlohmann::json::array();
        for (const auto& one : all)
            list.push_back(one.text);
        return list;
    };
    const auto ids = [](const std::vector<finding>& all) {
        auto list = nlohmann::json::array();
        for (const auto& one : all)
            list.push_back(one.id);
        return list;
    };
    nlohmann::json out;
    out["vertices"] = found.vertices;
    out["triangles"] = found.triangles;
    out["contours"] = found.contours;
    out["shells"] = found.shells;
    out["volumeMm3"] = found.watertight() ? nlohmann::json(found.volume_mm3) : nlohmann::json();
    out["surfaceAreaMm2"] = found.surface_area_mm2;
    out["dimensionXMm"] = found.most.x - found.least.x;
    out["dimensionYMm"] = found.most.y - found.least.y;
    out["dimensionZMm"] = found.most.z - found.least.z;
    out["badEdges"] = found.bad_edges();
    out["badContours"] = found.contours;
    out["solidityParams"] = {{"invertedNormals", found.inverted},
                             {"badEdges", found.bad_edges()},
                             {"badContours", found.contours},
                             {"nearBadEdges", found.near_bad_edges},
                             {"planarHoles", found.planar_holes}};
    out["qualityParams"] = {{"noiseShells", found.noise_shells},
                            {"overlappingTriangles", found.overlapping},
                            {"intersectingTriangles", found.crossing},
                            {"isFacetingScoreOk", found.faceting_ok()}};
    out["intersectionsCounted"] = found.crossings_counted;
    out["facetingDeviationMm"] = found.faceting_deviation_mm;
    out["openEdges"] = found.open_edges;
    out["crowdedEdges"] = found.many_edges;
    out["flippedEdges"] = found.flipped_edges;
    out["degenerateTriangles"] = found.degenerate;
    out["duplicateTriangles"] = found.duplicates;
    out["watertight"] = found.watertight();
    out["printable"] = found.printable();
    out["reasons"] = texts(found.reasons);
    out["reasonIds"] = ids(found.reasons);
    out["warnings"] = texts(found.warnings);
    out["warningIds"] = ids(found.warnings);
    return out;
}

} // namespace layerline::workshop
