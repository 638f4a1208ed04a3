// Folders made, things moved and folders deleted below a confined folder. Blocking calls; run them on a disk
// thread. Links are never followed.
#pragma once

#include "commands/confined_folder.hpp"

namespace layerline::commands {

// The folder that is to hold it must be there.
printer::printer_result<file_node> make_folder(const confined_folder& files, const virtual_path& path);
// A file or a folder gets another place; nothing is replaced.
printer::printer_result<file_node> move_node(const confined_folder& files, const virtual_path& from,
                                             const virtual_path& to);
// With what is in it only if `whole`.
printer::printer_result<void> remove_folder(const confined_folder& files, const virtual_path& path,
                                            bool whole);

} // namespace layerline::commands
