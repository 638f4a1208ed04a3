// Profiles on the wire. Pure.
#pragma once

#include "workshop/profiles/profile.hpp"

#include <nlohmann/json_fwd.hpp>

namespace layerline::workshop {

// {"printers","materials","qualities"}: lists of "name" and "title", of printers also "bed" (mm) and
// "limits".
nlohmann::json profiles_json(const profile_book& book);

// The request that {"printer","material","quality","extruders","model","settings","mode","responseId",
// "bucketOut"} asks for: {"type":"slice","data":{…}}, checked as POST /slices/v1 checks it. 400 and its
// codes.
slice_result<nlohmann::json> request_from_profiles(const profile_book& book, std::string_view body);

} // namespace layerline::workshop
