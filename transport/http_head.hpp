// HTTP/1.1 heads as text, both ways: taking them apart strictly, and writing them. Pure: bytes in, values
// out. What is not exactly the grammar is refused, since two readings of one request are how requests get
// smuggled past a proxy.
#pragma once

#include "transport/exchange.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace layerline::transport {

struct head_limits {
    std::size_t bytes = 16UL * 1024; // the whole head, its last CRLF included
    std::size_t target = 8UL * 1024;
};

// Why a request is answered right away, and the connection closed.
struct refusal {
    unsigned status;
    std::string_view why; // a sentence of ours: needs no escaping
};

// How a body ends.
struct body_framing {
    enum class by : std::uint8_t { nothing, length, chunks, connection_end };
    by kind = by::nothing;
    std::uint64_t length = 0;
};

struct parsed_request {
    request_head head; // names in lower case; `deadline`, `via` and `peer` are left to the edge
    body_framing body;
    std::size_t consumed = 0; // bytes of the head
    bool http_1_0 = false;
    bool keep_alive = false;
    bool expects_continue = false;
    bool wants_websocket = false;
};

struct parsed_response {
    response_head head;
    body_framing body;
    std::size_t consumed = 0;
    bool keep_alive = false;
};

struct more_needed {};

// Looks at all bytes received so far. `seen` belongs to one head: 0 at first, then carried from call to call,
// so that a head that arrives byte by byte is not searched again and again.
std::variant<more_needed, refusal, parsed_request> parse_request(std::string_view received, std::size_t& seen,
                                                                 const head_limits& limits);

// The same for an answer to `method` (no body after HEAD). A refusal here means malformed or, with status
// 431, too large.
std::variant<more_needed, refusal, parsed_response>
parse_response(std::string_view received, std::size_t& seen, std::size_t max_bytes, std::string_view method);

// Whether this is a name, a value, a method or a target that can be written without breaking the head apart.
bool valid_field_name(std::string_view name);
bool valid_field_value(std::string_view value);
bool valid_target(std::string_view target);

// Digits only, at most 18 of them; nothing else is a length.
std::optional<std::uint64_t> parse_length(std::string_view text);

// The words for a status, 6xx included.
std::string_view reason_of(unsigned status);

// "METHOD target HTTP/1.1" or "HTTP/1.1 601 reason", the fields, the empty line. None if a part is not valid.
std::optional<std::string> write_request(std::string_view method, std::string_view target,
                                         const fields& headers);
std::optional<std::string> write_response(unsigned status, const fields& headers);

} // namespace layerline::transport
