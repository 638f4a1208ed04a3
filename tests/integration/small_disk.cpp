#include "small_disk.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace layerline::tests {

namespace {

bool own_mounts()
{
    static const bool own =
        ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    return own;
}

} // namespace

small_disk::small_disk(std::filesystem::path folder, uid_t owner) : folder_(std::move(folder))
{
    const auto name = std::to_string(owner);
    const auto how = "size=2m,mode=0750,uid=" + name + ",gid=" + name;
    there_ =
        own_mounts() && ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, how.c_str()) == 0;
}

small_disk::~small_disk()
{
    if (there_) ::umount2(folder_.c_str(), MNT_DETACH);
}

void small_disk::fill() const
{
    const int filler = ::open((folder_ / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(filler >= 0);
    const std::string block(4096, 'f');
    ssize_t written = 0;
    while ((written = ::write(filler, block.data(), block.size())) > 0) {
    }
    const int why = errno;
    ::close(filler);
    REQUIRE(why == ENOSPC);
}

void small_disk::make_room() const
{
    std::filesystem::remove(folder_ / "filler");
}

} // namespace layerline::tests
