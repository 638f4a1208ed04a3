// A connection that is kept open: what was sent, what has come back, and whether the far end has hung up.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace layerline::tests {

class held_call {
public:
    // Connects to 127.0.0.1:port and sends the bytes.
    held_call(std::uint16_t port, const std::string& bytes);
    ~held_call();
    held_call(held_call&& other) noexcept;
    held_call(const held_call&) = delete;
    held_call& operator=(const held_call&) = delete;
    held_call& operator=(held_call&&) = delete;

    void send(const std::string& bytes) const;
    // Reads until `text` has come; false at the connection's end or when the time is over.
    bool hears(const std::string& text, std::chrono::seconds patience = std::chrono::seconds(20));
    // Reads on until the far end hangs up; false when it did not in time.
    bool ends(std::chrono::seconds patience = std::chrono::seconds(20));
    const std::string& got() const { return got_; }

private:
    enum class heard { bytes, end, nothing };
    heard read(std::chrono::steady_clock::time_point by);
    int socket_;
    std::string got_; // at most the last 64 KiB
};

} // namespace layerline::tests
