#include "printer/serial/service_notify.hpp"

#include "printer/serial/confined_file.hpp"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace layerline::printer::serial {

// The environment is read before any thread could change it; nothing of ours ever does.
void notify_service(std::string_view state)
{
    const char* path = std::getenv("NOTIFY_SOCKET"); // NOLINT(concurrency-mt-unsafe)
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (!path || (path[0] != '/' && path[0] != '@') || std::strlen(path) >= sizeof address.sun_path) return;
    const std::size_t length = std::strlen(path);
    std::memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';
    const owned_fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return;
    (void)::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
}

std::optional<std::chrono::milliseconds> watchdog_interval()
{
    const char* text = std::getenv("WATCHDOG_USEC"); // NOLINT(concurrency-mt-unsafe)
    const char* pid = std::getenv("WATCHDOG_PID");   // NOLINT(concurrency-mt-unsafe)
    if (!text || (pid && std::to_string(::getpid()) != pid)) return std::nullopt;
    std::uint64_t micros = 0;
    if (std::from_chars(text, text + std::strlen(text), micros).ec != std::errc{} || micros == 0)
        return std::nullopt;
    return std::chrono::milliseconds(std::max<std::uint64_t>(micros / 2000, 100));
}

} // namespace layerline::printer::serial
