#include "relay/registry.hpp"

namespace layerline::relay {

std::optional<registry::holder> registry::enter(const std::string& agent_id, holder newest)
{
    gone_.erase(agent_id);
    std::optional<holder> older;
    auto& place = present_[agent_id];
    if (place.tunnel) older = std::move(place);
    place = std::move(newest);
    return older;
}

void registry::leave(const std::string& agent_id, const transport::tunnel_client* tunnel, time_point now)
{
    const auto found = present_.find(agent_id);
    if (found == present_.end() || found->second.tunnel.get() != tunnel) return;
    gone_[agent_id] = {now, std::move(found->second.version)};
    present_.erase(found);
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
    return found->second.at;
}

std::string registry::version_of(const std::string& agent_id) const
{
    if (const auto* here = find(agent_id)) return here->version;
    const auto found = gone_.find(agent_id);
    return found == gone_.end() ? std::string() : found->second.version;
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
