// Any bytes as an STL: what is read can be analysed, and written and read again it is the same.
#include "workshop/models/analysis.hpp"
#include "workshop/models/stl.hpp"
#include "workshop/models/triangle_count.hpp"
#include "workshop/models/weld.hpp"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::workshop;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto expected = triangles_expected(bytes.substr(0, head_bytes), size);
    if (expected > 5'000'000) std::abort();
    auto read = read_stl({reinterpret_cast<const char*>(data), size}, {2000, 1e6F});
    if (read.has_error()) {
        if (text_of(read.error()).empty()) std::abort();
        return 0;
    }
    if (is_binary_stl({bytes.data(), size}) && expected != read->triangles.size()) std::abort();
    for (const auto& text : {binary_stl(*read), ascii_stl(*read, "x")}) {
        const auto again = read_stl(text);
        if (again.has_error() || again->points != read->points) std::abort();
    }
    weld_equal(*read);
    weld_near(*read, 0.01F);
    const auto found = analyse(*read);
    if (!std::isfinite(found.surface_area_mm2) || !std::isfinite(found.volume_mm3)) std::abort();
    if (found.inverted > found.triangles || found.contours > found.open_edges) std::abort();
    if (found.watertight() && found.contours != 0) std::abort();
    return 0;
}
