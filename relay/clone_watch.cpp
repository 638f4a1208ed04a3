#include "relay/clone_watch.hpp"

#include <algorithm>

namespace layerline::relay {

namespace {
// Instances remembered for an agent: a copy that is restarted over and over is a new one each time.
constexpr std::size_t most_instances = 16;
} // namespace

void clone_watch::note_asking(watched& one, const std::string& instance, time_point now)
{
    one.asked[instance] = now;
    if (one.asked.size() <= most_instances) return;
    one.asked.erase(std::min_element(one.asked.begin(), one.asked.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; }));
}

bool clone_watch::took_over(const std::string& agent_id, const std::string& older, const std::string& newer,
                            time_point now)
{
    if (older == newer) return false; // its own half-open connection
    auto& one = agents_[agent_id];
    while (!one.recent.empty() && now - one.recent.front().at >= window)
        one.recent.pop_front();
    const bool returns = std::any_of(one.recent.begin(), one.recent.end(),
                                     [&](const takeover& before) { return before.from == newer; });
    one.recent.push_back({older, now, returns});
    if (one.recent.size() > most_instances) one.recent.pop_front();
    const bool copies = std::any_of(one.recent.begin(), one.recent.end(),
                                    [](const takeover& each) { return each.by_a_returner; });
    if (one.recent.size() <= takeovers_allowed || !copies) return false;
    one.quarantined = true;
    one.recent.clear();
    note_asking(one, older, now);
    note_asking(one, newer, now);
    return true;
}

bool clone_watch::admits(const std::string& agent_id, const std::string& instance, time_point now)
{
    const auto found = agents_.find(agent_id);
    if (found == agents_.end() || !found->second.quarantined) return true;
    auto& one = found->second;
    note_asking(one, instance, now);
    const bool alone = std::all_of(one.asked.begin(), one.asked.end(), [&](const auto& each) {
        return each.first == instance || now - each.second >= alone_for;
    });
    if (alone) agents_.erase(found);
    return alone;
}

bool clone_watch::in_quarantine(const std::string& agent_id, time_point now) const
{
    const auto found = agents_.find(agent_id);
    if (found == agents_.end() || !found->second.quarantined) return false;
    const auto& asked = found->second.asked;
    return std::any_of(asked.begin(), asked.end(),
                       [&](const auto& each) { return now - each.second < alone_for; });
}

} // namespace layerline::relay
