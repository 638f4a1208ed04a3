// What both kinds of link wait for: answers, each by its number, and any change of the state. Used from one
// io_context; a header of templates, for coroutines alone.
#pragma once

#include "printer/printer_error.hpp"
#include "transport/error.hpp"
#include "transport/net.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace layerline::printer {

// Callers that wait for an answer by its number, until it is here or they go away.
template <class Answer>
class open_answers {
public:
    class waiter {
    public:
        explicit waiter(const transport::net::io_executor& executor)
            : bell_(executor, transport::clock::time_point::max())
        {
        }

    private:
        friend open_answers;
        transport::net::steady_timer bell_; // rings when the answer is here
        std::optional<printer_result<Answer>> answer_;
    };

    // From now on `id` may be answered.
    std::shared_ptr<waiter> open(std::uint64_t id, const transport::net::io_executor& executor)
    {
        auto mine = std::make_shared<waiter>(executor);
        all_.emplace(id, mine);
        return mine;
    }
    // False: nobody waits for it any more.
    bool settle(std::uint64_t id, printer_result<Answer> what)
    {
        const auto found = all_.find(id);
        if (found == all_.end()) return false;
        found->second->answer_ = std::move(what);
        found->second->bell_.cancel();
        all_.erase(found);
        return true;
    }
    // The answer to what was opened. When the caller goes away first nobody waits for it any more, `forget`
    // is told so, and it is no_answer from `who`.
    transport::task<printer_result<Answer>> wait(std::uint64_t id, std::shared_ptr<waiter> mine,
                                                 std::function<void(std::uint64_t)> forget, std::string who)
    {
        namespace net = transport::net;
        while (!mine->answer_) {
            co_await mine->bell_.async_wait(net::as_tuple(net::use_awaitable));
            if (mine->answer_) break;
            const auto cancel = co_await net::this_coro::cancellation_state;
            if (cancel.cancelled() == net::cancellation_type::none) continue;
            all_.erase(id);
            forget(id);
            co_return printer_failure{printer_errc::no_answer,
                                      "The caller went away before " + who + " answered."};
        }
        co_return std::move(*mine->answer_);
    }

private:
    std::map<std::uint64_t, std::shared_ptr<waiter>> all_;
};

// Rings whenever the state changed.
class change_bell {
public:
    explicit change_bell(transport::net::io_context& context)
        : timer_(context, transport::clock::time_point::max())
    {
    }
    void ring() { timer_.cancel(); }
    // The link ends: whoever waits gets shutting_down, and so does everybody after.
    void stop()
    {
        stopped_ = true;
        timer_.cancel();
    }
    // Until `sequence`() is another than `since`. operation_aborted when the caller goes away.
    template <class Sequence>
    transport::task<transport::result<void>> changed(Sequence sequence, std::uint64_t since)
    {
        namespace net = transport::net;
        while (!stopped_ && sequence() == since) {
            co_await timer_.async_wait(net::as_tuple(net::use_awaitable));
            const auto cancel = co_await net::this_coro::cancellation_state;
            if (cancel.cancelled() != net::cancellation_type::none)
                co_return transport::error_code(net::error::operation_aborted);
        }
        if (stopped_) co_return make_error_code(transport::errc::shutting_down);
        co_return transport::result<void>();
    }

private:
    transport::net::steady_timer timer_;
    bool stopped_ = false;
};

} // namespace layerline::printer
