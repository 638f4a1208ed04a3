// Any bytes as a slice request: what is taken has every section, is taken again as it stands, and its layers
// can be planned.
#include "workshop/slicing/slice_request.hpp"
#include "workshop/slicing/slice_reference.hpp"
#include "workshop/slicing/volume_layers.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::workshop;
    const auto read = read_slice_request({reinterpret_cast<const char*>(data), size});
    if (read.has_error()) {
        if (text_of(read.error()).empty()) std::abort();
        return 0;
    }
    auto again = read->data;
    again["version"] = slice_version;
    const auto second = read_slice_request(nlohmann::json{{"type", "slice"}, {"data", again}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace));
    if (second.has_error() || second->data.size() != read->data.size()) std::abort();
    for (std::size_t volume = 0; volume < read->data["model"].size() && volume < 4; ++volume) {
        const auto plan = plan_regions(wish_of_volume(read->data, volume, 50000));
        if (plan.has_error()) continue;
        micron top = 0;
        for (const auto& region : plan->regions) {
            if (region.from != top || region.layers == 0) std::abort();
            top = region.to();
        }
        if (top > 50000) std::abort();
    }
    return 0;
}
