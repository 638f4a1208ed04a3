// A deadline on a message stream: when it passes, the stream is aborted, which ends whatever waits on it.
#pragma once

#include "access/handshake.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>

namespace layerline::access {

// Used on the stream's context only.
class stream_deadline {
public:
    stream_deadline(const transport::net::io_executor& executor,
                    std::shared_ptr<transport::message_stream> stream);
    ~stream_deadline();
    stream_deadline(const stream_deadline&) = delete;
    stream_deadline& operator=(const stream_deadline&) = delete;

    // From now on; replaces an earlier one.
    void set(std::chrono::milliseconds after);
    void clear();
    // What a failed read or write means: the deadline, or the stream's own error.
    handshake_failure explain(const transport::error_code& broken) const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace layerline::access
