// What the service tells a slice job's process: a file in its work folder, since a request is larger than a
// pipe holds.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

// The name under which slices stand in the queue.
inline constexpr std::string_view slice_operation = "slice";

struct slice_source {
    std::filesystem::path file;
    std::string name;    // as its owner called it, or the file of a bucket
    bool result = false; // it is an earlier result: binary STL in mm
    friend bool operator==(const slice_source&, const slice_source&) = default;
};

struct slice_task {
    nlohmann::json data; // slice_request::data
    bool svg = false;
    std::string response_id;
    std::vector<slice_source> sources; // one of each model, in their order
    std::filesystem::path bucket_out;  // a folder; empty: the job keeps its result
    std::filesystem::path cache;       // a folder; empty: none
    std::uint64_t most_cache_bytes = 0;
    std::string engine = "/usr/bin/prusa-slicer";
};

std::string to_text(const slice_task& task);
// Nothing if it is none.
std::optional<slice_task> parse_slice_task(std::string_view text);

// In the work folder of an attempt.
inline std::filesystem::path slice_task_in(const std::filesystem::path& folder)
{
    return folder / "slice.json";
}

} // namespace layerline::workshop
