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
    std::vector<file_node> children;
};

struct opened_file {
    std::shared_ptr<transport::body_source> content;
    std::uint64_t size_bytes = 0;
};

// Paths are virtual and hostile: "gcode/…", checked by the implementation (no "..", no NUL, no backslash, no
// control characters, no empty segment, at most 255 bytes a segment and 1,024 in all), opened without
// following links out.
class file_store {
public:
    virtual ~file_store() = default;
    // Everything below `path` ("gcode" or a folder in it), at most 10,000 nodes.
    virtual transport::task<printer::printer_result<file_node>> list(std::string path) = 0;
    virtual transport::task<printer::printer_result<file_node>> stat(std::string path) = 0;
    virtual transport::task<printer::printer_result<opened_file>> read(std::string path) = 0;
    // Streams `content` to a temporary name, fsyncs, renames. A body that breaks off leaves nothing behind.
    virtual transport::task<printer::printer_result<file_node>>
    write(std::string path, std::shared_ptr<transport::body_source> content) = 0;
    virtual transport::task<printer::printer_result<void>> remove(std::string path) = 0;
};

} // namespace layerline::commands
