#include "printer/serial/service_notify.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace layerline::printer::serial {
namespace {

constexpr int first_kept = 3, most_kept = 16;

// The environment is read before any thread could change it; nothing of ours does so later.
const char* setting(const char* name)
{
    return std::getenv(name); // NOLINT(concurrency-mt-unsafe)
}

int number_of(const char* text)
{
    int number = -1;
    if (text) std::from_chars(text, text + std::strlen(text), number);
    return number;
}

bool tell(std::string_view state, int descriptor)
{
    const char* path = setting("NOTIFY_SOCKET");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (!path || (path[0] != '/' && path[0] != '@') || std::strlen(path) >= sizeof address.sun_path)
        return false;
    const std::size_t length = std::strlen(path);
    std::memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';
    const owned_fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return false;
    std::string text(state);
    iovec part{text.data(), text.size()};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (descriptor >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    }
    return ::sendmsg(fd.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(text.size());
}

} // namespace

void notify_service(std::string_view state)
{
    (void)tell(state, -1);
}

bool has_supervisor()
{
    return setting("NOTIFY_SOCKET") != nullptr;
}

bool keep_descriptor(int descriptor, std::string_view name)
{
    return tell("FDSTORE=1\nFDNAME=" + std::string(name), descriptor);
}

void forget_descriptor(std::string_view name)
{
    (void)tell("FDSTOREREMOVE=1\nFDNAME=" + std::string(name), -1);
}

std::vector<kept_descriptor> take_kept_descriptors()
{
    std::vector<kept_descriptor> all;
    const bool ours = number_of(setting("LISTEN_PID")) == ::getpid();
    const int count = ours ? std::clamp(number_of(setting("LISTEN_FDS")), 0, most_kept) : 0;
    const char* given = setting("LISTEN_FDNAMES");
    std::string_view names = given ? given : "";
    for (int at = 0; at < count; ++at) {
        const auto end = std::min(names.find(':'), names.size());
        kept_descriptor one{std::string(names.substr(0, end)), owned_fd(first_kept + at)};
        names.remove_prefix(std::min(end + 1, names.size()));
        if (::fcntl(one.fd.get(), F_SETFD, FD_CLOEXEC) != 0) {
            (void)one.fd.release(); // was never open
            continue;
        }
        all.push_back(std::move(one));
    }
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
        ::unsetenv(name); // NOLINT(concurrency-mt-unsafe): before the first thread
    return all;
}

std::optional<std::chrono::milliseconds> watchdog_interval()
{
    const char* text = setting("WATCHDOG_USEC");
    const char* pid = setting("WATCHDOG_PID");
    if (!text || (pid && std::to_string(::getpid()) != pid)) return std::nullopt;
    std::uint64_t micros = 0;
    if (std::from_chars(text, text + std::strlen(text), micros).ec != std::errc{} || micros == 0)
        return std::nullopt;
    return std::chrono::milliseconds(std::max<std::uint64_t>(micros / 2000, 100));
}

} // namespace layerline::printer::serial
