// Local web pages (Mainsail, Fluidd, OctoPrint) for callers behind the tunnel: an allow-list of targets, HTTP
// and WebSockets streamed both ways. Who may is decided before; here nothing but the list and the rewriting
// is.
#pragma once

#include "access/scope.hpp"
#include "agent/policy.hpp"
#include "agent/ui_rewrite.hpp"
#include "transport/exchange.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace layerline::agent {

struct ui_limits {
    std::size_t max_open = 96;                 // exchanges and WebSockets at once; past it 503
    std::chrono::milliseconds look_up{5000};   // for a target's name
    std::chrono::milliseconds connect{5000};   // to one of its addresses
    std::chrono::milliseconds answer{300'000}; // without progress, until an answer's head: 504
    std::chrono::milliseconds stall{60'000};   // between two bytes of an answer that told its length
    std::chrono::milliseconds quiet{900'000};  // of one that did not: event streams may be silent for long
};

// Whether the relay carries this request for a local UI: it came through the tunnel and says which public
// host the caller sees. The two command prefixes stay commands whatever the host.
bool asks_for_ui(const transport::request_head& request);

// Used from one io_context, which must outlive it; it must outlive every serve().
class ui_proxy {
public:
    ui_proxy(transport::net::io_context& context, std::vector<ui_target> targets, ui_limits limits = {});

    bool offers_any() const { return !targets_.empty(); }
    // Looks up every target's name, for good. One that is not found now is asked for again when it is wanted.
    transport::task<void> pin_all();
    // Answers the exchange: with the UI's answer, or with a refusal of the agent's own. `granted` is what the
    // caller may under the owner's policy.
    transport::task<void> serve(transport::exchange& call, access::scope_set granted, const policy& owner);
    std::size_t open() const { return open_; }

private:
    // The ways to one target: a client for each of its addresses. Fixed once it is not empty.
    using ways = std::vector<std::shared_ptr<transport::requester>>;
    transport::task<ways> ways_to(const ui_target& target);
    transport::task<void> pass(transport::exchange& call, ui_request request, public_place place, ways to);
    transport::task<void> pass_socket(transport::exchange& call, ui_request request, public_place place,
                                      ways to);
    transport::task<void> pass_answer(transport::exchange& call, transport::response answer,
                                      const ui_target& from, public_place place);
    // A camera's stream: the newest picture for a caller who is slower than the camera.
    transport::task<void> pass_camera(transport::exchange& call, transport::response answer,
                                      transport::response_head head, std::string boundary,
                                      const ui_target& from);

    transport::net::io_context& context_;
    const std::vector<ui_target> targets_;
    std::vector<ways> pinned_; // in the order of the targets
    ui_limits limits_;
    std::size_t open_ = 0;
};

} // namespace layerline::agent
