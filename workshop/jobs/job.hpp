// What the workshop keeps of a file and of a job.
#pragma once

#include "workshop/models/model_error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace layerline::workshop {

// Uploads and what jobs made are one kind of thing on the disk: a file with an id as its name.
enum class file_kind : std::uint8_t {
    upload, // as it came: "f-…"; also what an export or a thumbnail made, which is there to be downloaded
    model,  // made by an operation, binary STL in mm: "r-…"
};

struct file_record {
    std::string id;
    std::string owner; // a principal's id; nobody else is told that it exists
    std::string name;  // as it was called; for downloads
    std::uint64_t bytes = 0;
    file_kind kind = file_kind::upload;
    std::int64_t created_unix = 0, expires_unix = 0;
};

enum class job_state : std::uint8_t { queued, running, succeeded, failed, cancelled };

struct job_record {
    std::string id; // "o-…"
    std::string owner;
    std::string operation;                // a name of the table of operations
    std::string parameters;               // JSON object, checked
    std::string input;                    // id of the file that it works on
    std::vector<std::string> more_inputs; // of a slice: ids of files that must stay until it is over
    job_state state = job_state::queued;
    std::uint32_t attempt = 0; // counts the times it was begun: the fence of finish()
    std::uint32_t deaths = 0;  // of them, how often its process ended without an answer
    std::int64_t created_unix = 0, ended_unix = 0, expires_unix = 0;
    std::string fields; // JSON object: the result
    model_failure why;  // of a failed one
    // Of a chain: JSON array of {"operation","parameters"}, and which of them `operation` is; "" of any
    // other.
    std::string steps;
    std::uint32_t step = 0;
    std::string callback;    // http(s) URL that is told of the end; "" for none
    std::uint32_t tells = 0; // how often it was tried
};

struct job_counts {
    std::size_t queued = 0, running = 0;
};

// An upload whose chunks still come.
struct upload_record {
    std::string id; // that of the file to be: "f-…"
    std::string owner;
    std::string name;
    std::uint64_t bytes = 0;
    std::string sha256; // of the whole, 64 lower-case digits, or ""
    std::int64_t created_unix = 0, expires_unix = 0;
};

// What a client holds that signed in with a token: good for a time, and for as long as the token.
struct session_record {
    std::string hash;  // SHA-256 of the secret, in base32
    std::string kind;  // "access" or "refresh"
    std::string token; // the token's id
    std::int64_t expires_unix = 0;
};

// How a job ended.
struct job_outcome {
    std::optional<model_failure> failure;
    std::string fields;                // JSON object; of success
    std::optional<file_record> output; // becomes known with the success, or not at all
};

inline bool is_over(job_state state)
{
    return state != job_state::queued && state != job_state::running;
}

// "queued", "running"…: on the wire and in the ledger.
std::string_view name_of(job_state state);

} // namespace layerline::workshop
