// The one list of request options, and the fields that the edge takes in or makes.
#include "transport/edge_fields.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace layerline::transport {

namespace {

constexpr std::string_view ours = "x-layerline-";
constexpr std::string_view timeout_name = "x-layerline-timeout-ms";
constexpr std::array<std::string_view, 5> options{
    timeout_name,               // how long the caller waits
    "x-layerline-status",       // "standard": HTTP statuses below 600
    "x-layerline-expect-state", // carry a command out only in this state
    "x-layerline-expect-job",   // and only for this job
    "x-layerline-priority",     // urgent, normal or bulk on a tunnel
};

constexpr std::chrono::milliseconds longest_wait = std::chrono::hours(24);

bool is_id_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

} // namespace

bool caller_may_send(std::string_view name)
{
    return !name.starts_with(ours) || std::find(options.begin(), options.end(), name) != options.end();
}

bool valid_request_id(std::string_view id)
{
    return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), is_id_char);
}

std::string new_request_id()
{
    // Drawn for many at once: a call into the kernel for each would cost as much as all of its parsing.
    constexpr std::size_t size = 8;
    thread_local std::array<unsigned char, 32 * size> drawn{};
    thread_local std::size_t used = drawn.size();
    if (used == drawn.size()) {
        while (::getrandom(drawn.data(), drawn.size(), 0) != static_cast<ssize_t>(drawn.size()))
            if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
        used = 0;
    }
    std::string id;
    id.reserve(2 * size);
    for (const auto end = used + size; used < end; ++used) {
        id.push_back("0123456789abcdef"[drawn.at(used) >> 4U]);
        id.push_back("0123456789abcdef"[drawn.at(used) & 15U]);
    }
    return id;
}

std::optional<std::chrono::milliseconds> parse_timeout(std::string_view text)
{
    if (text.empty() || text.size() > 8) return std::nullopt;
    long value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    if (value < 1 || value > longest_wait.count()) return std::nullopt;
    return std::chrono::milliseconds(value);
}

std::variant<malformed_timeout, time_left> take_in(fields& headers, bool authority)
{
    const auto id = headers.find("x-request-id");
    if (!id)
        headers.add("x-request-id", new_request_id());
    else if (!valid_request_id(*id))
        headers.set("x-request-id", new_request_id());
    else
        headers.set("x-request-id", *id); // the first one of several

    time_left left;
    bool malformed = false, told = false;
    headers.erase_if([&](const field& f) {
        if (!authority && !caller_may_send(f.name)) return true;
        if (f.name != timeout_name) return false;
        left = parse_timeout(f.value);
        if (!left || told) malformed = true;
        told = true;
        return true;
    });
    if (malformed) return malformed_timeout{};
    return left;
}

} // namespace layerline::transport
