#include "workshop/finishing/layer_scan.hpp"

#include "gcode/move_time.hpp"
#include "gcode/toolpath.hpp"
#include "workshop/finishing/dialect_line.hpp"

#include <charconv>
#include <cmath>

namespace layerline::workshop {

namespace {

constexpr double highest_mm = 1e5;

} // namespace

bool begins_model(std::string_view comment)
{
    if (!comment.starts_with("TYPE:")) return false;
    const auto kind = gcode::kind_of_type(comment.substr(5));
    return kind != gcode::path_kind::unknown && kind != gcode::path_kind::support &&
           kind != gcode::path_kind::skirt;
}

bool begins_other(std::string_view comment)
{
    return comment.starts_with("TYPE:") && !begins_model(comment);
}

std::optional<micron> z_of_comment(std::string_view comment)
{
    if (!comment.starts_with("Z:")) return std::nullopt;
    comment.remove_prefix(2);
    double z = 0;
    const auto read =
        std::from_chars(comment.data(), comment.data() + comment.size(), z, std::chars_format::fixed);
    if (read.ec != std::errc{} || !std::isfinite(z) || std::abs(z) > highest_mm) return std::nullopt;
    return static_cast<micron>(std::llround(z * 1000));
}

layer_facts scan_layer(const finishing_plan& plan, held_layer& lines, gcode::modal_state state,
                       std::optional<micron> raft_top, bool of_model)
{
    layer_facts facts;
    gcode::move_timer timer;
    std::optional<layer_wish> wish;
    lines.for_each(plan.dialect, [&](std::string_view, const gcode::parsed_line& line) {
        if (line.letter == 0) {
            if (const auto z = z_of_comment(line.comment); z && !facts.z) {
                facts.z = z;
                if (!plan.raft || raft_top) wish = layer_at(plan, *z - raft_top.value_or(0));
            } else if (const auto volume = volume_of_label(line.comment)) {
                facts.volumes.insert(std::min(*volume, plan.volumes.size()));
                if (facts.z) wish = layer_at(plan, *volume, *facts.z - raft_top.value_or(0));
            }
            if (line.comment.starts_with("TYPE:")) of_model = begins_model(line.comment);
            return;
        }
        auto moved = state.apply(line);
        if (!moved) {
            facts.seconds += gcode::dwell_seconds(line);
            return;
        }
        const bool prints = moved->de > 0 && moved->length_mm > 0;
        if (prints && wish) moved->feed_mm_s = sped_up(plan, *wish, moved->feed_mm_s);
        const double took = timer.add(*moved);
        facts.seconds += took;
        if (prints) {
            facts.extruding_s += took;
            facts.model = facts.model || of_model;
        }
    });
    return facts;
}

std::optional<micron> raft_top_of(const finishing_plan& plan, const layer_facts& facts)
{
    if (!facts.model || !facts.z) return std::nullopt;
    std::optional<micron> lowest;
    for (std::size_t volume = 0; volume < plan.volumes.size(); ++volume) {
        if (!facts.volumes.empty() && !facts.volumes.contains(volume)) continue;
        const auto& one = plan.volumes[volume];
        if (one.regions.regions.empty()) continue;
        const micron top = one.base + one.regions.regions.front().layer_height;
        lowest = lowest ? std::min(*lowest, top) : top;
    }
    if (!lowest) return std::nullopt;
    return *facts.z - *lowest;
}

} // namespace layerline::workshop
