// Speaks to a running agent or relay over its control socket: what `layerline-relay claim` and the token
// commands use.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>
#include <variant>

namespace layerline::access {

struct control_answer {
    unsigned status = 0; // HTTP
    std::string body;    // JSON, at most 4 MiB
};
struct not_running {
    std::string text; // nobody listens there, or this user may not speak to it
};

// The control socket of a program whose state is kept in `state`.
std::filesystem::path control_socket_in(const std::filesystem::path& state);

// One exchange, at most 30 s; blocks. `body` is JSON or empty.
std::variant<control_answer, not_running> control_call(const std::filesystem::path& socket,
                                                       const std::string& method, const std::string& target,
                                                       const std::string& body);

// The text of an error answer ({"Error": "…"}), or the HTTP status in words.
std::string error_text_of(const control_answer& answer);

} // namespace layerline::access
