// Any bytes as a file whose layers are drawn: the index covers whole lines in order, each drawing ends, and
// what is drawn does not hang on how the bytes are cut.
#include "gcode/layer_index.hpp"
#include "gcode/layer_paths.hpp"
#include "gcode/thumbnails.hpp"

#include <cmath>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::gcode;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    layer_indexer indexer;
    indexer.push(text.substr(0, size / 3));
    indexer.push(text.substr(size / 3));
    const auto index = indexer.finish();
    std::uint64_t last = 0;
    int drawn = 0;
    for (const auto& layer : index.layers) {
        if (layer.begin < last || layer.end < layer.begin || layer.end > size) std::abort();
        if (!std::isfinite(layer.seconds) || !std::isfinite(layer.filament_mm)) std::abort();
        last = layer.end;
        if (++drawn > 8) continue;
        const auto bytes = text.substr(layer.begin, layer.end - layer.begin);
        layer_painter whole(layer.start), halves(layer.start);
        (void)whole.push(bytes);
        (void)halves.push(bytes.substr(0, bytes.size() / 2));
        (void)halves.push(bytes.substr(bytes.size() / 2));
        if (whole.finish() != halves.finish()) std::abort();
    }
    thumbnail_reader pictures;
    line_splitter lines;
    lines.push(text);
    lines.finish();
    while (const auto line = lines.next())
        if (!pictures.take(line->text)) break;
    for (const auto& one : pictures.found())
        if (one.base64.empty() || one.width <= 0 || one.height <= 0) std::abort();
    return 0;
}
