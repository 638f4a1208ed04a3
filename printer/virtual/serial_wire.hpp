// The wire between host and firmware: bytes take their time at the baud rate, and arrive in a ring that loses
// what does not fit, as a UART does. Times are points given in; nothing here waits.
#pragma once

#include "printer/virtual/settings.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::printer::virtual_printer {

class serial_wire {
public:
    // baud 0: bytes take no time. `ring` is the firmware's receive buffer in bytes.
    serial_wire(unsigned baud, std::size_t ring);

    // --- towards the firmware ---
    // How many bytes from_host() takes now; at most 4096 are under way.
    std::size_t room() const;
    // Puts bytes on the wire; what goes over room() is lost and counted.
    void from_host(std::string_view bytes, time_point now);
    std::optional<time_point> next_arrival() const;
    // When the next line's end arrives; empty while none is under way.
    std::optional<time_point> next_line_end() const;
    // The next byte arrives: returns it, and puts it in the ring if there is room. Needs next_arrival().
    char arrive();
    bool readable() const { return !ring_.empty(); }
    // Takes the oldest byte of the ring. Needs readable().
    char read();
    // Throws away the ring and what has arrived by `now`.
    void flush(time_point now);
    // Throws away also what is under way, in both directions; what has arrived at the host stays.
    void cut();
    std::uint64_t lost() const { return lost_; }

    // --- towards the host ---
    void transmit(std::string_view bytes, time_point now);
    // Bytes that have not left the firmware yet.
    std::size_t backlog() const { return pending_.size(); }
    // When the backlog will have fallen to `bytes`; empty if it has.
    std::optional<time_point> drained_to(std::size_t bytes) const;
    // Moves on to `now` what has left by then.
    void advance(time_point now);
    // What has arrived at the host since the last call.
    std::string take();

private:
    struct flying {
        char byte = 0;
        time_point at{};
    };
    nanoseconds byte_time_;
    std::size_t ring_size_;
    std::deque<flying> flying_;
    std::deque<char> ring_;
    time_point last_arrival_{};
    std::uint64_t lost_ = 0;
    std::string pending_;
    time_point pending_since_{}; // when the first pending byte began to leave
    std::string ready_;
};

} // namespace layerline::printer::virtual_printer
