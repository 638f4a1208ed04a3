// What a connection can tell of the bytes that it took and did not send yet. A stream that has a socket is
// one of these beside being a message_stream.
#pragma once

#include <cstddef>

namespace layerline::transport {

class send_queue {
public:
    virtual ~send_queue() = default;
    // Bytes that wait in the kernel and were never sent. Whatever is written now goes out behind them.
    virtual std::size_t unsent() = 0;
};

} // namespace layerline::transport
