#include "access/open_uses.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace layerline::access {

namespace net = transport::net;

open_uses::use::use(open_uses& all, const net::io_executor& executor, const std::string& token_id,
                    std::optional<transport::clock::time_point> until)
    : all_(all), executor_(executor), until_(until.value_or(transport::clock::time_point::max())),
      place_(all.open_.emplace(token_id, this))
{
}

open_uses::use::~use()
{
    all_.open_.erase(place_);
}

transport::task<void> open_uses::use::ended()
{
    return ended_by(transport::clock::time_point::max());
}

transport::task<void> open_uses::use::ended_by(transport::clock::time_point by)
{
    while (!over() && transport::clock::now() < by) {
        if (!bell_) bell_.emplace(executor_);
        bell_->expires_at(std::min(until_, by));
        transport::error_code rung;
        co_await bell_->async_wait(net::redirect_error(net::use_awaitable, rung));
        const auto state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() != net::cancellation_type::none) co_return; // what stood beside it is done
    }
}

void open_uses::cut(const std::string& token_id)
{
    const auto [first, last] = open_.equal_range(token_id);
    for (auto each = first; each != last; ++each) {
        each->second->cut_ = true;
        if (each->second->bell_) each->second->bell_->cancel();
        if (each->second->then_) each->second->then_();
    }
}

} // namespace layerline::access
