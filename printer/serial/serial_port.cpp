// A printer's port.
#include "printer/serial/serial_port.hpp"

#include "printer/serial/line_discipline.hpp"
#include "printer/serial/port_holder.hpp"

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <memory>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <system_error>
#include <termios.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace layerline::printer::serial {

namespace {

std::string reason(int error)
{
    return std::generic_category().message(error);
}

printer_failure failure_of(int error, const std::string& path)
{
    switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
    case EIO:
    case ENOTDIR:
    case EPIPE:
        return {printer_errc::port_gone, "The port " + path + " is not there (" + reason(error) + ")."};
    case EBUSY:
    case EWOULDBLOCK:
        return {printer_errc::port_held, "Another program has the port " + path + " open."};
    case EACCES:
    case EPERM:
        return {printer_errc::port_forbidden, "No permission to open the port " + path + "."};
    default:
        return {printer_errc::host_failure, "The port " + path + " failed: " + reason(error) + "."};
    }
}

// With the group's name, so that a person knows which one to join.
printer_failure forbidden(const std::string& path, const struct stat& device)
{
    auto failure = failure_of(EACCES, path);
    // From the file itself: getgrgid() loads name services, which a program without shared libraries must
    // not.
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> groups(std::fopen("/etc/group", "re"),
                                                                 &std::fclose);
    std::vector<char> text(64UL * 1024);
    struct group entry {};
    struct group* found = nullptr;
    while (groups && ::fgetgrent_r(groups.get(), &entry, text.data(), text.size(), &found) == 0)
        if (entry.gr_gid == device.st_gid) {
            failure.detail += " It belongs to the group " + std::string(entry.gr_name) + ".";
            break;
        }
    return failure;
}

std::optional<printer_failure> prepare(int descriptor, const port_settings& settings)
{
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) return failure_of(errno, settings.path);
    ::ioctl(descriptor, TIOCEXCL);
    switch (set_raw(descriptor, settings.baud)) {
    case discipline::done:
        return std::nullopt;
    case discipline::not_a_terminal:
        return printer_failure{printer_errc::unsupported, settings.path + " is not a serial port."};
    case discipline::baud_refused:
        return printer_failure{printer_errc::unsupported, "The port " + settings.path + " cannot do " +
                                                              std::to_string(settings.baud) + " baud."};
    case discipline::failed:
        break;
    }
    return failure_of(errno, settings.path);
}

} // namespace

printer_result<serial_port> serial_port::open(const port_settings& settings)
{
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(settings.path.c_str(), nullptr),
                                                           &std::free);
    if (!real) return failure_of(errno, settings.path);
    std::string device = real.get();
    struct stat found {};
    if (::stat(device.c_str(), &found) != 0) return failure_of(errno, settings.path);
    if (!S_ISCHR(found.st_mode))
        return printer_failure{printer_errc::unsupported, settings.path + " is not a serial port."};
    if (const auto holder = find_holder(found))
        return printer_failure{printer_errc::port_held, "The program " + holder->name + " (process " +
                                                            std::to_string(holder->pid) + ") has the port " +
                                                            settings.path + " open."};
    const int descriptor = ::open(device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return errno == EACCES ? forbidden(settings.path, found) : failure_of(errno, settings.path);
    serial_port port(descriptor, std::move(device));
    if (auto failure = prepare(descriptor, settings)) return *failure;
    return port;
}

printer_result<serial_port> serial_port::adopt(int descriptor, const port_settings& settings)
{
    serial_port port(descriptor, settings.path);
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(settings.path.c_str(), nullptr),
                                                           &std::free);
    if (real) port.device_ = real.get();
    const int flags = ::fcntl(descriptor, F_GETFL);
    if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0 ||
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0)
        return failure_of(errno, settings.path);
    if (auto failure = prepare(descriptor, settings)) return *failure;
    return port;
}

serial_port::serial_port(serial_port&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), device_(std::move(other.device_))
{
}

serial_port& serial_port::operator=(serial_port&& other) noexcept
{
    if (this != &other) {
        close();
        descriptor_ = std::exchange(other.descriptor_, -1);
        device_ = std::move(other.device_);
    }
    return *this;
}

serial_port::~serial_port()
{
    close();
}

printer_result<std::size_t> serial_port::read(char* into, std::size_t size)
{
    if (size == 0) return std::size_t{0};
    for (;;) {
        const auto got = ::read(descriptor_, into, size);
        if (got > 0) return static_cast<std::size_t>(got);
        if (got == 0) return failure_of(EIO, device_);
        if (errno == EAGAIN) return std::size_t{0};
        if (errno != EINTR) return failure_of(errno, device_);
    }
}

printer_result<std::size_t> serial_port::write(std::string_view bytes)
{
    if (bytes.empty()) return std::size_t{0};
    for (;;) {
        const auto put = ::write(descriptor_, bytes.data(), bytes.size());
        if (put >= 0) return static_cast<std::size_t>(put);
        if (errno == EAGAIN) return std::size_t{0};
        if (errno != EINTR) return failure_of(errno, device_);
    }
}

printer_result<void> serial_port::set_baud(unsigned baud)
{
    switch (set_raw(descriptor_, baud)) {
    case discipline::done:
        return {};
    case discipline::baud_refused:
        return printer_failure{printer_errc::unsupported,
                               "The port " + device_ + " cannot do " + std::to_string(baud) + " baud."};
    default:
        return failure_of(errno, device_);
    }
}

void serial_port::discard_output()
{
    if (descriptor_ >= 0) ::tcflush(descriptor_, TCOFLUSH);
}

printer_result<void> serial_port::set_dtr(bool high)
{
    const int line = TIOCM_DTR;
    if (::ioctl(descriptor_, high ? TIOCMBIS : TIOCMBIC, &line) == 0) return {};
    if (errno == ENOTTY || errno == EINVAL)
        return printer_failure{printer_errc::unsupported, "The port " + device_ + " has no DTR line."};
    return failure_of(errno, device_);
}

void serial_port::close()
{
    if (descriptor_ < 0) return;
    ::ioctl(descriptor_, TIOCNXCL); // outlives us where the other end of a pty keeps it open
    ::close(descriptor_);
    descriptor_ = -1;
}

} // namespace layerline::printer::serial
