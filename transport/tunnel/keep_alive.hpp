// When to ask a silent peer for a sign of life, and when to give it up. Pure: the caller brings the time.
#pragma once

#include <chrono>

namespace layerline::transport {

class keep_alive {
public:
    using time_point = std::chrono::steady_clock::time_point;
    enum class verdict { wait, ping, lost };
    struct step {
        verdict what = verdict::wait;
        time_point until; // ask again then, or when bytes have come
    };

    // `every` after the last byte a ping goes out, and again each `every`; `timeout` after it the peer is
    // lost.
    keep_alive(std::chrono::milliseconds every, std::chrono::milliseconds timeout)
        : every_(every), timeout_(timeout)
    {
    }

    // What to do now, if the last byte came at `heard`. A ping counts as sent. Asked much later than it
    // wanted (the host slept or stood still), it pings first: what the peer sent meanwhile may not be read
    // yet.
    step next(time_point now, time_point heard);

private:
    std::chrono::milliseconds every_, timeout_;
    time_point pinged_{}, asked_for_ = time_point::max(), excused_until_{};
};

} // namespace layerline::transport
