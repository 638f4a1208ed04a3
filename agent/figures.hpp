// What the agent counts for its owner, told at /metrics. Label sets are bounded: the API's status codes, the
// phases, the heaters that the printer link knows.
#pragma once

#include "printer/printer_state.hpp"
#include "transport/exchange.hpp"

#include <prometheus/registry.h>

#include <cstdint>
#include <memory>

namespace layerline::agent {

class figures {
public:
    figures();
    ~figures();
    figures(const figures&) = delete;
    figures& operator=(const figures&) = delete;

    std::shared_ptr<prometheus::Registry> registry() const { return registry_; }

    // A request ended with this Status: the envelope's, or HTTP's; 0: the caller went away before an answer.
    void answered(transport::edge via, unsigned status, std::uint64_t bytes_in, std::uint64_t bytes_out);
    void limited();
    void store_failed();
    // Both are only looked at when somebody asks.
    void cameras(std::size_t viewers, std::size_t streams);
    void now(const printer::printer_state& printer, bool tunnel_up, std::uint64_t tunnels,
             std::size_t lan_connections);

private:
    struct families;
    std::shared_ptr<prometheus::Registry> registry_;
    std::unique_ptr<families> all_;
};

} // namespace layerline::agent
