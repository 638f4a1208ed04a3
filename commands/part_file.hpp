// An upload on its way: a file with a temporary name that becomes the real one at the end, or vanishes.
// Blocking calls; run them on a disk thread.
#pragma once

#include "commands/confined_folder.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace layerline::commands {

// Where uploads gather: the ".part" folder of the files' folder, locked so that only one store cleans it.
class part_folder {
public:
    // Makes it if need be, and removes leftovers unless another process has its uploads there.
    static printer::printer_result<part_folder> open(const confined_folder& files);
    int get() const { return fd_.get(); }

private:
    descriptor fd_;
};

// Nothing if `bytes` more fit on the disk beside the reserve, else why not.
std::optional<printer::printer_failure> refuse_for_space(int folder, std::uint64_t bytes,
                                                         std::uint64_t reserve);

class part_file {
public:
    static printer::printer_result<std::shared_ptr<part_file>> begin(std::shared_ptr<const part_folder> parts,
                                                                     std::uint64_t reserve);
    // A second name for a whole file that is open elsewhere on the same disk; null where the disk or the
    // system gives none.
    static std::shared_ptr<part_file> link(std::shared_ptr<const part_folder> parts, const descriptor& file);
    part_file(std::shared_ptr<const part_folder> parts, descriptor fd, std::string name,
              std::uint64_t reserve);
    // Removes the file, unless it became the real one.
    ~part_file();
    part_file(const part_file&) = delete;
    part_file& operator=(const part_file&) = delete;

    // Looks at the disk's room again every few megabytes.
    printer::printer_result<void> append(std::span<const char> bytes);
    // Puts the file on the disk for good under its real name, which replaces what was there.
    printer::printer_result<file_node> commit(const confined_folder& files, const virtual_path& path);

private:
    std::shared_ptr<const part_folder> parts_;
    descriptor fd_;
    std::string name_;
    std::uint64_t reserve_;
    std::uint64_t since_look_ = 0; // bytes
    bool committed_ = false;
};

} // namespace layerline::commands
