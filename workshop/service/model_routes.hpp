// Which part of the Model API a request is for. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace layerline::workshop {

enum class model_place : std::uint8_t {
    health,
    files,      // POST: an upload
    file,       // of `name`: GET, HEAD, DELETE
    operations, // GET: what there is
    operation,  // of `name`: POST begins one of that kind; GET tells how that id stands, DELETE cancels it
    operation_result, // of the id `name`: GET
    operation_events, // of the id `name`: GET, server-sent
    uploads,          // POST begins one in chunks
    upload,           // of the id `name`: GET, DELETE
    upload_chunk,     // of the id `name`, its number `part`: PUT
    upload_commit,    // of the id `name`: POST
    token,            // POST: signing in
    elsewhere,
};

struct model_route {
    model_place place = model_place::elsewhere;
    std::string name;  // decoded
    std::string part;  // decoded: a chunk's number; of a vendor's result the operation's name
    std::string query; // as it came
    // By the addresses of the SDKs: success is 200 there, whatever it was.
    bool vendor = false;
};

// The addresses below /models/v1/, and those of the vendor's SDKs: /token and /web-api/operation/.
model_route model_route_of(std::string_view target);

// The first value of that name in a query, decoded; empty if there is none.
std::string query_value(std::string_view query, std::string_view name);

// A file's name from a stranger: without folders and control characters, at most 128 bytes; "model" if
// nothing is left.
std::string plain_file_name(std::string_view given);

} // namespace layerline::workshop
