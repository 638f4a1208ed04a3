// What callers are told for whom a server has no room: a status with retry-after, and the end of their
// connection. It keeps a few descriptors, so that there is one to say so when the process has none left.
#pragma once

#include "transport/byte_stream.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <list>
#include <memory>
#include <string_view>
#include <vector>

namespace layerline::transport {

// Why there is no room.
struct no_room {
    unsigned status;
    std::string_view why;           // a sentence of ours: needs no escaping
    std::chrono::milliseconds time; // for the caller to take it
};

class doorkeeper : public std::enable_shared_from_this<doorkeeper> {
public:
    // Keeps 1 to 8 descriptors, one in 128 of what the process may have.
    explicit doorkeeper(const net::io_executor& executor);
    doorkeeper(const doorkeeper&) = delete;
    doorkeeper& operator=(const doorkeeper&) = delete;
    ~doorkeeper();

    // Tells this caller and closes; callers past the first 32 who are being told are just closed.
    void turn_away(const std::shared_ptr<byte_stream>& caller, no_room because);

    // With no descriptor left: frees one for the next caller, a kept one or that of the caller who was told
    // longest ago and has not hung up yet. Then comes turn_away_in_need() or restore(). False if none can be
    // had now: wait for change().
    bool make_room();
    // Tells the caller who got that descriptor.
    void turn_away_in_need(const std::shared_ptr<byte_stream>& caller);
    // Takes back what make_room() freed and nobody used.
    void restore();
    // Takes more when some were lost to somebody faster: cheap, to be called whenever there may be some.
    void refill();
    // Until make_room() may say something else, for `at_most`.
    task<void> change(std::chrono::milliseconds at_most);
    // Ends a change() under way.
    void stop() { changed_.cancel(); }

private:
    struct telling;
    static task<void> tell(std::shared_ptr<telling> all, no_room because);

    std::vector<int> kept_;
    std::size_t wanted_;         // descriptors to keep
    std::size_t lent_ = 0;       // of them, with callers who are being told
    std::list<telling*> said_;   // of those, who have been told and may be closed at any time, oldest first
    std::size_t being_told_ = 0; // all that are, whatever the reason
    net::steady_timer changed_;  // used as an event
};

} // namespace layerline::transport
