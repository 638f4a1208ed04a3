// Reading and replacing small private files.
#include "access/private_file.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace layerline::access {

descriptor::~descriptor()
{
    if (number_ >= 0) ::close(number_);
}

descriptor& descriptor::operator=(descriptor&& other) noexcept
{
    std::swap(number_, other.number_);
    return *this;
}

boost::system::error_code last_system_error()
{
    return {errno, boost::system::system_category()};
}

boost::system::error_code write_fully(int file, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return last_system_error();
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

boost::system::result<private_file> read_private_file(const std::filesystem::path& file, std::size_t limit)
{
    // Not blocking: a named pipe in its place must not hold the program up.
    const descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!in.open()) return last_system_error();
    struct stat about {};
    if (::fstat(in.number(), &about) != 0) return last_system_error();
    if (!S_ISREG(about.st_mode))
        return boost::system::errc::make_error_code(boost::system::errc::not_supported);
    private_file read;
    read.exposed = (about.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    std::array<char, 4096> block{};
    for (;;) {
        const auto got = ::read(in.number(), block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return last_system_error();
        if (got == 0) return read;
        if (read.content.size() + static_cast<std::size_t>(got) > limit)
            return boost::system::errc::make_error_code(boost::system::errc::file_too_large);
        read.content.append(block.data(), static_cast<std::size_t>(got));
    }
}

boost::system::error_code write_private_file(const std::filesystem::path& file, std::string_view content)
{
    auto temporary = file;
    temporary += ".new";
    {
        ::unlink(temporary.c_str()); // of a start that was cut off
        const descriptor out(
            ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!out.open()) return last_system_error();
        auto failed = write_fully(out.number(), content);
        if (!failed && ::fsync(out.number()) != 0) failed = last_system_error();
        if (failed) {
            ::unlink(temporary.c_str());
            return failed;
        }
    }
    if (::rename(temporary.c_str(), file.c_str()) != 0) {
        const auto failed = last_system_error();
        ::unlink(temporary.c_str());
        return failed;
    }
    const auto parent = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    const descriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.open() || ::fsync(folder.number()) != 0) return last_system_error();
    return {};
}

} // namespace layerline::access
