#include "transport/heap_tidier.hpp"

#include "transport/code_pages.hpp"
#include "transport/heap.hpp"

#include <boost/asio/as_tuple.hpp>

#include <utility>

namespace layerline::transport {

task<void> heap_tidier::run()
{
    std::size_t left = 0;
    bool started = false;
    while (!over_) {
        next_.expires_after(every_);
        co_await next_.async_wait(net::as_tuple(net::use_awaitable));
        if (!std::exchange(started, true)) give_back_idle_code();
        const auto freed = freed_memory();
        if (freed < left + worth_ && left < freed + worth_) continue;
        give_back_freed_memory();
        left = freed_memory();
    }
}

void heap_tidier::stop()
{
    over_ = true;
    next_.cancel();
}

} // namespace layerline::transport
