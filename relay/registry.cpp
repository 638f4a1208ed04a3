#include "relay/registry.hpp"

namespace layerline::relay {

std::shared_ptr<transport::tunnel_client> registry::enter(const std::string& agent_id, holder newest)
{
    gone_.erase(agent_id);
    std::shared_ptr<transport::tunnel_client> older;
    auto& place = present_[agent_id];
    older.swap(place.tunnel);
    place = std::move(newest);
    return older;
}

void registry::leave(const std::string& agent_id, const transport::tunnel_client* tunnel, time_point now)
{
    const auto found = present_.find(agent_id);
    if (found == present_.end() || found->second.tunnel.get() != tunnel) return;
    present_.erase(found);
    gone_[agent_id] = now;
}

const registry::holder* registry::find(const std::string& agent_id) const
{
    const auto found = present_.find(agent_id);
    return found == present_.end() ? nullptr : &found->second;
}

std::optional<registry::time_point> registry::gone_since(const std::string& agent_id) const
{
    const auto found = gone_.find(agent_id);
    if (found == gone_.end()) return std::nullopt;
    return found->second;
}

std::vector<std::shared_ptr<transport::tunnel_client>> registry::all() const
{
    std::vector<std::shared_ptr<transport::tunnel_client>> tunnels;
    tunnels.reserve(present_.size());
    for (const auto& [id, held] : present_)
        tunnels.push_back(held.tunnel);
    return tunnels;
}

} // namespace layerline::relay
