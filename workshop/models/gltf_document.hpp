// A glTF 2.0 file taken apart: its JSON, within bounds, and its binary buffers. Pure. Format facts: .glb is a
// head of 12 bytes and chunks, the first of them JSON, the second the first buffer; .gltf is the JSON alone,
// its buffers in it as base64.
#pragma once

#include "workshop/models/model_error.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

struct gltf_limits {
    std::size_t values = 2'000'000; // of the JSON: at most 40 bytes each
    std::size_t depth = 64;
};

struct gltf_document {
    nlohmann::json json;              // an object
    std::vector<std::string> decoded; // what stood in the JSON
    std::vector<std::string_view>
        buffers; // each of the length that is told, in `decoded` or in the file's bytes
};

// Whether it begins as either form does.
bool looks_like_gltf(std::string_view bytes);
// 201 for JSON with too many values and for what needs an extension that changes the geometry, 202 for the
// rest: damaged, cut off, another version, buffers in other files.
model_result<gltf_document> open_gltf(std::string_view bytes, const gltf_limits& limits = {});

// A whole number of an object, from 0; `otherwise` where there is none; 202 with the place for anything else.
inline constexpr std::uint64_t no_number = std::numeric_limits<std::uint64_t>::max();
model_result<std::uint64_t> whole_of(const nlohmann::json& object, std::string_view name,
                                     std::uint64_t otherwise, const std::string& place);
// An element of one of the file's arrays, which has to be an object: 202 if it is not there.
model_result<const nlohmann::json*> element_of(const nlohmann::json& document, std::string_view array,
                                               std::uint64_t index);

} // namespace layerline::workshop
