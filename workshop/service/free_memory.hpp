// Whether there is memory for another operation: by the triangles of its model, and what it takes for each.
#pragma once

#include "workshop/jobs/job.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::workshop {

// MemAvailable of /proc/meminfo's text, in bytes. Pure.
std::optional<std::uint64_t> available_in(std::string_view meminfo);
// What the system says now; nothing where it says nothing.
std::optional<std::uint64_t> available_memory();

// The beginning of a file, for triangles_expected(); empty if it cannot be read. Blocks.
std::string head_of(const std::filesystem::path& file);

// Bytes that the job's process has at once, for a file with that beginning and that size: by the table of
// operations, of a chain the most of its steps. Pure.
std::uint64_t memory_for(const job_record& job, std::string_view head, std::uint64_t file_bytes);

// 11 if `needed` bytes would leave less than `reserve`. Pure; with nothing known all is accepted.
model_result<void> check_memory(std::uint64_t needed, std::uint64_t reserve,
                                std::optional<std::uint64_t> available);

} // namespace layerline::workshop
