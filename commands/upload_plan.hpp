// Uploads that come in parts, as records: what is kept of each across restarts, and which part may come next.
// Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace layerline::commands {

struct upload_limits {
    std::size_t most = 16;                                   // uploads that have not ended, at once
    std::uint64_t most_bytes = std::uint64_t{4096} << 20U;   // of what they may come to together
    std::chrono::seconds keep{24L * 3600};                   // without a byte; then one is given up
    std::uint64_t reserve_bytes = std::uint64_t{256} << 20U; // of the disk, left free
};

// What is kept on the disk of one upload.
struct upload_record {
    std::string id;           // 32 hexadecimal digits
    std::string path;         // where the file goes: "gcode/a.gcode"
    std::uint64_t bytes = 0;  // of the whole file
    std::string sha256 = {};  // 64 lower-case digits; empty: not told
    bool at_once = true;      // put in place with its last byte; else only when that is asked for
    std::uint64_t synced = 0; // bytes that are on the disk for certain
    bool done = false;        // it is in its place; kept for a sender who lost that answer
    bool operator==(const upload_record&) const = default;
};

bool is_upload_id(std::string_view text);
// 64 hexadecimal digits of either case, as lower case.
std::optional<std::string> parse_sha256(std::string_view text);

// The record as text and back; none: it is damaged or another version's.
std::string text_of(const upload_record& record);
std::optional<upload_record> parse_upload_record(std::string_view text);

// Why a new upload of `bytes` is not taken beside those that wait (done ones not counted), in a sentence.
std::optional<std::string> refuse_upload(const upload_limits& limits, std::size_t waiting,
                                         std::uint64_t waiting_bytes, std::uint64_t bytes);

// What may be wrong with a part.
enum class part_fault : std::uint8_t { none, wrong_offset, too_long };
// `told`: the part's length, if its sender said it.
part_fault judge_part(const upload_record& record, std::uint64_t have, std::uint64_t offset,
                      std::optional<std::uint64_t> told);

} // namespace layerline::commands
