#include "workshop/finishing/finisher.hpp"

#include <utility>

namespace layerline::workshop {

slice_result<std::pair<std::string, finished>>
finish_text(finishing_plan plan, std::vector<png_picture> pictures, std::string_view engine_gcode)
{
    std::string text;
    finisher one(std::move(plan), std::move(pictures), [&text](std::string_view bytes) { text += bytes; });
    one.push(engine_gcode);
    auto done = one.finish();
    if (done.has_error()) return done.error();
    for (const auto& patch : done->patches)
        text.replace(patch.offset, patch.text.size(), patch.text);
    return std::pair{std::move(text), std::move(*done)};
}

} // namespace layerline::workshop
