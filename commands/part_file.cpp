// Temporary name, fsync, rename, fsync of the folder.
#include "commands/part_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <random>

namespace layerline::commands {

using printer::printer_errc;
using printer::printer_failure;
using printer::printer_result;

namespace {

constexpr const char* part_name = ".part";
constexpr mode_t file_mode = 0640;
constexpr std::uint64_t look_every_bytes = std::uint64_t{4} << 20U;

std::string random_name()
{
    static constexpr std::string_view digits = "0123456789abcdef";
    std::random_device source;
    std::string name;
    for (int word = 0; word < 2; ++word) {
        auto bits = source();
        for (int i = 0; i < 8; ++i, bits >>= 4U)
            name += digits[bits & 0xFU];
    }
    return name;
}

std::string in_megabytes(std::uint64_t bytes)
{
    return std::to_string(bytes >> 20U) + " MiB";
}

void remove_leftovers(int folder)
{
    const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own < 0) return;
    DIR* entries = ::fdopendir(own);
    if (!entries) {
        ::close(own);
        return;
    }
    // No folder is ever made in there, and unlinkat leaves one alone.
    while (const auto* entry = ::readdir(entries)) // NOLINT(concurrency-mt-unsafe): a stream of our own
        (void)::unlinkat(folder, entry->d_name, 0);
    ::closedir(entries);
}

} // namespace

printer_result<part_folder> part_folder::open(const confined_folder& files)
{
    if (::mkdirat(files.get(), part_name, 0700) != 0 && errno != EEXIST)
        return failure_of_errno(errno, "making the folder for uploads");
    part_folder parts;
    parts.fd_ = descriptor(::openat(files.get(), part_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!parts.fd_) return failure_of_errno(errno, "opening the folder for uploads");
    if (::flock(parts.get(), LOCK_EX | LOCK_NB) == 0) remove_leftovers(parts.get());
    return parts;
}

std::optional<printer_failure> refuse_for_space(int folder, std::uint64_t bytes, std::uint64_t reserve)
{
    struct statvfs disk {};
    if (::fstatvfs(folder, &disk) != 0) return failure_of_errno(errno, "looking for free space");
    const std::uint64_t available = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    if (available >= reserve && available - reserve >= bytes) return std::nullopt;
    return printer_failure{printer_errc::host_failure,
                           "The disk of the printer's host is full: " + in_megabytes(available) +
                               " are free, and " + in_megabytes(reserve) +
                               " are kept in reserve. Delete files to make room."};
}

printer_result<std::shared_ptr<part_file>> part_file::begin(std::shared_ptr<const part_folder> parts,
                                                            std::uint64_t reserve)
{
    auto name = random_name();
    descriptor fd(::openat(parts->get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                           file_mode));
    if (!fd) return failure_of_errno(errno, "beginning an upload");
    return std::make_shared<part_file>(std::move(parts), std::move(fd), std::move(name), reserve);
}

std::shared_ptr<part_file> part_file::link(std::shared_ptr<const part_folder> parts, const descriptor& file)
{
    auto name = random_name();
    descriptor own(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0));
    const auto open_file = "/proc/self/fd/" + std::to_string(file.get());
    if (!own || ::linkat(AT_FDCWD, open_file.c_str(), parts->get(), name.c_str(), AT_SYMLINK_FOLLOW) != 0)
        return nullptr;
    return std::make_shared<part_file>(std::move(parts), std::move(own), std::move(name), 0);
}

part_file::part_file(std::shared_ptr<const part_folder> parts, descriptor fd, std::string name,
                     std::uint64_t reserve)
    : parts_(std::move(parts)), fd_(std::move(fd)), name_(std::move(name)), reserve_(reserve)
{
}

part_file::~part_file()
{
    if (!committed_) (void)::unlinkat(parts_->get(), name_.c_str(), 0);
}

printer_result<void> part_file::append(std::span<const char> bytes)
{
    since_look_ += bytes.size();
    if (since_look_ >= look_every_bytes) {
        since_look_ = 0;
        if (auto full = refuse_for_space(parts_->get(), bytes.size(), reserve_)) return std::move(*full);
    }
    while (!bytes.empty()) {
        const auto n = ::write(fd_.get(), bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failure_of_errno(errno, "writing an upload");
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return {};
}

printer_result<file_node> part_file::commit(const confined_folder& files, const virtual_path& path)
{
    if (::fsync(fd_.get()) != 0) return failure_of_errno(errno, "writing an upload");
    const auto parent = files.open_parent(path, true);
    if (!parent) return parent.error();
    if (::renameat(parts_->get(), name_.c_str(), parent->get(), path.segments.back().c_str()) != 0) {
        if (errno == EISDIR)
            return printer_failure{printer_errc::out_of_range, "There is a folder of that name."};
        return failure_of_errno(errno, "naming an upload");
    }
    committed_ = true;
    if (::fsync(parent->get()) != 0) return failure_of_errno(errno, "naming an upload");
    return describe(fd_, path);
}

} // namespace layerline::commands
