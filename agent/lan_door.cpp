// Listening, and moving when the first token is made or the last one revoked.
#include "agent/lan_door.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <spdlog/spdlog.h>

#include <utility>

namespace layerline::agent {

namespace net = transport::net;

namespace {

constexpr std::chrono::milliseconds moving_grace{2000}; // for requests under way at the old address

bool is_loopback(const endpoint& at)
{
    return at.address == "::1" || at.address.starts_with("127.");
}

// Keeps the server for as long as it runs, also after the door has moved on.
transport::task<void> serve(std::shared_ptr<transport::http_server> server)
{
    co_await server->run();
}

} // namespace

endpoint where_to_listen(const std::optional<endpoint>& configured, bool any_token)
{
    if (!configured) return {"127.0.0.1", default_lan_port};
    if (any_token || is_loopback(*configured)) return *configured;
    return {"127.0.0.1", configured->port};
}

lan_door::lan_door(net::io_context& context, transport::service& answers, std::optional<endpoint> configured,
                   transport::http_limits limits)
    : context_(context), answers_(answers), configured_(std::move(configured)), limits_(limits)
{
}

lan_door::~lan_door() = default;

transport::result<void> lan_door::open(bool any_token)
{
    wanted_ = where_to_listen(configured_, any_token);
    return listen(wanted_);
}

void lan_door::tokens_changed(bool any_token)
{
    auto wanted = where_to_listen(configured_, any_token);
    if (!server_ || wanted == wanted_) return;
    wanted_ = wanted;
    if (wanted.port == 0) wanted.port = at_.port; // keep the port that was told
    const auto old = at_;
    server_->stop(moving_grace);
    server_.reset();
    if (auto moved = listen(wanted); moved.has_value()) {
        spdlog::info("lan: listening on {} now", url_of(at_));
        return;
    } else {
        spdlog::error("lan: cannot listen on {}: {}; staying on {}", url_of(wanted), moved.error().message(),
                      url_of(old));
    }
    if (auto back = listen(old); back.has_error())
        spdlog::error("lan: cannot listen on {} either: {}", url_of(old), back.error().message());
}

void lan_door::close(std::chrono::milliseconds grace)
{
    if (server_) server_->stop(grace);
    server_.reset();
}

transport::result<void> lan_door::listen(endpoint where)
{
    transport::listen_options options;
    options.address = where.address;
    options.port = where.port;
    options.limits = limits_;
    options.via = transport::edge::lan;
    auto made = transport::listen_http(context_, options, answers_);
    if (made.has_error()) return made.error();
    server_ = std::shared_ptr<transport::http_server>(std::move(*made));
    at_ = {std::move(where.address), server_->port()};
    net::co_spawn(context_, serve(server_), net::detached);
    return {};
}

} // namespace layerline::agent
