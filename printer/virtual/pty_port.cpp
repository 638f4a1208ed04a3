// The pty as a serial port.
#include "printer/virtual/pty_port.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

namespace layerline::printer::virtual_printer {

namespace {

[[noreturn]] void fail(const char* what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

// Our descriptor of the slave keeps the pty's settings and lets us lift a dead host's lock. It waits inside a
// socket's queue, so that whoever looks for holders of the port finds none.
bool stow(int socket, int descriptor)
{
    char byte = 0;
    iovec data{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
    return ::sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
}

int fetch(int socket)
{
    char byte = 0;
    iovec data{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != 1) return -1;
    const cmsghdr* head = CMSG_FIRSTHDR(&message);
    if (!head || head->cmsg_type != SCM_RIGHTS) return -1;
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(head), sizeof descriptor);
    return descriptor;
}

bool make_raw(int descriptor)
{
    termios settings{};
    if (::tcgetattr(descriptor, &settings) != 0) return false;
    ::cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL | CREAD;
    return ::tcsetattr(descriptor, TCSANOW, &settings) == 0;
}

} // namespace

pty_port::pty_port(mode_t mode)
{
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (master_ < 0) fail("posix_openpt");
    std::array<char, 64> name{};
    if (::grantpt(master_) != 0 || ::unlockpt(master_) != 0 ||
        ::ptsname_r(master_, name.data(), name.size()) != 0)
        fail("pty");
    path_ = name.data();
    const int slave = ::open(path_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0) fail(path_.c_str());
    if (!make_raw(slave) || ::chmod(path_.c_str(), mode) != 0) fail(path_.c_str());
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, keep_) != 0) fail("socketpair");
    if (!stow(keep_[0], slave)) fail("sendmsg");
    ::close(slave);
    watch_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch_ < 0) fail("inotify");
    watched_ = ::inotify_add_watch(watch_, path_.c_str(), IN_OPEN | IN_CLOSE);
    // The kernel merges an event with an equal one right before it, which would spoil the count of
    // descriptors. The folder's watch tells everything once more, so that no two equal ones follow each
    // other.
    const auto folder = path_.substr(0, path_.rfind('/'));
    if (watched_ < 0 || ::inotify_add_watch(watch_, folder.c_str(), IN_OPEN | IN_CLOSE) < 0) fail("inotify");
}

pty_port::~pty_port()
{
    ::close(watch_);
    ::close(keep_[0]);
    ::close(keep_[1]);
    ::close(master_);
}

pty_port::presence pty_port::look()
{
    presence seen;
    alignas(inotify_event) std::array<char, 4096> events{};
    for (;;) {
        const auto count = ::read(watch_, events.data(), events.size());
        if (count <= 0) break;
        for (std::size_t at = 0; at < static_cast<std::size_t>(count);) {
            inotify_event event{};
            std::memcpy(&event, events.data() + at, sizeof event);
            at += sizeof event + event.len;
            if (event.wd != watched_) continue;
            if (event.mask & IN_OPEN) {
                if (holders_++ == 0) ++seen.sessions;
            }
            if (event.mask & IN_CLOSE) {
                ++seen.closes;
                if (holders_ > 0) --holders_;
            }
        }
    }
    if (seen.closes > 0 && holders_ == 0) settle();
    return seen;
}

void pty_port::settle()
{
    const int slave = fetch(keep_[1]);
    if (slave < 0) return;
    ::ioctl(slave, TIOCNXCL);
    make_raw(slave);
    ::tcflush(slave, TCIFLUSH);
    stow(keep_[0], slave);
    // No close is seen of this: the queue holds the port open.
    ::close(slave);
}

std::string pty_port::read(std::size_t most)
{
    std::array<char, 4096> chunk{};
    const auto count = ::read(master_, chunk.data(), std::min(most, chunk.size()));
    if (count <= 0) return {};
    return {chunk.data(), static_cast<std::size_t>(count)};
}

void pty_port::write(std::string_view bytes)
{
    if (holders_ == 0) return;
    while (!bytes.empty()) {
        const auto count = ::write(master_, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

} // namespace layerline::printer::virtual_printer
