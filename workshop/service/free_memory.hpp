// Whether there is memory for another model. An operation takes about three times its file: the file, and 100
// bytes a triangle, of which a binary STL has one in 50.
#pragma once

#include "workshop/models/model_error.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace layerline::workshop {

// MemAvailable of /proc/meminfo's text, in bytes. Pure.
std::optional<std::uint64_t> available_in(std::string_view meminfo);
// What the system says now; nothing where it says nothing.
std::optional<std::uint64_t> available_memory();

// 11 if a file of that size would leave less than `reserve`. Pure; with nothing known all is accepted.
model_result<void> check_memory(std::uint64_t file_bytes, std::uint64_t reserve,
                                std::optional<std::uint64_t> available);

} // namespace layerline::workshop
