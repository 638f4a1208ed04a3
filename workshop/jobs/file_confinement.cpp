// The kernel's numbers are written here where Debian 12's C library has no functions for these calls.
#include "workshop/jobs/file_confinement.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace layerline::workshop {

namespace {

constexpr std::uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t making =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;
// All that the first version of Landlock knows; what is not handled is not confined.
constexpr std::uint64_t handled =
    reading | making | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK |
    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

class descriptor {
public:
    explicit descriptor(long fd) : fd_(static_cast<int>(fd)) {}
    ~descriptor()
    {
        if (fd_ >= 0) ::close(fd_);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

bool allow(const descriptor& rules, const std::filesystem::path& below, std::uint64_t what)
{
    const descriptor place(::open(below.c_str(), O_PATH | O_CLOEXEC));
    if (place.get() < 0) return false;
    landlock_path_beneath_attr rule{};
    rule.allowed_access = what;
    rule.parent_fd = place.get();
    return ::syscall(SYS_landlock_add_rule, rules.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

confinement_result refused(const char* what)
{
    return {confinement::confined, std::string(what) + ": " + std::generic_category().message(errno)};
}

} // namespace

confinement_result confine_files(std::span<const std::filesystem::path> sources,
                                 const std::filesystem::path& folder)
{
    landlock_ruleset_attr attributes{};
    attributes.handled_access_fs = handled;
    const descriptor rules(
        ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0));
    if (rules.get() < 0) {
        if (errno == ENOSYS || errno == EOPNOTSUPP) return {confinement::not_in_this_kernel, {}};
        return refused("the rules for files");
    }
    for (const auto& source : sources)
        if (!allow(rules, source, LANDLOCK_ACCESS_FS_READ_FILE)) return refused("to read the model alone");
    if (!allow(rules, folder, reading | making)) return refused("to write into the work folder alone");
    if (!allow(rules, "/usr", reading)) return refused("to read the system's libraries");
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("no new privileges");
    if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) return refused("the rules for files");
    return {};
}

} // namespace layerline::workshop
