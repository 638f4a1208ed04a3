// Strict reading of JSON members: a member of the wrong type throws nlohmann::json::exception whose text
// names it; an absent or null member is empty. nlohmann's own get<> would turn 3.7 into 3 and -1 into 2^64
// - 1.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::printer {

// Throws "<name> <what>".
[[noreturn]] void throw_field_error(std::string_view name, std::string_view what);

// The member, or null where it is absent or JSON null. Throws when `object` is no object.
const nlohmann::json* find_field(const nlohmann::json& object, const char* name);

// At most `max_bytes` bytes.
std::optional<std::string> text_field(const nlohmann::json& object, const char* name,
                                      std::size_t max_bytes = 65536);
std::optional<bool> bool_field(const nlohmann::json& object, const char* name);
std::optional<double> number_field(const nlohmann::json& object, const char* name);
std::optional<std::uint64_t> count_field(const nlohmann::json& object, const char* name);
std::optional<int> int_field(const nlohmann::json& object, const char* name);

} // namespace layerline::printer
