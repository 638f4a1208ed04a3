// A slice request, read and checked against the reference. Pure.
#pragma once

#include "workshop/slicing/slice_error.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace layerline::workshop {

inline constexpr std::size_t most_slice_bytes = 4UL * 1024 * 1024, most_models = 256, most_regions = 1024,
                             most_extruders = 16, most_code_lines = 1000, most_code_bytes = 256;

enum class slice_mode : std::uint8_t { gcode, svg };

struct slice_request {
    slice_mode mode = slice_mode::gcode;
    std::string response_id, bucket_out; // as sent; empty: not sent
    // Every section of the reference in today's spelling, with every field: what was not sent has its
    // default. A section that is off is null. `regionSettings` is in the order in which it was sent.
    nlohmann::json data;
};

// Reads {"type":"slice","data":{…}} of version 1.0.2, 1.0.5 or 1.0.6. The first fault is told, in this order:
// no JSON object 499, type 401, unknown fields of `data` 402, missing sections 403 to 418 in the reference's
// order, no version 419, one that cannot be read 421 or is too old 420; then types, ranges and what has to
// fit together with 400 and the field's path; extruders that are not defined 603; lines that the nozzle
// cannot print 605.
slice_result<slice_request> read_slice_request(std::string_view text);

// The responseId of a request that may be refused, so that its sender knows the answer; "" where there is
// none to be found.
std::string response_id_in(std::string_view text);

} // namespace layerline::workshop
