#include "workshop/models/repair_json.hpp"

#include <nlohmann/json.hpp>

namespace layerline::workshop {

nlohmann::json to_json(const repair_report& report)
{
    return {{"changed", report.changed},
            {"pointsJoined", report.points_joined},
            {"degenerateRemoved", report.degenerate_removed},
            {"duplicatesRemoved", report.duplicates_removed},
            {"flapsRemoved", report.flaps_removed},
            {"trianglesTurned", report.triangles_turned},
            {"pointsSplit", report.points_split},
            {"holesFilled", report.holes_filled},
            {"trianglesAdded", report.triangles_added},
            {"noiseShellsRemoved", report.noise_shells_removed},
            {"openEdges", report.open_edges},
            {"crowdedEdges", report.crowded_edges},
            {"watertight", report.open_edges == 0 && report.crowded_edges == 0}};
}

} // namespace layerline::workshop
