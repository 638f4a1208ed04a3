// Keeps one tunnel to the relay: dials, proves the key, pairs, carries, and comes back. When and where to
// dial is decided by transport::dial_planner.
#pragma once

#include "access/handshake.hpp"
#include "access/identity.hpp"
#include "agent/configuration.hpp"
#include "agent/pin_memory.hpp"
#include "agent/relay_report.hpp"
#include "transport/exchange.hpp"
#include "transport/tunnel/dial_planner.hpp"
#include "transport/tunnel/tunnel.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace layerline::agent {

class tunnel_keeper final : public access::agent_desk {
public:
    // All references must outlive it. Used from the context only.
    tunnel_keeper(transport::net::io_context& context, const configuration& settings,
                  std::shared_ptr<const access::identity> self, pin_memory& pin, transport::service& answers);

    // Until stop(); with no relay configured it only waits for that.
    transport::task<void> run();
    // Takes no new requests; the open ones have until run()'s owner loses patience.
    void stop();
    // Cuts what is open at once.
    void abort();
    // A person asked: ends the tunnel, if there is one, and dials at once, also after giving up.
    void reconnect();
    // The network came up or changed: a waiting agent dials at once.
    void network_changed();
    const relay_report& report() const { return report_; }
    // How many tunnels began.
    std::uint64_t tunnels() const { return tunnels_; }

    // --- access::agent_desk ---
    void show_code(const std::string& code, std::chrono::seconds valid_for) override;
    void hide_code() override;
    transport::task<transport::result<void>> keep_pin(access::relay_pin pin) override;

private:
    // How one attempt ended. `was_up`: it became a tunnel.
    struct ending {
        transport::error_code why;
        std::string text;
        std::optional<std::chrono::milliseconds> not_before;
        bool was_up = false;
    };
    transport::task<ending> attempt(relay_url url);
    transport::task<ending> connect(relay_url url);
    transport::task<void> halted();
    transport::task<void> rest(transport::dial_planner::action next);
    void told(const relay_url& url, const ending& how);

    transport::net::io_context& context_;
    const configuration& settings_;
    std::shared_ptr<const access::identity> self_;
    pin_memory& pin_;
    transport::service& answers_;
    transport::dial_planner planner_;
    transport::net::steady_timer bell_; // wakes rest()
    transport::net::steady_timer halt_; // ends a dial or handshake under way
    std::shared_ptr<transport::message_stream> stream_;
    std::shared_ptr<transport::tunnel_server> tunnel_;
    // Kept over reconnects, so that a person can finish typing it.
    std::shared_ptr<access::shown_code> code_ = std::make_shared<access::shown_code>();
    access::agent_session session_;
    relay_report report_;
    std::string last_problem_;
    std::uint64_t tunnels_ = 0;
    bool stopping_ = false, again_ = false, network_news_ = false;
};

} // namespace layerline::agent
