#include "workshop/pipeline/delivery.hpp"

#include "workshop/jobs/child.hpp"

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

namespace layerline::workshop {

namespace {

constexpr mode_t file_mode = 0644, folder_mode = 0755; // others may look into a bucket

slice_failure failed(slice_errc code, const std::filesystem::path& what, int why)
{
    return {code, "bucketOut", what.filename().string() + ": " + std::generic_category().message(why) + "."};
}

bool synced(const std::filesystem::path& folder)
{
    const owned_descriptor open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return open.get() >= 0 && ::fsync(open.get()) == 0;
}

// 0, or what is wrong. The copy is on the disk for good.
int copied(const std::filesystem::path& from, const std::filesystem::path& to)
{
    const owned_descriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (in.get() < 0) return errno;
    const owned_descriptor out(
        ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, file_mode));
    if (out.get() < 0) return errno;
    constexpr std::size_t part = 1UL << 20U;
    for (;;) {
        const auto put = ::sendfile(out.get(), in.get(), nullptr, part);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return errno;
        if (put == 0) break;
    }
    return ::fsync(out.get()) == 0 ? 0 : errno;
}

std::filesystem::path arriving(const std::filesystem::path& bucket, const std::string& name)
{
    return bucket / ("." + name + "." + std::to_string(::getpid()) + ".arriving");
}

} // namespace

slice_result<void> deliver_file(const std::filesystem::path& made, const std::filesystem::path& bucket,
                                const std::string& name)
{
    const auto temporary = arriving(bucket, name);
    ::unlink(temporary.c_str()); // of a former process with this number
    int why = copied(made, temporary);
    if (why == 0 && ::rename(temporary.c_str(), (bucket / name).c_str()) != 0) why = errno;
    if (why == 0 && synced(bucket)) return {};
    ::unlink(temporary.c_str());
    return failed(slice_errc::not_moved, name, why != 0 ? why : EIO);
}

slice_result<void> deliver_folder(const std::filesystem::path& made, const std::filesystem::path& bucket,
                                  const std::string& name)
{
    struct stat there {};
    const auto named = bucket / name;
    if (::lstat(named.c_str(), &there) == 0) {
        if (S_ISDIR(there.st_mode)) return {};
        return failed(slice_errc::no_svg_folder, name, ENOTDIR);
    }
    const auto temporary = arriving(bucket, name);
    std::error_code fault;
    std::filesystem::remove_all(temporary, fault);
    if (::mkdir(temporary.c_str(), folder_mode) != 0) return failed(slice_errc::no_svg_folder, name, errno);
    int why = 0;
    for (std::filesystem::directory_iterator at(made, fault), end; why == 0 && !fault && at != end;
         at.increment(fault))
        why = copied(at->path(), temporary / at->path().filename());
    if (why == 0 && fault) why = fault.value();
    if (why == 0 && !synced(temporary)) why = EIO;
    if (why == 0 && ::rename(temporary.c_str(), named.c_str()) != 0) why = errno;
    if (why == 0 && synced(bucket)) return {};
    std::filesystem::remove_all(temporary, fault);
    return failed(slice_errc::not_moved, name, why != 0 ? why : EIO);
}

} // namespace layerline::workshop
