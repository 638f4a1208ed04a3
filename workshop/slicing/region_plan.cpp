#include "workshop/slicing/region_plan.hpp"

#include <algorithm>

namespace layerline::workshop {

namespace {

std::string heights(micron from, micron to)
{
    return std::to_string(from) + " to " + std::to_string(to) + " micron";
}

class stack {
public:
    explicit stack(const volume_wish& wish) : wish_(wish) {}

    micron top() const { return top_; }
    // As many whole layers as fit below `to`, `most` of them at most; whether there was room for one.
    bool add(region_kind kind, micron height, micron to, std::size_t most, std::size_t settings = 0)
    {
        if (to - top_ < height) return false;
        const auto fitting = static_cast<std::size_t>((to - top_) / height);
        const planned_region added{kind, top_, height, std::min(fitting, most), settings};
        if (added.layers == 0) return false;
        top_ = added.to();
        layers_ += added.layers;
        plan_.regions.push_back(added);
        return true;
    }
    void fill(micron to) { (void)add(region_kind::plain, wish_.layer_height, to, most_layers); }
    void note(std::string text) { plan_.notes.push_back(std::move(text)); }
    std::size_t layers() const { return layers_; }
    region_plan take() { return std::move(plan_); }

private:
    const volume_wish& wish_;
    region_plan plan_;
    micron top_ = 0;
    std::size_t layers_ = 0;
};

slice_failure inside(slice_errc code, const region_wish& region, const char* of, micron from, micron to)
{
    return {code, "regionSettings[" + std::to_string(region.settings) + "]",
            "The region from " + heights(region.from, region.to) + " lies wholly inside the " + of +
                ", which is from " + heights(from, to) + "."};
}

} // namespace

slice_result<region_plan> plan_regions(const volume_wish& wish)
{
    const auto or_default = [&](micron height) { return height > 0 ? height : wish.layer_height; };
    const micron least =
        std::min({wish.layer_height, or_default(wish.bottom_height), or_default(wish.top_height)});
    if (least <= 0 || wish.height / least > static_cast<micron>(most_layers))
        return slice_failure{slice_errc::bad_value, "layers.layerHeight",
                             "The print would have more than " + std::to_string(most_layers) + " layers."};

    stack layers(wish);
    (void)layers.add(region_kind::bottom, or_default(wish.bottom_height), wish.height, wish.bottom_layers);
    const micron bottom_ends = layers.top();
    const micron top_begins = std::max(bottom_ends, wish.height - or_default(wish.top_height) *
                                                                      static_cast<micron>(wish.top_layers));

    auto regions = wish.regions;
    std::sort(regions.begin(), regions.end(),
              [](const region_wish& a, const region_wish& b) { return a.from < b.from; });
    for (std::size_t at = 0; at < regions.size(); ++at) {
        auto region = regions[at];
        if (region.to == 0) {
            region.to = at + 1 < regions.size() ? std::min(regions[at + 1].from, top_begins) : top_begins;
            region.to = std::max(region.to, region.from);
        }
        if (region.from >= wish.height) {
            layers.note("The region from " + heights(region.from, region.to) +
                        " is above the model and was left out.");
            continue;
        }
        if (region.to <= bottom_ends && region.to > region.from)
            return inside(slice_errc::region_in_bottom, region, "bottom", 0, bottom_ends);
        if (region.from >= top_begins && top_begins < wish.height && wish.top_layers > 0)
            return inside(slice_errc::region_in_top, region, "top", top_begins, wish.height);
        const micron from = std::max(region.from, bottom_ends), to = std::min(region.to, top_begins);
        if (from != region.from || to != region.to)
            layers.note("The region from " + heights(region.from, region.to) + " was trimmed to " +
                        heights(from, to) + ".");
        layers.fill(from);
        const micron height = or_default(region.layer_height);
        // By its own extent: the default layers below it may end a little lower than it begins.
        if (layers.layers() > most_layers || to - from < height ||
            !layers.add(region_kind::user, height, to, most_layers, region.settings))
            layers.note("The region from " + heights(region.from, region.to) +
                        " has no whole layer and was left out.");
    }
    layers.fill(top_begins);
    (void)layers.add(region_kind::top, or_default(wish.top_height), wish.height, wish.top_layers);
    if (layers.layers() > most_layers)
        return slice_failure{slice_errc::bad_value, "regionSettings",
                             "The print would have more than " + std::to_string(most_layers) + " layers."};
    auto plan = layers.take();
    if (plan.regions.empty())
        return slice_failure{slice_errc::bad_value, "layers.layerHeight",
                             "The model is lower than one layer."};
    return plan;
}

std::string name_of(const planned_region& region, std::size_t volume)
{
    switch (region.kind) {
    case region_kind::bottom:
        return "bottom";
    case region_kind::plain:
        return "default";
    case region_kind::top:
        return "top";
    case region_kind::user:
        break;
    }
    return "URV" + std::to_string(volume) + "R" + std::to_string(region.settings);
}

} // namespace layerline::workshop
