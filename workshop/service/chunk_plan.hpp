// Uploads in chunks as a caller words them, and whether the chunks that are there make the file. Pure.
#pragma once

#include "workshop/jobs/chunk_shelf.hpp"
#include "workshop/models/model_error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

inline constexpr std::uint32_t most_chunks = 10'000; // of one upload

struct upload_wish {
    std::string id;          // "f-…"; empty: the workshop makes one
    std::string name;        // of the file
    std::uint64_t bytes = 0; // of the whole, at least 1
    std::string sha256;      // 64 lower-case digits, or empty
};

// {"id","name","bytes","sha256"}: 13 names what is wrong, 51 past `most_bytes`, 53 for no bytes at all.
model_result<upload_wish> parse_upload_wish(std::string_view text, std::uint64_t most_bytes);

// {"sha256"} of a commit; an empty body counts as {}. `announced` where it has none; 13 if neither has one.
model_result<std::string> parse_commit(std::string_view text, const std::string& announced);

// "0" to "9999", without leading zeros.
std::optional<std::uint32_t> parse_chunk_number(std::string_view text);

// Nothing, or 55: which numbers are missing below the highest one, or that they come to another size.
model_result<void> check_whole(const std::vector<chunk>& all, std::uint64_t bytes);

} // namespace layerline::workshop
