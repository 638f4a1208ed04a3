// A folder that nothing leads out of: every name below it is opened by openat2(2) with RESOLVE_BENEATH and
// without following any link. Blocking calls; run them on a disk thread.
#pragma once

#include "commands/descriptor.hpp"
#include "commands/file_store.hpp"
#include "commands/virtual_path.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace layerline::commands {

// What an errno means to the caller: no such file, a full disk, a permission, or our own failure.
printer::printer_failure failure_of_errno(int error, const std::string& doing);

class confined_folder {
public:
    // Opens it; makes it first (mode 0750) if it is not there.
    static printer::printer_result<confined_folder> open(const std::filesystem::path& where);

    // Opens what is there under this path. Links on the way, or out, count as "no such file".
    printer::printer_result<descriptor> open_below(const virtual_path& path, int flags) const;
    // The same for a path that the kernel knows by heart: never waits for the disk, so it may be called
    // outside a disk thread. Nothing if that cannot be said (Linux before 5.12 among other things): ask
    // open_below() then.
    std::optional<descriptor> open_if_cached(const virtual_path& path, int flags) const;
    // The folder that holds the path's last name; missing ones are made with `make`, and synced.
    printer::printer_result<descriptor> open_parent(const virtual_path& path, bool make) const;
    int get() const { return fd_.get(); }

private:
    descriptor fd_;
};

// The tree below an open folder, by name, at most `most` nodes in all.
printer::printer_result<file_node> list_tree(descriptor folder, const virtual_path& at, std::size_t most);
// One file or folder that is open.
printer::printer_result<file_node> describe(const descriptor& opened, const virtual_path& at);

} // namespace layerline::commands
