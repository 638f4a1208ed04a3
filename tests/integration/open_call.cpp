#include "open_call.hpp"

#include "web.hpp"

#include <algorithm>
#include <array>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace layerline::tests {

open_call::open_call(std::uint16_t port, const std::string& method, const std::string& target,
                     const std::string& token, std::size_t length)
    : fd_(connect_to(port, 64 * 1024)) // a phone's buffer, not loopback's megabytes
{
    std::string head =
        method + " " + target + " HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer " + token + "\r\n";
    if (length != 0) head += "Content-Length: " + std::to_string(length) + "\r\n";
    send(head + "\r\n");
}

open_call::~open_call()
{
    ::close(fd_);
}

void open_call::send(std::string_view part)
{
    const auto until = std::chrono::steady_clock::now() + patience_;
    while (!part.empty()) {
        pollfd ready{fd_, POLLOUT | POLLIN, 0};
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) {
            hangs_ = true;
            return;
        }
        // An answer in the middle of the body: the far end wants no more of it.
        if ((ready.revents & (POLLIN | POLLHUP | POLLERR)) != 0) return;
        const auto put = ::send(fd_, part.data(), part.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put > 0)
            part.remove_prefix(static_cast<std::size_t>(put));
        else if (put < 0 && errno != EAGAIN && errno != EINTR)
            return;
    }
}

bool open_call::fill()
{
    if (ended_) return false;
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(std::chrono::milliseconds(patience_).count())) <= 0) {
        hangs_ = true;
        return false;
    }
    std::array<char, 64UL * 1024> bytes{};
    const auto got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (got <= 0) {
        ended_ = true;
        return false;
    }
    buffer_.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
}

int open_call::read_head()
{
    std::size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
        if (!fill()) return 0;
    const auto head = buffer_.substr(0, end);
    buffer_.erase(0, end + 4);
    const auto space = head.find(' ');
    return space == std::string::npos ? 0 : std::atoi(head.c_str() + space + 1);
}

std::size_t open_call::read_some(std::size_t most)
{
    if (buffer_.empty() && !fill()) return 0;
    const auto took = std::min(most, buffer_.size());
    buffer_.erase(0, took);
    body_ += took;
    return took;
}

open_call::outcome open_call::read_to_end(std::size_t enough)
{
    const auto until = std::chrono::steady_clock::now() + patience_;
    while (body_ < enough && read_some(SIZE_MAX) != 0)
        if (std::chrono::steady_clock::now() > until) {
            hangs_ = true;
            break;
        }
    return {body_, ended_, hangs_};
}

} // namespace layerline::tests
