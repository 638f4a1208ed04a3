#include "workshop/pipeline/svg_layers.hpp"

#include "workshop/models/model_file.hpp"
#include "workshop/models/zip_writer.hpp"
#include "workshop/slicing/layer_svg.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr std::size_t layers_at_once = 256; // whose outlines are held, where there are several volumes

struct closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using open_file = std::unique_ptr<std::FILE, closer>;

slice_failure not_written()
{
    return {slice_errc::internal,
            {},
            "The drawings cannot be written: the disk is full, or they are larger "
            "than they may be."};
}

// Where the drawings go.
class drawings {
public:
    drawings(std::filesystem::path folder, const std::filesystem::path& archive) : folder_(std::move(folder))
    {
        if (archive.empty()) return;
        file_.reset(std::fopen(archive.c_str(), "wbe"));
        zip_ = std::make_unique<zip_writer>([this](std::string_view bytes) {
            return file_ && std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size();
        });
    }

    bool add(const std::string& name, const std::string& text)
    {
        if (!folder_.empty() && write_model_file(folder_ / name, text).has_error()) return false;
        return !zip_ || zip_->add(name, text);
    }

    bool finish()
    {
        return !zip_ ||
               (zip_->finish() && std::fflush(file_.get()) == 0 && ::fsync(::fileno(file_.get())) == 0);
    }

private:
    std::filesystem::path folder_;
    open_file file_;
    std::unique_ptr<zip_writer> zip_;
};

struct faults {
    std::size_t gaps = 0, lines = 0;
};

// Outlines of all volumes, layer by layer, in order.
void each_layer(std::span<const placed_volume> volumes, std::span<const double> planes,
                const std::function<bool(std::size_t, slice_outline)>& each)
{
    if (volumes.size() == 1) {
        slice_at(volumes[0].shape, planes, {}, each);
        return;
    }
    for (std::size_t begin = 0; begin < planes.size(); begin += layers_at_once) {
        const auto part = planes.subspan(begin, std::min(layers_at_once, planes.size() - begin));
        std::vector<std::vector<slice_outline>> all(part.size());
        for (const auto& volume : volumes)
            slice_at(volume.shape, part, {}, [&](std::size_t at, slice_outline one) {
                all[at].push_back(std::move(one));
                return true;
            });
        for (std::size_t at = 0; at < part.size(); ++at)
            if (!each(begin + at, united(all[at]))) return;
    }
}

} // namespace

slice_result<json> write_svg_layers(std::span<const placed_volume> volumes, const json& data,
                                    const std::filesystem::path& folder, const std::filesystem::path& archive,
                                    slice_log& log, const std::function<void(double)>& progress)
{
    log.begin("Create Slices");
    const double layer = data["layers"]["layerHeight"].get<double>() / 1000;
    double top = 0;
    for (const auto& volume : volumes)
        top = std::max(top, extent_of(volume.shape).most.z);
    // A layer whose middle is inside.
    const double count = std::ceil(top / layer - 0.5);
    if (count > static_cast<double>(most_svg_layers))
        return slice_failure{slice_errc::bad_value, "layers.layerHeight",
                             "That makes more than " + std::to_string(most_svg_layers) + " drawings."};
    std::vector<double> planes;
    for (std::size_t at = 0; at < static_cast<std::size_t>(std::max(count, 1.0)); ++at)
        planes.push_back((static_cast<double>(at) + 0.5) * layer);
    const double width = data["bed"]["xLength"].get<double>() / 1000,
                 depth = data["bed"]["yLength"].get<double>() / 1000;
    drawings made(folder, archive);
    faults seen;
    bool good = true;
    each_layer(volumes, planes, [&](std::size_t at, slice_outline outline) {
        seen.gaps += outline.gaps_closed;
        seen.lines += outline.lines_left_out;
        good = made.add(layer_file_name(at), layer_svg(outline, width, depth, planes[at]));
        progress(static_cast<double>(at + 1) / static_cast<double>(planes.size()));
        return good;
    });
    if (!good || !made.finish()) return not_written();
    if (seen.gaps > 0) log.note(std::to_string(seen.gaps) + " gaps in the outlines were closed.");
    if (seen.lines > 0)
        log.note(std::to_string(seen.lines) + " lines that belong to no outline were left out.");
    json facts{{"layers", planes.size()}, {"layerHeight", data["layers"]["layerHeight"]}};
    return slice_result<json>(boost::system::in_place_value, std::move(facts));
}

} // namespace layerline::workshop
