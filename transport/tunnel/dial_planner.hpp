// The whole life of a dialler as a machine without I/O and without a clock: when to dial which relay address,
// how long to wait, when to give up.
#pragma once

#include "transport/tunnel/backoff.hpp"

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

namespace layerline::transport {

struct dial_settings {
    std::size_t addresses = 1; // how many relay addresses the configuration lists
    std::chrono::milliseconds floor{1000};
    std::chrono::milliseconds ceiling{60'000};
    std::chrono::milliseconds healthy{60'000}; // a tunnel that lived this long clears the backoff
    std::chrono::milliseconds carried{10'000}; // one that lived this long has done some good
    std::uint64_t seed = 0;
};

class dial_planner {
public:
    using time_point = std::chrono::steady_clock::time_point;

    struct dial {
        std::size_t address;
        bool operator==(const dial&) const = default;
    };
    struct wait_until {
        time_point when; // call woken() then
        bool operator==(const wait_until&) const = default;
    };
    // Trying again cannot help. Only asked_to_reconnect() leads on from here.
    struct give_up {
        boost::system::error_code why;
        bool operator==(const give_up&) const = default;
    };
    struct nothing {
        bool operator==(const nothing&) const = default;
    };
    // What to do now. An action that is not `nothing` replaces the one before; `nothing` leaves it as it is.
    using action = std::variant<nothing, dial, wait_until, give_up>;

    explicit dial_planner(dial_settings settings);

    action start(time_point now);
    // The dial that was asked for made a tunnel.
    action dialled(time_point now);
    // It did not. A code that is permanent (see worth_retrying) strikes this address out; when all are struck
    // out the dialler gives up with the code.
    action refused(time_point now, boost::system::error_code why);
    // The tunnel is over. On a line that breaks often the wait is short beside what the line carries: at most
    // a quarter of the time that the tunnel lived, or the floor. A permanent code strikes the address out;
    // errc::superseded speaks of this agent and not of an address, and gives up at once.
    action tunnel_ended(time_point now, boost::system::error_code why);
    // The time of wait_until may have come; early is allowed.
    action woken(time_point now);
    // A link came up, an address changed: success became likely. Dials at once, but no more than one such
    // dial a second. While a tunnel is up this does nothing: its keep-alive finds out whether it still works.
    action network_changed(time_point now);
    // A person asked. Dials at once with a clean slate, also after giving up. While a tunnel is up the caller
    // ends it; tunnel_ended() then dials at once.
    action asked_to_reconnect(time_point now);
    // For good.
    action stop();

private:
    enum class phase : std::uint8_t { fresh, dialling, up, waiting, given_up, stopped };

    action dial_now(time_point now);
    action wait(time_point now, std::chrono::milliseconds most);
    action strike(time_point now, boost::system::error_code why);
    bool next_address();
    void clean_slate();

    dial_settings settings_;
    backoff pause_;
    phase phase_ = phase::fresh;
    std::size_t address_ = 0;
    std::vector<bool> struck_out_;
    time_point dialled_at_{}, up_since_{}, wait_until_{};
    bool again_at_once_ = false; // asked for while up
    bool dialled_once_ = false;
};

} // namespace layerline::transport
