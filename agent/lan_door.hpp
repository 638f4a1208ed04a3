// The LAN listener: on loopback until a token exists, then where the owner's lan.listen says.
#pragma once

#include "agent/configuration.hpp"
#include "transport/http_server.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace layerline::agent {

// Where to listen. Without lan.listen: loopback, whatever tokens there are; making a token for a script on
// this host opens nothing to the network. With lan.listen: there, but on loopback at that port while there is
// no token that could let anybody in.
endpoint where_to_listen(const std::optional<endpoint>& configured, bool any_token);

class lan_door {
public:
    // All references must outlive it.
    lan_door(transport::net::io_context& context, transport::service& answers,
             std::optional<endpoint> configured, transport::http_limits limits);
    ~lan_door();

    // Binds and begins to accept.
    transport::result<void> open(bool any_token);
    // A token was made or revoked: moves if where_to_listen() says so. If that fails, it stays on loopback
    // and says why in the log.
    void tokens_changed(bool any_token);
    void close(std::chrono::milliseconds grace);
    std::size_t connections() const { return server_ ? server_->connections() : 0; }
    // Where it listens, with the real port.
    const endpoint& at() const { return at_; }

private:
    transport::result<void> listen(endpoint where);

    transport::net::io_context& context_;
    transport::service& answers_;
    std::optional<endpoint> configured_;
    transport::http_limits limits_;
    std::shared_ptr<transport::http_server> server_;
    endpoint at_, wanted_;
};

} // namespace layerline::agent
