#include "held_call.hpp"

#include "web.hpp"

#include <array>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace layerline::tests {

using std::chrono::steady_clock;

held_call::held_call(std::uint16_t port, const std::string& bytes) : socket_(connect_to(port))
{
    send(bytes);
}

held_call::held_call(held_call&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), got_(std::move(other.got_))
{
}

held_call::~held_call()
{
    if (socket_ >= 0) ::close(socket_);
}

void held_call::send(const std::string& bytes) const
{
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const auto count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) return; // the far end has hung up: ends() tells
        sent += static_cast<std::size_t>(count);
    }
}

held_call::heard held_call::read(steady_clock::time_point by)
{
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(by - steady_clock::now()).count();
    if (left <= 0) return heard::nothing;
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(left)) != 1) return heard::nothing;
    std::array<char, 16384> part{};
    const auto count = ::recv(socket_, part.data(), part.size(), 0);
    if (count <= 0) return heard::end;
    got_.append(part.data(), static_cast<std::size_t>(count));
    constexpr std::size_t kept = 64UL * 1024;
    if (got_.size() > kept) got_.erase(0, got_.size() - kept);
    return heard::bytes;
}

bool held_call::hears(const std::string& text, std::chrono::seconds patience)
{
    const auto by = steady_clock::now() + patience;
    while (got_.find(text) == std::string::npos)
        if (read(by) != heard::bytes) return false;
    return true;
}

bool held_call::ends(std::chrono::seconds patience)
{
    const auto by = steady_clock::now() + patience;
    for (;;) {
        const auto what = read(by);
        if (what == heard::end) return true;
        if (what == heard::nothing) return false;
    }
}

} // namespace layerline::tests
