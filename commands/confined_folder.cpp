// openat2, listing, and errno in words.
#include "commands/confined_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

namespace layerline::commands {

using printer::printer_errc;
using printer::printer_failure;
using printer::printer_result;

namespace {

constexpr mode_t folder_mode = 0750;

int open_beneath(int folder, const char* name, int flags, std::uint64_t how_found = 0)
{
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | how_found;
    return static_cast<int>(::syscall(SYS_openat2, folder, name, &how, sizeof how));
}

file_node node_of(const struct stat& found, const virtual_path& at)
{
    file_node node;
    node.folder = S_ISDIR(found.st_mode);
    node.virtual_path = at.text();
    node.name = at.segments.empty() ? "gcode" : at.segments.back();
    node.size_bytes = node.folder ? 0 : static_cast<std::uint64_t>(found.st_size);
    node.modified_unix = found.st_mtim.tv_sec;
    return node;
}

using open_dir = std::unique_ptr<DIR, int (*)(DIR*)>;

// The names in a folder that a virtual path can hold, sorted.
printer_result<std::vector<std::string>> names_in(const descriptor& folder)
{
    // fdopendir takes the descriptor over, so it gets one of its own.
    const int own = open_beneath(folder.get(), ".", O_RDONLY | O_DIRECTORY);
    if (own < 0) return failure_of_errno(errno, "reading a folder");
    const open_dir entries(::fdopendir(own), &::closedir);
    if (!entries) {
        const int error = errno;
        ::close(own);
        return failure_of_errno(error, "reading a folder");
    }
    std::vector<std::string> names;
    errno = 0;
    while (const auto* entry =
               ::readdir(entries.get())) { // NOLINT(concurrency-mt-unsafe): a stream of our own
        if (!fault_of_segment(entry->d_name)) names.emplace_back(entry->d_name);
        errno = 0;
    }
    if (errno != 0) return failure_of_errno(errno, "reading a folder");
    std::sort(names.begin(), names.end());
    return names;
}

// Fills the children; at most max_path_depth deep. `left` counts down over the whole tree.
printer_result<void> fill(file_node& into, const descriptor& folder, const virtual_path& at,
                          std::size_t& left, bool& truncated)
{
    auto names = names_in(folder);
    if (!names) return names.error();
    for (auto& name : *names) {
        struct stat found {};
        if (::fstatat(folder.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) continue; // just removed
        if (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode)) continue;
        virtual_path below = at;
        below.segments.push_back(name);
        if (below.segments.size() > max_path_depth || below.text().size() > max_path_bytes) continue;
        if (left == 0) {
            truncated = true;
            return {};
        }
        --left;
        into.children.push_back(node_of(found, below));
        if (!S_ISDIR(found.st_mode)) continue;
        const descriptor deeper(open_beneath(folder.get(), name.c_str(), O_RDONLY | O_DIRECTORY));
        if (!deeper) continue; // removed, or not ours to read
        if (auto filled = fill(into.children.back(), deeper, below, left, truncated); !filled) return filled;
    }
    return {};
}

} // namespace

printer_failure failure_of_errno(int error, const std::string& doing)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EXDEV:
    case ENAMETOOLONG:
        return {printer_errc::no_such_file, "There is no such file."};
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return {printer_errc::host_failure,
                "The disk of the printer's host is full (" + doing + "). Delete files to make room."};
    case EACCES:
    case EPERM:
    case EROFS:
        return {printer_errc::host_failure, "The agent may not do that in its files' folder (" + doing +
                                                "): " + std::generic_category().message(error) + "."};
    default:
        return {printer_errc::host_failure, "The disk of the printer's host failed (" + doing +
                                                "): " + std::generic_category().message(error) + "."};
    }
}

printer_result<confined_folder> confined_folder::open(const std::filesystem::path& where)
{
    if (::mkdir(where.c_str(), folder_mode) != 0 && errno != EEXIST)
        return printer_failure{printer_errc::host_failure,
                               "The folder " + where.string() +
                                   " cannot be made: " + std::generic_category().message(errno) + "."};
    confined_folder folder;
    folder.fd_ = descriptor(::open(where.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.fd_)
        return printer_failure{printer_errc::host_failure,
                               "The folder " + where.string() +
                                   " cannot be opened: " + std::generic_category().message(errno) + "."};
    const descriptor probe(open_beneath(folder.get(), ".", O_RDONLY | O_DIRECTORY));
    if (!probe && errno == ENOSYS)
        return printer_failure{printer_errc::host_failure,
                               "This kernel has no openat2 (it came with Linux 5.6), without which files "
                               "cannot be confined to their folder."};
    return folder;
}

printer_result<descriptor> confined_folder::open_below(const virtual_path& path, int flags) const
{
    const std::string below = path.segments.empty() ? "." : path.below_root();
    descriptor opened(open_beneath(get(), below.c_str(), flags));
    if (!opened) return failure_of_errno(errno, "opening " + path.text());
    return opened;
}

std::optional<descriptor> confined_folder::open_if_cached(const virtual_path& path, int flags) const
{
    if (path.segments.empty()) return std::nullopt;
    descriptor opened(open_beneath(get(), path.below_root().c_str(), flags, RESOLVE_CACHED));
    if (!opened) return std::nullopt;
    return opened;
}

printer_result<descriptor> confined_folder::open_parent(const virtual_path& path, bool make) const
{
    descriptor at(open_beneath(get(), ".", O_RDONLY | O_DIRECTORY));
    if (!at) return failure_of_errno(errno, "opening the files' folder");
    for (std::size_t i = 0; i + 1 < path.segments.size(); ++i) {
        const char* name = path.segments[i].c_str();
        if (make && ::mkdirat(at.get(), name, folder_mode) == 0)
            ::fsync(at.get());
        else if (make && errno != EEXIST)
            return failure_of_errno(errno, "making a folder");
        descriptor next(open_beneath(at.get(), name, O_RDONLY | O_DIRECTORY));
        if (!next) return failure_of_errno(errno, "opening a folder");
        at = std::move(next);
    }
    return at;
}

printer_result<file_node> list_tree(descriptor folder, const virtual_path& at, std::size_t most)
{
    auto root = describe(folder, at);
    if (!root) return root;
    bool truncated = false;
    if (auto filled = fill(*root, folder, at, most, truncated); !filled) return filled.error();
    root->truncated = truncated;
    return root;
}

printer_result<file_node> describe(const descriptor& opened, const virtual_path& at)
{
    struct stat found {};
    if (::fstat(opened.get(), &found) != 0) return failure_of_errno(errno, "looking at " + at.text());
    if (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode))
        return printer_failure{printer_errc::no_such_file, "There is no such file."};
    return node_of(found, at);
}

} // namespace layerline::commands
