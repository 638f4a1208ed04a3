// Folder, lock, limits of this process.
#include "agent/state_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

namespace layerline::agent {

namespace {
transport::error_code last_error()
{
    return {errno, boost::system::system_category()};
}
} // namespace

transport::result<state_folder> state_folder::open(const std::filesystem::path& path)
{
    std::error_code fault;
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), fault);
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return last_error();
    const int lock = ::open((path / "agent.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) return last_error();
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        const auto why = last_error();
        ::close(lock);
        return why;
    }
    return state_folder(lock);
}

state_folder::state_folder(state_folder&& other) noexcept : lock_(std::exchange(other.lock_, -1)) {}

state_folder::~state_folder()
{
    if (lock_ >= 0) ::close(lock_);
}

std::size_t raise_open_files(std::size_t wanted)
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
    if (limit.rlim_cur < wanted) {
        auto raised = limit;
        raised.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted);
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    return limit.rlim_cur;
}

transport::result<void> write_whole(const std::filesystem::path& file, std::string_view text)
{
    const auto temporary = file.string() + ".new";
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return last_error();
    while (!text.empty()) {
        const auto count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            const auto why = last_error();
            ::close(fd);
            ::unlink(temporary.c_str());
            return why;
        }
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    ::close(fd);
    if (::rename(temporary.c_str(), file.c_str()) != 0) return last_error();
    return {};
}

} // namespace layerline::agent
