// files/list and files/details.
#include "commands/command_groups.hpp"
#include "commands/gcode_metadata.hpp"
#include "commands/virtual_path.hpp"

#include <algorithm>

namespace layerline::commands {

using nlohmann::json;

namespace {

std::string platform_path(std::string_view virtual_path)
{
    const auto slash = virtual_path.find('/');
    return slash == std::string_view::npos ? std::string() : std::string(virtual_path.substr(slash + 1));
}

// The tree is at most max_path_depth deep, as file stores list it; `left` bounds it whatever a store does.
json described(const file_node& node, bool with_children, std::size_t left = max_path_depth)
{
    json all{{"Type", node.folder ? "folder" : "file"},
             {"Name", node.name},
             {"VirtualPath", node.virtual_path},
             {"PlatformPath", platform_path(node.virtual_path)},
             {"SizeBytes", node.folder ? json(nullptr) : json(node.size_bytes)},
             {"ModifiedTimeSec", node.modified_unix}};
    if (!node.folder || !with_children) return all;
    json children = json::array();
    if (left > 0)
        for (const auto& child : node.children)
            children.push_back(described(child, true, left - 1));
    all["Children"] = std::move(children);
    return all;
}

// Which folder is asked for: Path, or the root.
outcome<std::string> folder_of(const arguments& given)
{
    const auto root = given.text("Root");
    if (root && *root != "gcode" && *root != "gcodes")
        return fail(400, "Root must be \"gcode\": there is no other.");
    if (given.has("Path")) return good_path(given, "Path");
    return std::string("gcode");
}

// At most `window` bytes from `offset`.
transport::task<outcome<std::string>> read_part(file_store& files, const std::string& path,
                                                std::uint64_t offset, std::size_t window)
{
    const auto opened = co_await files.read(path, offset);
    if (!opened) co_return fail(opened.error());
    std::string text(window, '\0');
    std::size_t have = 0;
    while (have < window) {
        const auto got =
            co_await opened->content->read_some(transport::net::buffer(text.data() + have, window - have));
        if (!got) co_return fail(750, "The file could not be read: " + got.error().message() + ".");
        if (*got == 0) break;
        have += *got;
    }
    text.resize(have);
    co_return text;
}

// Results are made outside the coroutines: g++ 12 does not reliably keep braced lists in their frames.
json page_of(const file_node& folder, const arguments& given)
{
    const auto total = folder.children.size();
    const auto first = std::min(static_cast<std::size_t>(given.integer("Offset").value_or(0)), total);
    const auto count =
        std::min(static_cast<std::size_t>(given.integer("Limit").value_or(10000)), total - first);
    const bool recursive = given.boolean("Recursive").value_or(true);
    json nodes = json::array();
    for (std::size_t i = 0; i < count; ++i)
        nodes.push_back(described(folder.children[first + i], recursive));
    return {{"Root", std::move(nodes)},
            {"VirtualPath", folder.virtual_path},
            {"Offset", first},
            {"Total", total},
            {"Truncated", folder.truncated}};
}

json facts_of(const file_node& node)
{
    return {{"VirtualPath", node.virtual_path},
            {"PlatformPath", platform_path(node.virtual_path)},
            {"FileName", node.name},
            {"SizeBytes", node.size_bytes},
            {"ModifiedTimeSec", node.modified_unix}};
}

template <class T>
void put(json& into, const char* name, const std::optional<T>& value)
{
    if (value) into[name] = *value;
}

void put_metadata(json& into, const gcode_metadata& known)
{
    if (known.estimated_s) into["EstPrintTimeSec"] = static_cast<std::int64_t>(*known.estimated_s);
    put(into, "EstFilamentUsedMm", known.filament_mm);
    if (known.filament_g)
        into["EstFilamentWeightMg"] = static_cast<std::int64_t>(std::min(*known.filament_g * 1000, 1e15));
    put(into, "LayerCount", known.layers);
    put(into, "LayerHeightMm", known.layer_height_mm);
    put(into, "FirstLayerHeightMm", known.first_layer_height_mm);
    put(into, "ObjectHeightMm", known.object_height_mm);
    put(into, "NozzleDiameterMm", known.nozzle_mm);
    put(into, "FilamentType", known.filament_type);
    put(into, "BedTempC", known.bed_c);
    put(into, "HotendTempC", known.hotend_c);
    put(into, "ChamberTempC", known.chamber_c);
    put(into, "Slicer", known.slicer);
    put(into, "SlicerVersion", known.slicer_version);
    put(into, "ThumbnailCount", known.thumbnails);
}

} // namespace

transport::task<command_answer> run_list(command_context& at, const arguments& given)
{
    const auto folder = folder_of(given);
    if (!folder) co_return command_answer(folder.error());
    const auto listed = co_await at.files.list(*folder);
    if (!listed) co_return command_answer(fail(listed.error()));
    co_return command_answer(page_of(*listed, given));
}

transport::task<command_answer> run_details(command_context& at, const arguments& given)
{
    const auto path = good_path(given, "Path");
    if (!path) co_return command_answer(path.error());
    const auto node = co_await at.files.stat(*path);
    if (!node) co_return command_answer(fail(node.error()));
    if (node->folder) co_return command_answer(fail(400, "Path names a folder, not a file."));

    json result = facts_of(*node);
    const auto known = co_await at.files.metadata(*path);
    if (!known) co_return command_answer(fail(known.error()));
    if (*known) {
        put_metadata(result, **known);
        co_return command_answer(std::move(result));
    }
    const auto head = co_await read_part(at.files, *path, 0, metadata_window);
    if (!head) co_return command_answer(head.error());
    std::string tail;
    if (node->size_bytes > metadata_window) {
        const auto read =
            co_await read_part(at.files, *path, node->size_bytes - metadata_window, metadata_window);
        if (!read) co_return command_answer(read.error());
        tail = *read;
    }
    put_metadata(result, parse_gcode_metadata(*head, tail));
    co_return command_answer(std::move(result));
}

} // namespace layerline::commands
