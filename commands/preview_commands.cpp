// files/layers and files/thumbnail: what a file will look like, read from the file itself.
#include "access/base64.hpp"
#include "commands/command_groups.hpp"
#include "commands/layer_cache.hpp"
#include "gcode/layer_paths.hpp"
#include "gcode/thumbnails.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace layerline::commands {

using nlohmann::json;
namespace net = transport::net;

namespace {

constexpr std::size_t part_bytes = std::size_t{64} * 1024;
constexpr std::size_t most_head = std::size_t{8} << 20U; // of a file that is looked through for pictures

double rounded(double value)
{
    return std::round(value * 1000) / 1000;
}

// Columns, not rows: a thousand layers stay small.
json told(const gcode::layer_index& index, const std::string& path)
{
    json z = json::array(), seconds = json::array(), filament = json::array(), bytes = json::array();
    for (const auto& layer : index.layers) {
        z.push_back(rounded(layer.z_mm));
        seconds.push_back(rounded(layer.seconds));
        filament.push_back(rounded(layer.filament_mm));
        bytes.push_back(layer.end - layer.begin);
    }
    return {{"VirtualPath", path},
            {"LayerCount", index.layers.size()},
            {"Truncated", index.too_many},
            {"PreludeSec", rounded(index.prelude_seconds)},
            {"MinXMm", rounded(index.min_x)},
            {"MinYMm", rounded(index.min_y)},
            {"MaxXMm", rounded(index.max_x)},
            {"MaxYMm", rounded(index.max_y)},
            {"ZMm", std::move(z)},
            {"EstSec", std::move(seconds)},
            {"FilamentMm", std::move(filament)},
            {"Bytes", std::move(bytes)}};
}

transport::task<outcome<std::string>> painted(file_store& files, std::string path, gcode::layer_entry layer)
{
    const auto opened = co_await files.read(path, layer.begin);
    if (!opened) co_return fail(opened.error());
    gcode::layer_painter painter(layer.start);
    std::vector<char> part(part_bytes);
    for (auto left = layer.end - layer.begin; left > 0;) {
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left, part.size()));
        const auto got = co_await opened->content->read_some(net::buffer(part.data(), want));
        if (!got || *got == 0) co_return fail(750, "The layer could not be read to its end.");
        left -= *got;
        if (!painter.push({part.data(), *got}))
            co_return fail(753, "The drawing of this layer is larger than 16 MiB.");
        co_await net::post(net::use_awaitable);
    }
    co_return painter.finish();
}

struct picture {
    std::string bytes;
    std::string_view type;
    int width = 0, height = 0;
};

std::string_view type_of(std::string_view bytes)
{
    if (bytes.starts_with("\x89PNG")) return "image/png";
    if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
    if (bytes.starts_with("qoif")) return "image/x-qoi";
    return {};
}

// The smallest that is at least `size` wide, else the largest.
const gcode::thumbnail* fitting(const std::vector<gcode::thumbnail>& all, std::int64_t size)
{
    const gcode::thumbnail* best = nullptr;
    for (const auto& one : all) {
        const bool enough = one.width >= size, best_enough = best && best->width >= size;
        if (!best || (enough && (!best_enough || one.width < best->width)) ||
            (!enough && !best_enough && one.width > best->width))
            best = &one;
    }
    return best;
}

transport::task<outcome<picture>> picture_of(file_store& files, std::string path, std::int64_t size)
{
    const auto opened = co_await files.read(path);
    if (!opened) co_return fail(opened.error());
    gcode::line_splitter splitter;
    gcode::thumbnail_reader reader;
    std::vector<char> part(part_bytes);
    bool more = true;
    for (std::size_t total = 0; more && total < most_head;) {
        const auto got = co_await opened->content->read_some(net::buffer(part));
        if (!got) co_return fail(750, "The file could not be read: " + got.error().message() + ".");
        if (*got == 0) break;
        total += *got;
        splitter.push({part.data(), *got});
        while (const auto line = splitter.next())
            if (!line->too_long && !(more = reader.take(line->text))) break;
        co_await net::post(net::use_awaitable);
    }
    const auto* found = fitting(reader.found(), size);
    if (!found) co_return fail(404, "This file holds no picture.");
    const auto bytes = access::from_base64(found->base64);
    if (!bytes) co_return fail(404, "The picture in this file is damaged.");
    picture made{std::string(bytes->begin(), bytes->end()), {}, found->width, found->height};
    made.type = type_of(made.bytes);
    if (made.type.empty()) co_return fail(404, "The picture in this file is of a kind that is not known.");
    co_return made;
}

transport::task<void> send_bytes(command_context& at, std::string bytes, std::string_view type)
{
    transport::response_head head;
    head.status = 200;
    head.headers.set("content-type", std::string(type));
    head.headers.set("content-length", std::to_string(bytes.size()));
    head.headers.set("x-content-type-options", "nosniff");
    head.headers.set("x-request-id", at.request_id);
    if (at.call.request().method == "HEAD") {
        if (const auto begun = co_await at.call.respond(std::move(head))) (void)co_await at.call.finish();
        co_return;
    }
    (void)co_await transport::respond_with(at.call, std::move(head), std::move(bytes));
}

} // namespace

transport::task<void> run_layers(command_context& at, const arguments& given)
{
    const auto path = good_path(given, "Path");
    if (!path) {
        co_await send_raw_failure(at, path.error());
        co_return;
    }
    const auto index = co_await at.layers.of(at.files, *path);
    if (!index) {
        transport::fields more;
        if (index.error().status == 503) more.set("retry-after", "2");
        co_await send_raw_failure(at, index.error(), std::move(more));
        co_return;
    }
    const auto& layers = (*index)->layers;
    const auto wanted = given.integer("Layer");
    if (!wanted) {
        auto sealed = encode_success(told(**index, *path), at.request_id, max_index_bytes);
        co_await send_envelope(at, 200, std::move(sealed.text));
        co_return;
    }
    if (*wanted > static_cast<std::int64_t>(layers.size())) {
        co_await send_raw_failure(at,
                                  fail(404, "This file has " + std::to_string(layers.size()) + " layers."));
        co_return;
    }
    auto drawing = co_await painted(at.files, *path, layers[static_cast<std::size_t>(*wanted - 1)]);
    if (!drawing) {
        co_await send_raw_failure(at, drawing.error());
        co_return;
    }
    co_await send_bytes(at, std::move(*drawing), "application/vnd.layerline.layer");
}

transport::task<void> run_thumbnail(command_context& at, const arguments& given)
{
    const auto path = good_path(given, "Path");
    if (!path) {
        co_await send_raw_failure(at, path.error());
        co_return;
    }
    auto found = co_await picture_of(at.files, *path, given.integer("Size").value_or(300));
    if (!found) {
        co_await send_raw_failure(at, found.error());
        co_return;
    }
    const std::string_view type = found->type;
    co_await send_bytes(at, std::move(found->bytes), type);
}

} // namespace layerline::commands
