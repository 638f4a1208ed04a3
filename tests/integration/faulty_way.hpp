// A TCP proxy on loopback that goes wrong on demand: the network between two programs under test.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace layerline::tests {

// Runs in a thread of its own until the end of the scope. Calls from any thread; each takes effect before it
// returns.
class faulty_way {
public:
    // Carries whatever connects to port() to 127.0.0.1:`target`.
    explicit faulty_way(std::uint16_t target);
    ~faulty_way();
    faulty_way(const faulty_way&) = delete;
    faulty_way& operator=(const faulty_way&) = delete;

    std::uint16_t port() const { return port_; }
    // Resets every open connection.
    void cut();
    // New connections are reset (true) or carried again.
    void refuse(bool all);
    // Takes bytes and delivers none, as a link that drops every packet; false: goes on with what was held
    // back.
    void hold(bool all);
    // At most this many bytes a second each way; 0: as fast as they come.
    void slow(std::uint64_t bytes_per_second);
    // Puts bytes of no protocol into both directions of every open connection.
    void garble();
    std::size_t open() const { return open_; }

private:
    struct direction {
        std::string waiting; // at most 64 KiB
        bool ended = false;  // the sender has closed
        bool told = false;   // and the receiver knows
        double credit = 0;   // bytes that may go now, when slow
    };
    struct pair {
        int near = -1, far = -1;
        direction out, back;
        bool dead = false;
    };
    void run();
    void accept_all();
    void carry(int from, int to, direction& way, short ready_in, short ready_out, bool& dead);
    void wake();

    int listener_ = -1, wake_ = -1;
    std::uint16_t port_ = 0, target_;
    mutable std::mutex mutex_; // over what follows, and every step of the thread
    std::list<pair> pairs_;
    bool ending_ = false, refusing_ = false, holding_ = false;
    std::uint64_t rate_ = 0;
    std::atomic<std::size_t> open_{0};
    std::thread thread_;
};

} // namespace layerline::tests
