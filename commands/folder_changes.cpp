// mkdirat, renameat2 and unlinkat on folders that were opened beneath the root.
#include "commands/folder_changes.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace layerline::commands {

using printer::printer_errc;
using printer::printer_failure;
using printer::printer_result;

namespace {

constexpr mode_t folder_mode = 0750;
constexpr int deepest = 64; // of what is deleted; nothing of ours is deeper than max_path_depth

using open_dir = std::unique_ptr<DIR, int (*)(DIR*)>;

printer_failure taken()
{
    return {printer_errc::file_in_use, "There is something of that name already."};
}

// Deletes all that is in an open folder.
printer_result<void> empty(const descriptor& folder, int left)
{
    if (left == 0) return printer_failure{printer_errc::refused, "The folder is too deep to be deleted."};
    const int own = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own < 0) return failure_of_errno(errno, "deleting a folder");
    const open_dir entries(::fdopendir(own), &::closedir);
    if (!entries) {
        const int error = errno;
        ::close(own);
        return failure_of_errno(error, "deleting a folder");
    }
    while (const auto* entry =
               ::readdir(entries.get())) { // NOLINT(concurrency-mt-unsafe): a stream of our own
        const char* name = entry->d_name;
        if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
        if (::unlinkat(folder.get(), name, 0) == 0 || errno == ENOENT) continue;
        if (errno != EISDIR && errno != EPERM) return failure_of_errno(errno, "deleting a folder");
        const descriptor below(::openat(folder.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!below) return failure_of_errno(errno, "deleting a folder");
        if (auto emptied = empty(below, left - 1); !emptied) return emptied;
        if (::unlinkat(folder.get(), name, AT_REMOVEDIR) != 0)
            return failure_of_errno(errno, "deleting a folder");
    }
    return {};
}

} // namespace

printer_result<file_node> make_folder(const confined_folder& files, const virtual_path& path)
{
    const auto parent = files.open_parent(path, false);
    if (!parent) return parent.error();
    if (::mkdirat(parent->get(), path.segments.back().c_str(), folder_mode) != 0)
        return errno == EEXIST ? taken() : failure_of_errno(errno, "making a folder");
    ::fsync(parent->get());
    const auto made = files.open_below(path, O_PATH);
    if (!made) return made.error();
    return describe(*made, path);
}

printer_result<file_node> move_node(const confined_folder& files, const virtual_path& from,
                                    const virtual_path& to)
{
    const auto source = files.open_parent(from, false), target = files.open_parent(to, false);
    if (!source) return source.error();
    if (!target) return target.error();
    struct stat found {};
    const char* name = from.segments.back().c_str();
    if (::fstatat(source->get(), name, &found, AT_SYMLINK_NOFOLLOW) != 0)
        return failure_of_errno(errno, "moving a file");
    if (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode)) return failure_of_errno(ENOENT, "moving a file");
    if (::renameat2(source->get(), name, target->get(), to.segments.back().c_str(), RENAME_NOREPLACE) != 0) {
        if (errno == EEXIST || errno == ENOTEMPTY) return taken();
        if (errno == EINVAL)
            return printer_failure{printer_errc::out_of_range, "A folder cannot be moved into itself."};
        return failure_of_errno(errno, "moving a file");
    }
    ::fsync(target->get());
    ::fsync(source->get());
    const auto moved = files.open_below(to, O_PATH);
    if (!moved) return moved.error();
    return describe(*moved, to);
}

printer_result<void> remove_folder(const confined_folder& files, const virtual_path& path, bool whole)
{
    const auto parent = files.open_parent(path, false);
    if (!parent) return parent.error();
    const char* name = path.segments.back().c_str();
    if (whole) {
        const auto folder = files.open_below(path, O_RDONLY | O_DIRECTORY);
        if (!folder) return folder.error();
        if (auto emptied = empty(*folder, deepest); !emptied) return emptied;
    }
    if (::unlinkat(parent->get(), name, AT_REMOVEDIR) != 0) {
        if (errno == ENOTEMPTY || errno == EEXIST)
            return printer_failure{printer_errc::file_in_use,
                                   "The folder is not empty; say that all in it goes too."};
        return failure_of_errno(errno, "deleting a folder");
    }
    ::fsync(parent->get());
    return {};
}

} // namespace layerline::commands
