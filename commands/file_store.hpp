// The files a printer can print, as the commands see them: a local folder beside the print host, or
// Moonraker's.
#pragma once

#include "commands/descriptor.hpp"
#include "commands/gcode_metadata.hpp"
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

// A picture of the part that belongs to a file.
struct file_thumbnail {
    int width_px = 0, height_px = 0;
    std::uint64_t size_bytes = 0;
    std::string name; // for thumbnail()
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
    // The same for a file that lies whole beside the store and that nothing changes any more: `content` is
    // all of it, `file` open for reading. A store on the same disk takes it over without a copy.
    virtual transport::task<printer::printer_result<file_node>>
    adopt(std::string path, std::shared_ptr<const descriptor> file,
          std::shared_ptr<transport::body_source> content);
    // A file; never a folder.
    virtual transport::task<printer::printer_result<void>> remove(std::string path) = 0;
    // Folders. The folder that holds the new name must be there already, and nothing may have that name yet
    // (file_in_use).
    virtual transport::task<printer::printer_result<file_node>> make_folder(std::string path);
    // A file, or a folder with all that is in it.
    virtual transport::task<printer::printer_result<file_node>> move(std::string from, std::string to);
    // A folder; with something in it only if `whole`, else file_in_use.
    virtual transport::task<printer::printer_result<void>> remove_folder(std::string path, bool whole);
    // What is known here of the print in a file without reading it; none: its comments tell.
    virtual transport::task<printer::printer_result<std::optional<gcode_metadata>>>
    metadata(std::string path);
    // The pictures that are kept beside a file, the smallest first; none: only the file itself may hold some.
    virtual transport::task<printer::printer_result<std::vector<file_thumbnail>>>
    thumbnails(std::string path);
    // Opens one of them, by its name there.
    virtual transport::task<printer::printer_result<opened_file>> thumbnail(std::string path,
                                                                            std::string name);
    // The program ends: what is kept for later requests is given up.
    virtual void stop() {}
    // The largest file that write() takes.
    virtual std::uint64_t max_file_bytes() const { return std::uint64_t{2} << 30U; }
};

} // namespace layerline::commands
