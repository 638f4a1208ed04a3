// Any bytes as a G-code file: cut into lines, parsed, applied and timed. Times must stay finite.
#include "gcode/line_splitter.hpp"
#include "gcode/metadata.hpp"
#include "gcode/move_time.hpp"

#include <cmath>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::gcode;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    line_splitter splitter;
    modal_state state;
    move_timer timer;
    layer_tracker layers;
    file_facts facts;
    read_facts(text, facts);
    splitter.push(text.substr(0, size / 2));
    for (int part = 0; part < 2; ++part) {
        while (const auto raw = splitter.next()) {
            const parsed_line line = parse_line(raw->text);
            layers.on_comment(line.comment);
            without_parentheses(raw->text);
            const auto moved = state.apply(line);
            if (!moved) continue;
            layers.on_move(*moved, state.z());
            if (!std::isfinite(timer.add(*moved))) std::abort();
        }
        if (part == 0) splitter.push(text.substr(size / 2));
        splitter.finish();
    }
    return 0;
}
