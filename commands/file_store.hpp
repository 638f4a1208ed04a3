// The files a printer can print, as the commands see them: a local folder beside the print host, or
// Moonraker's.
#pragma once

#include "printer/printer_error.hpp"
#include "transport/exchange.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace layerline::commands {

struct file_node {
    bool folder = false;
    std::string name;         // last segment
    std::string virtual_path; // "gcode/a/b.gcode"
    std::uint64_t size_bytes = 0;
    std::int64_t modified_unix = 0;
    std::vector<file_node> children; // of a folder, by name
    bool truncated = false;          // of the listed folder: there was more than a listing holds
};

struct opened_file {
    std::shared_ptr<transport::body_source> content; // from the offset to the end
    std::uint64_t size_bytes = 0;                    // of the whole file
    std::string name;                                // its last segment
};

// Paths are virtual and hostile: "gcode/…", checked by the implementation with parse_virtual_path()
// (commands/virtual_path.hpp) and opened without following links.
class file_store {
public:
    virtual ~file_store() = default;
    // Everything below `path` ("gcode" or a folder in it), at most 10,000 nodes. Hidden entries, links, and
    // names that no virtual path can hold are left out.
    virtual transport::task<printer::printer_result<file_node>> list(std::string path) = 0;
    virtual transport::task<printer::printer_result<file_node>> stat(std::string path) = 0;
    // Opens a file for reading from `offset`; from past its end there is nothing to read.
    virtual transport::task<printer::printer_result<opened_file>> read(std::string path,
                                                                       std::uint64_t offset = 0) = 0;
    // Streams `content` to a temporary name, fsyncs, renames. A body that breaks off, or a caller that goes
    // away, leaves nothing behind. Missing folders are made. The last of several writers of one name wins.
    virtual transport::task<printer::printer_result<file_node>>
    write(std::string path, std::shared_ptr<transport::body_source> content) = 0;
    virtual transport::task<printer::printer_result<void>> remove(std::string path) = 0;
    // The largest file that write() takes.
    virtual std::uint64_t max_file_bytes() const { return std::uint64_t{2} << 30U; }
};

} // namespace layerline::commands
