// HTTP as a client of the programs under test: blocking calls with a deadline, and the event stream.
#pragma once

#include "transport/fields.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

namespace layerline::tests {

struct web_answer {
    unsigned status = 0; // 0: no answer, `error` says why
    transport::fields headers;
    std::string body;
    std::string error;
    nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
    // The envelope's Status, or HTTP's when there is none.
    int code() const;
};

struct web_request {
    std::string method = "GET";
    std::string url; // http://… or https://… with path and query
    std::string token;
    std::string body;
    transport::fields headers;
    std::chrono::seconds patience{20};
    std::filesystem::path ca_file = {}; // https://: what is trusted, beside nothing
};
web_answer web(const web_request& asked);

// Follows the event stream at `base`/plugin-api/v1/events until `wanted` says so of a state; fails the test
// after `patience`. Gives that state. The stream is opened anew when it breaks.
nlohmann::json wait_for_state(const std::string& base, const std::string& token,
                              const std::function<bool(const nlohmann::json&)>& wanted,
                              std::chrono::seconds patience = std::chrono::seconds(60));
// The same for a phase ("printing").
nlohmann::json wait_for_phase(const std::string& base, const std::string& token, const std::string& phase,
                              std::chrono::seconds patience = std::chrono::seconds(60));

// A plain connection to 127.0.0.1:port, which the caller closes. `receive_buffer` bytes, if given, are all
// that waits for a slow reader.
int connect_to(std::uint16_t port, int receive_buffer = 0);

// Sends raw bytes to 127.0.0.1:port and reads until the far end closes or `patience` is over; what came back.
// `then` is sent once the far end has answered something.
std::string raw_exchange(std::uint16_t port, const std::string& bytes,
                         std::chrono::seconds patience = std::chrono::seconds(10),
                         const std::string& then = {});

} // namespace layerline::tests
