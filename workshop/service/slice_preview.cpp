#include "workshop/service/slice_preview.hpp"

#include "commands/descriptor.hpp"
#include "gcode/layer_paths.hpp"
#include "workshop/models/zip_archive.hpp"
#include "workshop/slicing/layer_svg.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr std::size_t part_bytes = 256UL * 1024, most_drawing = 64UL * 1024 * 1024;

double rounded(double value)
{
    return std::round(value * 1000) / 1000;
}

// Gives bytes [from, to) to `take` until that says false; false if they cannot be read.
bool read_part(const std::filesystem::path& file, std::uint64_t from, std::uint64_t to,
               const std::function<bool(std::string_view)>& take)
{
    const commands::descriptor open(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!open) return false;
    std::vector<char> part(part_bytes);
    while (from < to) {
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(to - from, part.size()));
        const auto got = ::pread(open.get(), part.data(), want, static_cast<off_t>(from));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        if (got == 0 || !take({part.data(), static_cast<std::size_t>(got)})) return got == 0;
        from += static_cast<std::uint64_t>(got);
    }
    return true;
}

// A file of the workshop's own, whose length never changes.
class mapping {
public:
    explicit mapping(const std::filesystem::path& file)
    {
        const commands::descriptor open(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        struct stat about {};
        if (!open || ::fstat(open.get(), &about) != 0 || about.st_size == 0) return;
        auto* const at =
            ::mmap(nullptr, static_cast<std::size_t>(about.st_size), PROT_READ, MAP_PRIVATE, open.get(), 0);
        if (at == MAP_FAILED) return;
        bytes_ = {static_cast<const char*>(at), static_cast<std::size_t>(about.st_size)};
    }
    ~mapping()
    {
        if (!bytes_.empty())
            ::munmap(const_cast<char*>(bytes_.data()), bytes_.size()); // NOLINT: munmap takes no const
    }
    mapping(const mapping&) = delete;
    mapping& operator=(const mapping&) = delete;
    std::string_view bytes() const { return bytes_; }

private:
    std::string_view bytes_;
};

} // namespace

std::shared_ptr<const gcode::layer_index> index_layers(const std::filesystem::path& file)
{
    gcode::layer_indexer indexer;
    const auto take = [&indexer](std::string_view bytes) {
        indexer.push(bytes);
        return true;
    };
    if (!read_part(file, 0, UINT64_MAX, take)) return nullptr;
    return std::make_shared<const gcode::layer_index>(indexer.finish());
}

json layers_json(const gcode::layer_index& index)
{
    json z = json::array(), seconds = json::array(), filament = json::array();
    for (const auto& layer : index.layers) {
        z.push_back(rounded(layer.z_mm));
        seconds.push_back(rounded(layer.seconds));
        filament.push_back(rounded(layer.filament_mm));
    }
    return {{"layers", index.layers.size()},
            {"truncated", index.too_many},
            {"minXMm", rounded(index.min_x)},
            {"minYMm", rounded(index.min_y)},
            {"maxXMm", rounded(index.max_x)},
            {"maxYMm", rounded(index.max_y)},
            {"zMm", std::move(z)},
            {"seconds", std::move(seconds)},
            {"filamentMm", std::move(filament)}};
}

std::string painted_layer(const std::filesystem::path& file, const gcode::layer_entry& layer)
{
    gcode::layer_painter painter(layer.start);
    bool fits = true;
    const auto take = [&](std::string_view bytes) { return fits = painter.push(bytes); };
    if (!read_part(file, layer.begin, layer.end, take) || !fits) return {};
    return painter.finish();
}

std::string drawn_layer(const std::filesystem::path& archive, std::size_t index)
{
    const mapping whole(archive);
    zip_limits limits;
    limits.entries = most_svg_layers;
    auto opened = zip_archive::open(whole.bytes(), limits);
    if (opened.has_error()) return {};
    std::string drawing;
    const auto take = [&drawing](std::string_view bytes) -> model_result<void> {
        if (drawing.size() + bytes.size() > most_drawing) return model_failure{model_errc::server_error, {}};
        drawing += bytes;
        return {};
    };
    if (opened->read(layer_file_name(index), take).has_error()) return {};
    return drawing;
}

} // namespace layerline::workshop
