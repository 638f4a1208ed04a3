// What the agent says on its own behalf, before any command: the JSON envelope with cause and request id.
#pragma once

#include "transport/exchange.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::agent {

struct refusal {
    unsigned http_status = 500; // 200 where `status` is one of the Plugin API's own
    unsigned status = 500;      // in the envelope
    std::string_view code;      // stable name
    std::string_view text;      // one sentence
    std::string_view advice;
    bool permanent = true; // whether the same request can never succeed
    std::optional<std::chrono::milliseconds> retry_after;
};

// The agent's own refusals, in one place.
extern const refusal no_token, no_principal, no_such_route, no_files_scope, wrong_method, too_often,
    too_many_streams, store_failed;

struct own_answer {
    transport::response_head head;
    std::string body;
};
own_answer answer_for(const refusal& why, std::string_view request_id);
// A JSON text as it is.
own_answer json_answer(unsigned http_status, std::string body);

// The id that the edge gave the request.
std::string request_id_of(const transport::request_head& request);

} // namespace layerline::agent
