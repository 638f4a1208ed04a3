#include "gcode/layer_index.hpp"

#include <algorithm>

namespace layerline::gcode {

void layer_indexer::push(std::string_view bytes)
{
    splitter_.push(bytes);
    take_lines();
}

void layer_indexer::take_lines()
{
    while (const auto line = splitter_.next()) {
        if (!line->too_long) take(*line);
        line_begin_ = line->end_offset;
    }
}

void layer_indexer::take(const raw_line& line)
{
    const bool may_begin = !line.text.empty() && (line.text.front() == ';' || line.text.front() == 'G' ||
                                                  line.text.front() == 'g' || line.text.front() == ' ');
    // Only where the line begins a layer is the state before it needed: which lines do is known afterwards.
    const auto before = may_begin ? std::optional(walk_.state()) : std::nullopt;
    const auto step = walk_.take(line.text);
    if (!walk_.comment().empty()) tracker_.on_comment(walk_.comment());
    if (step) tracker_.on_move(step->whole, walk_.state().modal.z());
    if (const int now = tracker_.layer().value_or(0); now != layer_ && before) {
        layer_ = now;
        if (!made_.layers.empty()) made_.layers.back().end = line_begin_;
        if (made_.layers.size() >= max_layers) {
            made_.too_many = true;
        } else {
            made_.layers.push_back({.begin = line_begin_, .start = *before});
            z_known_ = false;
        }
    }
    if (!step) return;
    const double seconds = timer_.add(step->whole);
    if (made_.too_many) return;
    if (made_.layers.empty()) {
        made_.prelude_seconds += seconds;
        return;
    }
    auto& layer = made_.layers.back();
    layer.seconds += seconds;
    layer.filament_mm += step->filament_mm;
    if (step->kind == path_kind::travel) return;
    if (!z_known_) layer.z_mm = walk_.state().modal.z().value_or(0);
    z_known_ = true;
    if (!any_extruded_) {
        made_.min_x = made_.max_x = step->from.x;
        made_.min_y = made_.max_y = step->from.y;
        any_extruded_ = true;
    }
    for (const point_mm at : {step->from, step->to}) {
        made_.min_x = std::min(made_.min_x, at.x);
        made_.max_x = std::max(made_.max_x, at.x);
        made_.min_y = std::min(made_.min_y, at.y);
        made_.max_y = std::max(made_.max_y, at.y);
    }
}

layer_index layer_indexer::finish()
{
    splitter_.finish();
    take_lines();
    if (!made_.layers.empty() && !made_.too_many) made_.layers.back().end = line_begin_;
    return std::move(made_);
}

} // namespace layerline::gcode
