// Who has a device open, as far as /proc lets us see.
#pragma once

#include <optional>
#include <string>
#include <sys/stat.h>

namespace layerline::printer::serial {

struct port_holder {
    int pid = 0;
    std::string name; // as in /proc/<pid>/comm
};

// The first process that has the device open. For a pty the process at its other end does not count.
std::optional<port_holder> find_holder(const struct stat& device);

} // namespace layerline::printer::serial
