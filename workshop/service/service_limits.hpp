// What the Model API allows its callers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace layerline::workshop {

struct service_limits {
    std::uint64_t max_upload_bytes = 512ULL * 1024 * 1024;
    std::uint64_t max_chunk_bytes = 16ULL * 1024 * 1024;
    std::size_t open_uploads = 32;       // in chunks, of one owner
    std::uint64_t uploads_per_month = 0; // of one owner; then 61; 0: any
    std::uint64_t free_memory_bytes = 0; // must be left when an operation is accepted; else 11
    std::uint64_t job_memory_bytes = 2048ULL * 1024 * 1024; // that one operation may have
    std::chrono::seconds kept{24L * 3600};                  // uploads
};

} // namespace layerline::workshop
