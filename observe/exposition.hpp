// The door for Prometheus: GET /metrics on an address of its own, in the text format. No token: it is on
// loopback unless the owner says otherwise, and tells figures only.
#pragma once

#include "transport/exchange.hpp"
#include "transport/http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <prometheus/registry.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::observe {

// "127.0.0.1:9480", "[::1]:0"; "off" is a place too: none.
struct metrics_place {
    std::string address; // numeric; empty: off
    std::uint16_t port = 0;
};
std::optional<metrics_place> parse_metrics_place(std::string_view text);

class exposition final : public transport::service {
public:
    // `refresh` brings what is only read when asked up to date; called before each answer. Both must outlive
    // it. Figures of the process itself (memory, descriptors, CPU time) are added to the registry.
    exposition(std::shared_ptr<prometheus::Registry> registry, std::function<void()> refresh);
    ~exposition() override;

    // Listens there; nothing happens when the place is off.
    transport::result<void> open(transport::net::io_context& context, const metrics_place& where);
    // The port that it listens on; 0: off.
    std::uint16_t port() const { return server_ ? server_->port() : 0; }
    void close();

    transport::task<void> serve(transport::exchange& call) override;

private:
    struct process_figures;
    std::shared_ptr<prometheus::Registry> registry_;
    std::function<void()> refresh_;
    std::unique_ptr<process_figures> process_;
    std::shared_ptr<transport::http_server> server_;
};

} // namespace layerline::observe
