#include "relay/tunnel_door.hpp"

#include "relay/answer.hpp"
#include "transport/error.hpp"

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

    access::relay_handshake_options options;
    options.self = self_;
    options.host_names = host_names_;
    auto session = co_await access::relay_handshake(*stream, std::move(options), known_);
    if (!session) {
        counts_.handshake_failed();
        spdlog::info("an agent from {} did not get in: {}", call.request().peer, session.error().text);
        co_return;
    }
    const auto agent = session->agent;
    auto tunnel = transport::make_tunnel_client(*stream, {});
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
    store_.touch_printer(agent.agent_id, std::time(nullptr));
    spdlog::info("agent {} is here (version {}, from {})", agent.agent_id, agent.software_version,
                 agent.peer);

    const auto why = co_await tunnel->run();
    present_.leave(agent.agent_id, tunnel.get(), transport::clock::now());
    store_.touch_printer(agent.agent_id, std::time(nullptr));
    spdlog::info("agent {} is gone: {}", agent.agent_id, why.message());
}

} // namespace layerline::relay
