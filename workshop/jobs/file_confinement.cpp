// The kernel's numbers are written here where Debian 12's C library has no functions for these calls.
#include "workshop/jobs/file_confinement.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

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
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&&) = delete;
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

// Rules, or why there are none.
struct rule_set {
    descriptor rules;
    confinement_result result;
};

rule_set new_rules()
{
    landlock_ruleset_attr attributes{};
    attributes.handled_access_fs = handled;
    rule_set made{descriptor(::syscall(SYS_landlock_create_ruleset, &attributes,
                                       sizeof attributes.handled_access_fs, 0)),
                  {}};
    if (made.rules.get() >= 0) return made;
    if (errno == ENOSYS || errno == EOPNOTSUPP)
        made.result.how = confinement::not_in_this_kernel;
    else
        made.result = refused("the rules for files");
    return made;
}

confinement_result enforce(const descriptor& rules)
{
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("no new privileges");
    if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) return refused("the rules for files");
    return {};
}

} // namespace

confinement_result confine_files(std::span<const std::filesystem::path> sources,
                                 const std::filesystem::path& folder)
{
    const auto made = new_rules();
    if (made.rules.get() < 0) return made.result;
    for (const auto& source : sources)
        if (!allow(made.rules, source, LANDLOCK_ACCESS_FS_READ_FILE))
            return refused("to read the model alone");
    if (!allow(made.rules, folder, reading | making)) return refused("to write into the work folder alone");
    if (!allow(made.rules, "/usr", reading)) return refused("to read the system's libraries");
    return enforce(made.rules);
}

confinement_result confine_program(const std::filesystem::path& folder)
{
    const auto made = new_rules();
    if (made.rules.get() < 0) return made.result;
    if (!allow(made.rules, "/usr", reading | LANDLOCK_ACCESS_FS_EXECUTE))
        return refused("to run what is installed");
    if (folder != "/" &&
        !allow(made.rules, folder,
               reading | making | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR))
        return refused("to write into the work folder alone");
    // Not everywhere there; a program that needs one says so itself.
    for (const char* file :
         {"/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/proc", "/sys/devices/system"})
        (void)allow(made.rules, file,
                    std::string_view(file).find('.') == std::string_view::npos &&
                            std::string_view(file) != "/etc/localtime"
                        ? reading
                        : LANDLOCK_ACCESS_FS_READ_FILE);
    (void)allow(made.rules, "/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
    (void)allow(made.rules, "/dev/urandom", LANDLOCK_ACCESS_FS_READ_FILE);
    return enforce(made.rules);
}

} // namespace layerline::workshop
