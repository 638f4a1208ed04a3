// An HTTP proxy on loopback with ways of its own, as they stand between printers and their relays: a login
// page, a proxy that knows no WebSockets, one whose clock is wrong.
#pragma once

#include "transport/exchange.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace layerline::tests {

struct odd_answer {
    unsigned status = 200;
    transport::fields headers = {};
    std::string body = {};
};

struct odd_ways {
    // What it says by itself to this request; nothing: the request is passed on.
    std::function<std::optional<odd_answer>(const transport::request_head&)> says = {};
    // Put into the answers that it passes back.
    transport::fields stamp = {};
    std::size_t max_header_bytes = 64UL * 1024; // of requests; more is refused with 431
};

// Runs in a thread of its own until the end of the scope.
class odd_proxy {
public:
    // Passes requests on to 127.0.0.1:`target`.
    odd_proxy(std::uint16_t target, odd_ways ways);
    ~odd_proxy();
    odd_proxy(const odd_proxy&) = delete;
    odd_proxy& operator=(const odd_proxy&) = delete;

    std::string url() const;

private:
    class running;
    std::unique_ptr<running> running_;
};

} // namespace layerline::tests
