// One HTTP/1.1 request by hand, read and written piece by piece: a client that is in the middle of something.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace layerline::tests {

class open_call {
public:
    // Connects to 127.0.0.1:`port` and sends the head; with `length`, a body of so many bytes is to follow.
    open_call(std::uint16_t port, const std::string& method, const std::string& target,
              const std::string& token, std::size_t length = 0);
    ~open_call();
    open_call(const open_call&) = delete;
    open_call& operator=(const open_call&) = delete;

    // Sends a part of the body as far as the far end takes it; a connection that is gone is no error here.
    void send(std::string_view part);
    // The answer's status; 0 when the connection ended before it.
    int read_head();
    // Reads at most `most` bytes of the body (framing included); 0 at the end.
    std::size_t read_some(std::size_t most);

    struct outcome {
        std::size_t bytes = 0; // of the body, with those read before
        bool ended = false;    // the connection is over
        bool hangs = false;    // neither an end nor `enough` within the patience
    };
    // Reads until the connection ends or `enough` bytes of the body are here.
    outcome read_to_end(std::size_t enough);
    bool hangs() const { return hangs_; }
    // The start of what came instead of a body, for messages.
    std::string why() const { return buffer_.substr(0, 300); }

private:
    bool fill(); // false: the end, or nothing came for too long
    int fd_ = -1;
    std::string buffer_;
    std::size_t body_ = 0;
    bool ended_ = false, hangs_ = false;
    std::chrono::seconds patience_{45};
};

} // namespace layerline::tests
