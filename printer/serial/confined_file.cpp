#include "printer/serial/confined_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace layerline::printer::serial {

owned_fd& owned_fd::operator=(owned_fd&& other) noexcept
{
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = other.release();
    }
    return *this;
}

owned_fd::~owned_fd()
{
    if (fd_ >= 0) ::close(fd_);
}

int owned_fd::release()
{
    const int fd = fd_;
    fd_ = -1;
    return fd;
}

printer_result<owned_fd> open_confined(const std::string& root, std::string_view virtual_path)
{
    constexpr std::string_view prefix = "gcode/";
    const bool clean = virtual_path.size() <= 1024 && virtual_path.starts_with(prefix) &&
                       virtual_path.size() > prefix.size() &&
                       std::none_of(virtual_path.begin(), virtual_path.end(),
                                    [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (!clean)
        return printer_failure{printer_errc::no_such_file,
                               "a job's path is \"gcode/\" and a file name below it"};
    const owned_fd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder)
        return printer_failure{printer_errc::host_failure, "the folder of G-code files cannot be opened: " +
                                                               std::generic_category().message(errno)};
    open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    // Below "gcode" itself: ".." must not lead to its neighbours either.
    open_how step{};
    step.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    step.resolve = how.resolve;
    const owned_fd jobs(static_cast<int>(::syscall(SYS_openat2, folder.get(), "gcode", &step, sizeof step)));
    if (!jobs) return printer_failure{printer_errc::no_such_file, "there is no folder of G-code files"};
    const std::string path(virtual_path.substr(prefix.size()));
    owned_fd file(static_cast<int>(::syscall(SYS_openat2, jobs.get(), path.c_str(), &how, sizeof how)));
    if (!file) {
        const int error = errno;
        if (error == ENOENT || error == ENOTDIR || error == EXDEV || error == ELOOP)
            return printer_failure{printer_errc::no_such_file, "there is no such file"};
        return printer_failure{printer_errc::host_failure,
                               "the file cannot be opened: " + std::generic_category().message(error)};
    }
    struct stat about {};
    if (::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode))
        return printer_failure{printer_errc::no_such_file, "this is not a regular file"};
    return file;
}

} // namespace layerline::printer::serial
