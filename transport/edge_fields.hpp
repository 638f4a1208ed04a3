// What the HTTP edge itself does with a request's fields: whose word counts, the request's id, the time left.
// Pure, but for the random bytes of a new id.
#pragma once

#include "transport/fields.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace layerline::transport {

// The fields named x-layerline-… that a caller may send. Every other such field is authority that only a
// tunnel may carry (x-layerline-principal, x-layerline-scopes and what may follow): the edge removes it.
bool caller_may_send(std::string_view name);

// 1-64 of [A-Za-z0-9_-].
bool valid_request_id(std::string_view id);
// 16 hex digits from the system's random source.
std::string new_request_id();

// "1" to "86400000" milliseconds, digits only; none if malformed.
std::optional<std::chrono::milliseconds> parse_timeout(std::string_view text);

struct malformed_timeout {};
using time_left = std::optional<std::chrono::milliseconds>;

// Removes what a caller may not send, makes sure of exactly one good x-request-id, and takes
// x-layerline-timeout-ms out of the fields. `authority`: the caller is a program of ours, whose word for whom
// it asks counts: its x-layerline-… fields stay.
std::variant<malformed_timeout, time_left> take_in(fields& headers, bool authority = false);

} // namespace layerline::transport
