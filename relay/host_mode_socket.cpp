#include "relay/host_mode_socket.hpp"

#include "relay/answer.hpp"
#include "relay/forward.hpp"
#include "transport/error.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace layerline::relay {

namespace {

using transport::task;

// Of a refusal: a page or an envelope, read whole since it is small.
constexpr std::size_t max_refusal = 64UL * 1024;

task<void> refuse(transport::exchange& call, relay_errc code, std::string_view detail = {})
{
    auto answer =
        answer_for(code, code == relay_errc::own_failure ? "relay" : "agent", request_id_of(call.request()),
                   wants_standard_status(call.request()), std::chrono::seconds(2), detail);
    (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
}

// A far end that said no to the WebSocket has reasons that its caller may read.
task<void> pass_refusal(transport::exchange& call, transport::websocket_answer said)
{
    std::string body;
    if (said.body) {
        auto read = co_await transport::read_all(*said.body, max_refusal);
        if (!read) {
            co_await refuse(call, relay_errc::agent_failed);
            co_return;
        }
        body = std::move(*read);
    }
    transport::strip_hop_by_hop(said.head.headers);
    said.head.headers.erase("content-length");
    (void)co_await transport::respond_with(call, std::move(said.head), std::move(body));
}

} // namespace

task<void> forward_socket(transport::exchange& call, std::shared_ptr<transport::requester> tunnel,
                          transport::request_head head, std::chrono::seconds patience)
{
    const auto by = transport::clock::now() + patience;
    head.deadline = std::min(by, head.deadline.value_or(by));
    auto opened = co_await tunnel->open_websocket(std::move(head));
    if (!opened) {
        spdlog::info("request {}: no WebSocket from the agent: {}", request_id_of(call.request()),
                     opened.error().message());
        // An agent that carries none is of an older kind: nothing of the tunnel is broken.
        co_await refuse(call,
                        opened.error() == transport::errc::upgrade_refused ? relay_errc::agent_failed
                                                                           : code_for(opened.error()),
                        detail_for(opened.error()));
        co_return;
    }
    if (!opened->stream) {
        const bool usual = opened->head.status >= 200 && opened->head.status <= 599;
        if (usual)
            co_await pass_refusal(call, std::move(*opened));
        else
            co_await refuse(call, relay_errc::agent_failed);
        co_return;
    }
    transport::strip_websocket_handshake(opened->head.headers);
    auto caller = co_await call.accept_websocket(std::move(opened->head.headers));
    if (!caller) {
        opened->stream->abort();
        co_return;
    }
    const auto ended = co_await transport::join_websockets(*caller, opened->stream);
    spdlog::debug("request {}: the WebSocket ended: {}", request_id_of(call.request()), ended.message());
}

} // namespace layerline::relay
