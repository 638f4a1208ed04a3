// How much to gather into the next message: what the way drains in about 20 ms, so that an urgent frame
// never waits long behind one that is already on its way. Pure.
#pragma once

#include <chrono>
#include <cstddef>

namespace layerline::transport {

class message_size {
public:
    // `most`: tunnel_limits::message_bytes.
    explicit message_size(std::size_t most);

    // The next message's limit, 4 KiB to `most`.
    std::size_t bytes() const { return bytes_; }
    // A message of `size` bytes was taken by the connection within `took`. Only a connection that takes no
    // more than it can send soon (TCP_NOTSENT_LOWAT) tells anything here; any other lets the size grow.
    void sent(std::size_t size, std::chrono::steady_clock::duration took);

private:
    std::size_t most_, bytes_;
};

} // namespace layerline::transport
