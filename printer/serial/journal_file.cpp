#include "printer/serial/journal_file.hpp"

#include "printer/serial/confined_file.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <linux/magic.h>
#include <memory>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace layerline::printer::serial {
namespace {

printer_failure failed(const std::string& what)
{
    return {printer_errc::host_failure, what + ": " + std::generic_category().message(errno)};
}

// One name for each state folder, so that two printers on one machine do not meet.
std::string name_for(const std::string& state_folder)
{
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(state_folder.c_str(), nullptr),
                                                           &std::free);
    std::uint64_t sum = 0xcbf29ce484222325ULL;
    for (const char c : real ? std::string(real.get()) : state_folder)
        sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    std::array<char, 48> name{};
    std::snprintf(name.data(), name.size(), "layerline-%u-%016llx", ::geteuid(),
                  static_cast<unsigned long long>(sum));
    return name.data();
}

} // namespace

printer_result<journal_file> journal_file::open(const std::string& folder, const std::string& state_folder,
                                                std::size_t size)
{
    const std::string path = folder + '/' + name_for(state_folder);
    const owned_fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return failed("the journal " + path + " cannot be opened");
    struct stat about {};
    struct statfs system {};
    if (::fstat(file.get(), &about) != 0 || ::fstatfs(file.get(), &system) != 0)
        return failed("the journal " + path + " cannot be looked at");
    const bool in_memory = system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC;
    if (!in_memory) {
        if (about.st_size == 0) ::unlink(path.c_str());
        return printer_failure{printer_errc::host_failure,
                               folder + " lies on a disk; a journal needs memory, such as /dev/shm"};
    }
    if (!S_ISREG(about.st_mode) || about.st_uid != ::geteuid() || about.st_nlink != 1 ||
        (about.st_mode & 077U) != 0)
        return printer_failure{printer_errc::host_failure,
                               "the journal " + path + " is not a file of our own alone"};
    // One of another layout begins anew; all of it is there before the first store, which could not fail
    // well.
    if (about.st_size != static_cast<off_t>(size) &&
        (::ftruncate(file.get(), 0) != 0 || ::ftruncate(file.get(), static_cast<off_t>(size)) != 0))
        return failed("the journal " + path + " cannot be made");
    if (const int error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(size)); error != 0) {
        errno = error;
        return failed("there is no memory for the journal " + path);
    }
    void* bytes = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (bytes == MAP_FAILED) return failed("the journal " + path + " cannot be mapped");
    (void)::mlock(bytes, size); // not to be swapped to a slow card; where that is not allowed, so be it
    return journal_file(static_cast<std::byte*>(bytes), size, path);
}

journal_file::journal_file(journal_file&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)), size_(other.size_), path_(std::move(other.path_))
{
}

journal_file::~journal_file()
{
    if (bytes_ != nullptr) ::munmap(bytes_, size_);
}

void journal_file::remove()
{
    ::unlink(path_.c_str());
}

} // namespace layerline::printer::serial
