// What the relay counts for its owner, told at /metrics. Label sets are bounded: classes of status and the
// 6xx codes.
#pragma once

#include <prometheus/registry.h>

#include <chrono>
#include <cstdint>
#include <memory>

namespace layerline::relay {

class figures {
public:
    enum class limit : std::uint8_t { requests, streams, guesses };

    figures();
    ~figures();
    figures(const figures&) = delete;
    figures& operator=(const figures&) = delete;

    std::shared_ptr<prometheus::Registry> registry() const { return registry_; }

    // A request ended. `status`: one of the relay's 6xx, or HTTP's; 0: the caller went away before an answer.
    void answered(unsigned status, std::uint64_t bytes_in, std::uint64_t bytes_out);
    // An agent sent its answer's head.
    void agent_answered(std::chrono::steady_clock::duration after);
    void limited(limit by);
    // A tunnel began; `again`: the agent had been here since the relay started.
    void agent_came(bool again);
    void handshake_failed();
    void agent_displaced();
    // What is only counted when somebody asks.
    void now(std::size_t tunnels, std::size_t waiting_agents, std::size_t connections, std::size_t streams);

private:
    struct families;
    std::shared_ptr<prometheus::Registry> registry_;
    std::unique_ptr<families> all_;
};

} // namespace layerline::relay
