#include "relay/tunnel_door.hpp"

#include "relay/answer.hpp"
#include "transport/error.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <spdlog/spdlog.h>

#include <ctime>

namespace layerline::relay {

tunnel_door::tunnel_door(std::shared_ptr<const access::identity> self, std::vector<std::string> host_names,
                         agents& known, registry& present, access::store& keeper, figures& counts)
    : self_(std::move(self)), host_names_(std::move(host_names)), known_(known), present_(present),
      store_(keeper), counts_(counts)
{
}

transport::task<void> tunnel_door::serve(transport::exchange& call)
{
    if (!call.wants_websocket()) {
        auto answer = plain_answer(426, "upgrade_required", "Agents connect here with a WebSocket.",
                                   request_id_of(call.request()));
        answer.head.headers.set("upgrade", "websocket");
        (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
        co_return;
    }
    auto stream = co_await call.accept_websocket();
    if (!stream) {
        // Heard only when the connection was not taken over: the caller did not wait for its turn.
        auto answer = plain_answer(400, "early_frames", "Nothing may be sent before the upgrade is answered.",
                                   request_id_of(call.request()));
        (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
        co_return;
    }

    auto entered = co_await let_in(std::move(*stream));
    if (!entered.tunnel) co_return;
    // In a coroutine of its own: what the connection held for requests is freed when this one returns.
    auto life = hold(std::move(entered));
    const auto executor = co_await transport::net::this_coro::executor;
    transport::net::co_spawn(executor, std::move(life), transport::net::detached);
}

transport::task<tunnel_door::entrant> tunnel_door::let_in(std::shared_ptr<transport::message_stream> stream)
{
    access::relay_handshake_options options;
    options.self = self_;
    options.host_names = host_names_;
    auto session = co_await access::relay_handshake(stream, std::move(options), known_);
    entrant entered;
    if (!session) {
        counts_.handshake_failed();
        spdlog::info("an agent from {} did not get in: {}", stream->peer(), session.error().text);
        co_return entered;
    }
    const auto& agent = session->agent;
    auto tunnel = transport::make_tunnel_client(std::move(stream), {});
    registry::holder holder;
    holder.tunnel = tunnel;
    holder.instance_id = agent.instance_id;
    holder.version = agent.software_version;
    holder.since = transport::clock::now();
    counts_.agent_came(present_.find(agent.agent_id) != nullptr || present_.gone_since(agent.agent_id));
    if (auto older = present_.enter(agent.agent_id, std::move(holder))) {
        counts_.agent_displaced();
        older->tunnel->stop(make_error_code(transport::errc::superseded));
        // Both dial again and hear then why they are kept out.
        if (known_.took_over(agent, older->instance_id))
            tunnel->stop(make_error_code(transport::errc::closed));
    }
    if (closing_) tunnel->stop(make_error_code(transport::errc::shutting_down));
    store_.touch_printer(agent.agent_id, std::time(nullptr));
    spdlog::info("agent {} is here (version {}, from {})", agent.agent_id, agent.software_version,
                 agent.peer);
    entered.agent_id = agent.agent_id;
    entered.tunnel = std::move(tunnel);
    co_return entered;
}

transport::task<void> tunnel_door::hold(entrant entered)
{
    const auto why = co_await entered.tunnel->run();
    present_.leave(entered.agent_id, entered.tunnel.get(), transport::clock::now());
    store_.touch_printer(entered.agent_id, std::time(nullptr));
    spdlog::info("agent {} is gone: {}", entered.agent_id, why.message());
}

} // namespace layerline::relay
