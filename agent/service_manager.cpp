// One datagram a word.
#include "agent/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace layerline::agent {

namespace {

std::string environment(const char* name)
{
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): before any thread is made
    return value == nullptr ? std::string() : std::string(value);
}

std::optional<std::int64_t> whole(const std::string& text)
{
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

} // namespace

service_manager::service_manager() : socket_(environment("NOTIFY_SOCKET"))
{
    const auto every = whole(environment("WATCHDOG_USEC"));
    const auto for_whom = environment("WATCHDOG_PID");
    if (every && *every > 0 && (for_whom.empty() || whole(for_whom) == getpid()))
        watchdog_ = std::chrono::microseconds(*every);
}

service_manager::service_manager(std::string socket, std::optional<std::chrono::microseconds> watchdog)
    : socket_(std::move(socket)), watchdog_(watchdog)
{
}

void service_manager::tell(std::string_view words) const
{
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (socket_.empty() || socket_.size() >= sizeof to.sun_path) return;
    std::memcpy(to.sun_path, socket_.data(), socket_.size());
    if (to.sun_path[0] == '@') to.sun_path[0] = '\0'; // an abstract name
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return;
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    (void)::sendto(fd, words.data(), words.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
                   length);
    ::close(fd);
}

std::optional<std::chrono::microseconds> service_manager::beat() const
{
    if (socket_.empty() || !watchdog_) return std::nullopt;
    return *watchdog_ / 2;
}

} // namespace layerline::agent
