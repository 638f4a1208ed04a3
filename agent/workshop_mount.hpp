// The workshop's Model API below /workshop/: each exchange carried to its unix socket, bodies streamed both
// ways, with whom it is for. Who may is decided before.
#pragma once

#include "commands/plugin_api.hpp"
#include "transport/exchange.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace layerline::agent {

struct workshop_limits {
    std::size_t max_open = 64;                // exchanges at once; past it 503
    std::chrono::milliseconds stall{120'000}; // without a byte either way: 504, or the answer is broken off
};

// Used from one io_context, which must outlive it; it must outlive every serve().
class workshop_mount {
public:
    workshop_mount(transport::net::io_context& context, const std::filesystem::path& socket,
                   workshop_limits limits = {});

    // `target` is what the workshop sees: path and query, begins with "/". 503 where the workshop does not
    // run.
    transport::task<void> serve(transport::exchange& call, std::string target, const commands::caller& who);

private:
    transport::task<void> pass_answer(transport::exchange& call, transport::response answer);

    std::shared_ptr<transport::requester> workshop_;
    workshop_limits limits_;
    std::size_t open_ = 0;
};

// The head that the workshop gets: the caller's own, without credentials and authority, and with the
// principal. Pure.
transport::request_head head_for_workshop(const transport::request_head& asked, std::string target,
                                          const commands::caller& who);

} // namespace layerline::agent
