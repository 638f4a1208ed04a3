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
      group_(&all.open_[token_id]), after_(group_->first)
{
    if (group_->count == 0) group_->token_id = token_id;
    if (after_ != nullptr) after_->before_ = this;
    group_->first = this;
    ++group_->count;
    ++all_.size_;
}

open_uses::use::~use()
{
    (before_ != nullptr ? before_->after_ : group_->first) = after_;
    if (after_ != nullptr) after_->before_ = before_;
    --all_.size_;
    if (--group_->count == 0) all_.open_.erase(std::string(group_->token_id));
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

std::size_t open_uses::count(const std::string& token_id) const
{
    const auto hit = open_.find(token_id);
    return hit == open_.end() ? 0 : hit->second.count;
}

void open_uses::cut(const std::string& token_id)
{
    const auto hit = open_.find(token_id);
    if (hit == open_.end()) return;
    for (use *each = hit->second.first, *next = nullptr; each != nullptr; each = next) {
        next = each->after_;
        each->cut_ = true;
        if (each->bell_) each->bell_->cancel();
        if (each->then_) each->then_();
    }
}

} // namespace layerline::access
