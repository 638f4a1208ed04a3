// The fields of one section of a slice request, checked against the reference. Pure.
#pragma once

#include "workshop/slicing/slice_reference.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace layerline::workshop {

// Every field of the section in today's spelling, nested where its name has a dot; what `given` lacks, or has
// as null, has its default. The failure is 400 with the path of the field, which begins with `path`; an
// unknown field is one, too: nothing that was asked for is passed over in silence.
slice_result<nlohmann::json> checked_fields(const slice_section& section, const nlohmann::json& given,
                                            const std::string& path);

} // namespace layerline::workshop
