// What the relay says on its own behalf: the JSON envelope with hop, request id and retry hint.
#pragma once

#include "relay/relay_error.hpp"
#include "transport/exchange.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::relay {

struct own_answer {
    transport::response_head head;
    std::string body;
};

// A 6xx answer. With `standard` (the request said X-Layerline-Status: standard) the HTTP status is the row's
// standard one, the body the same. `hop` is the one that failed: "relay" or "agent".
own_answer answer_for(relay_errc code, std::string_view hop, std::string_view request_id, bool standard,
                      std::optional<std::chrono::seconds> retry_after = {}, std::string_view detail = {});

// A plain HTTP answer in the same envelope: 403, 404, 429…
own_answer plain_answer(unsigned status, std::string_view name, std::string_view text,
                        std::string_view request_id, std::optional<std::chrono::seconds> retry_after = {});

// Whether the caller asked for registered HTTP statuses.
bool wants_standard_status(const transport::request_head& request);
// The id that the edge gave the request.
std::string_view request_id_of(const transport::request_head& request);

} // namespace layerline::relay
