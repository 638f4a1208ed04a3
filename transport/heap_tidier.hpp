// Gives freed memory back now and then. Bursts of requests leave the heap full of holes, which stay resident
// until somebody hands them back. And once, at the first look, the code that only the start needed.
#pragma once

#include "transport/net.hpp"

#include <chrono>
#include <cstddef>

namespace layerline::transport {

class heap_tidier {
public:
    // Looks each `every`, and gives back once what is freed has changed by `worth` bytes since the last time.
    // `context` must outlive it, and it the coroutine run().
    heap_tidier(net::io_context& context, std::size_t worth, std::chrono::seconds every)
        : next_(context), worth_(worth), every_(every)
    {
    }

    // Until stop().
    task<void> run();
    void stop();

private:
    net::steady_timer next_;
    const std::size_t worth_;
    const std::chrono::seconds every_;
    bool over_ = false;
};

} // namespace layerline::transport
