// Opens the files that jobs come from: below one folder, no links, regular files only.
#pragma once

#include "printer/printer_error.hpp"

#include <string>
#include <string_view>

namespace layerline::printer::serial {

// A descriptor that closes itself.
class owned_fd {
public:
    owned_fd() = default;
    explicit owned_fd(int fd) : fd_(fd) {}
    owned_fd(owned_fd&& other) noexcept : fd_(other.release()) {}
    owned_fd& operator=(owned_fd&& other) noexcept;
    owned_fd(const owned_fd&) = delete;
    owned_fd& operator=(const owned_fd&) = delete;
    ~owned_fd();
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release();

private:
    int fd_ = -1;
};

// Opens a virtual path ("gcode/folder/name.gcode") below `root` for reading. The kernel keeps the path below
// the folder (openat2); no link is followed, and what is not a regular file is no_such_file.
printer_result<owned_fd> open_confined(const std::string& root, std::string_view virtual_path);

} // namespace layerline::printer::serial
