// The timer that aborts a stream.
#include "access/stream_deadline.hpp"

namespace layerline::access {

struct stream_deadline::state {
    state(const transport::net::io_executor& executor, std::shared_ptr<transport::message_stream> on)
        : timer(executor), stream(std::move(on))
    {
    }
    transport::net::steady_timer timer;
    std::shared_ptr<transport::message_stream> stream;
    std::uint64_t armed = 0; // which set() is the valid one; a timer's answer may already be on its way
    bool passed = false;
};

stream_deadline::stream_deadline(const transport::net::io_executor& executor,
                                 std::shared_ptr<transport::message_stream> stream)
    : state_(std::make_shared<state>(executor, std::move(stream)))
{
}

stream_deadline::~stream_deadline()
{
    clear();
}

void stream_deadline::set(std::chrono::milliseconds after)
{
    const auto which = ++state_->armed;
    state_->timer.expires_after(after);
    state_->timer.async_wait([held = state_, which](const transport::error_code& cancelled) {
        if (cancelled || held->armed != which) return;
        held->passed = true;
        held->stream->abort();
    });
}

void stream_deadline::clear()
{
    ++state_->armed;
    state_->timer.cancel();
}

handshake_failure stream_deadline::explain(const transport::error_code& broken) const
{
    if (state_->passed) return make_failure(errc::handshake_timeout);
    handshake_failure failure;
    failure.code = broken;
    failure.text = "the connection broke off during the handshake: " + broken.message();
    return failure;
}

} // namespace layerline::access
