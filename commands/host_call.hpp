// A request of send-command, as its JSON says it, made into one that may go to the program that drives the
// printer, or refused by name. Pure.
#pragma once

#include "commands/reply.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layerline::commands {

inline constexpr std::size_t max_host_path = 2048, max_host_headers = 16;
inline constexpr std::size_t max_host_answer = std::size_t{512} * 1024;

struct host_request {
    std::string method, path; // "GET", "/server/info": the path begins with one slash
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::chrono::milliseconds within{10000};
    std::string principal, principal_name, peer; // who asks, for the audit log
};
struct host_answer {
    unsigned status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

// {"Path","Method","Headers","BodyText" or "BodyBase64"}. The path is on the program's own host: it begins
// with exactly one slash, and neither leads upwards nor names another place. Failures: 400 that names the
// field, 403 for what is never sent: credentials, and whatever tells or changes them.
outcome<host_request> parse_host_request(std::string_view request);
// Whether it only asks: GET or HEAD.
bool only_asks(const host_request& what);

// The answer as the command tells it: text where it is UTF-8, else base64.
nlohmann::json told(const host_answer& answer);

} // namespace layerline::commands
