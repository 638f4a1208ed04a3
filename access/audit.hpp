// Who did what, when, and how it ended: an append-only file of JSON lines.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace layerline::access {

struct audit_entry {
    std::string who;     // a principal's id, or "-" for nobody known
    std::string name;    // as the principal is called
    std::string peer;    // where the request came from
    std::string action;  // "token.create", "pair.claim", "printer.pause"
    std::string target;  // a token's id, an agent id, a file
    std::string outcome; // "ok", or an error's stable name
    std::string detail;  // one sentence, may be empty
};

// The line without its end: one JSON object with `time` (UTC, ISO 8601) first. Control characters are
// escaped, invalid UTF-8 becomes U+FFFD, each value is cut at 512 bytes, and anything that looks like a token
// is replaced, so that a secret put here by mistake is not kept.
std::string to_line(const audit_entry& entry, std::chrono::system_clock::time_point when);

class audit_log {
public:
    virtual ~audit_log() = default;
    // Appends one line; safe from several threads. A failure is told and the line is lost: what is logged
    // goes on.
    virtual boost::system::error_code write(const audit_entry& entry) = 0;
};

// Opens or makes the file, mode 0600. Past `max_bytes` it becomes FILE.1 (replacing an older one), so the two
// together stay under twice that.
boost::system::result<std::unique_ptr<audit_log>> open_audit_log(std::filesystem::path file,
                                                                 std::uint64_t max_bytes = 8UL * 1024 * 1024);

} // namespace layerline::access
