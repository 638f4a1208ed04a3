// What goes on under a token ends with it.
#include "access/open_uses.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

using namespace layerline;
using access::open_uses;
using namespace std::chrono_literals;
namespace net = layerline::transport::net;

namespace {

transport::task<void> wait_for_end(open_uses::use& use, bool& ended)
{
    co_await use.ended();
    ended = true;
}

transport::task<void> work_beside(open_uses::use& use, std::chrono::milliseconds work, std::size_t& first)
{
    using net::experimental::awaitable_operators::operator||;
    net::steady_timer timer(co_await net::this_coro::executor, work);
    auto working = timer.async_wait(net::use_awaitable);
    auto end = use.ended();
    const auto done = co_await (std::move(working) || std::move(end));
    first = done.index();
}

} // namespace

TEST_CASE("a cut ends what goes on under that token, and nothing else")
{
    net::io_context context(1);
    open_uses all;
    open_uses::use one(all, context.get_executor(), "t-1", {}), same(all, context.get_executor(), "t-1", {}),
        other(all, context.get_executor(), "t-2", {});
    bool one_ended = false, same_ended = false, other_ended = false;
    net::co_spawn(context, wait_for_end(one, one_ended), net::detached);
    net::co_spawn(context, wait_for_end(same, same_ended), net::detached);
    net::co_spawn(context, wait_for_end(other, other_ended), net::detached);
    context.poll();
    CHECK(all.count("t-1") == 2);
    CHECK(all.size() == 3);
    all.cut("t-1");
    context.poll();
    CHECK(one_ended);
    CHECK(same_ended);
    CHECK_FALSE(other_ended);
    CHECK(one.over());
    all.cut("t-2");
    all.cut("nobody");
    context.poll();
    CHECK(other_ended);
}

TEST_CASE("a use whose token was cut before it waits does not wait")
{
    net::io_context context(1);
    open_uses all;
    open_uses::use use(all, context.get_executor(), "t-1", {});
    all.cut("t-1");
    bool ended = false;
    net::co_spawn(context, wait_for_end(use, ended), net::detached);
    context.poll();
    CHECK(ended);
}

TEST_CASE("a token's time ends its uses")
{
    net::io_context context(1);
    open_uses all;
    open_uses::use use(all, context.get_executor(), "t-1", transport::clock::now() + 20ms);
    bool ended = false;
    net::co_spawn(context, wait_for_end(use, ended), net::detached);
    context.run_for(10s);
    CHECK(ended);
    CHECK(use.over());
}

TEST_CASE("what is done in time leaves nothing behind")
{
    net::io_context context(1);
    open_uses all;
    std::size_t first = 9;
    {
        open_uses::use use(all, context.get_executor(), "t-1", {});
        net::co_spawn(context, work_beside(use, 1ms, first), net::detached);
        context.run_for(10s);
        CHECK(first == 0);
        CHECK(context.stopped());
    }
    CHECK(all.size() == 0);
}
