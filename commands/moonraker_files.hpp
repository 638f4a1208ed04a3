// Moonraker's HTTP API for files as values: addresses, listings, what it read of a print, refusals, and the
// frame of an upload. Pure; names and texts in its answers are strangers'.
#pragma once

#include "commands/gcode_metadata.hpp"
#include "commands/virtual_path.hpp"
#include "printer/printer_error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::commands {

// Targets of requests, percent-encoded.
std::string moonraker_file_target(const virtual_path& path);     // of its content, and to delete it
std::string moonraker_folder_target(const virtual_path& path);   // of what is in a folder
std::string moonraker_metadata_target(const virtual_path& path); // of what it read of the print
// To make a folder, to delete one (`whole`: with what is in it), to move a file or a folder.
std::string moonraker_new_folder_target(const virtual_path& path);
std::string moonraker_old_folder_target(const virtual_path& path, bool whole);
std::string moonraker_move_target(const virtual_path& from, const virtual_path& to);
// Of a picture that lies beside the file's folder; `relative` as in far_thumbnail.
std::string moonraker_thumbnail_target(const virtual_path& file, std::string_view relative);

// A file or a folder as Moonraker lists it.
struct far_file {
    bool folder = false;
    std::string name;
    std::uint64_t size_bytes = 0;
    std::int64_t modified_unix = 0;
};
struct far_folder {
    std::vector<far_file> entries; // by name; those that no virtual path can hold are left out
    bool truncated = false;        // there were more than `most`
};
// None: the answer is not a listing.
std::optional<far_folder> parse_moonraker_folder(std::string_view answer, std::size_t most);

struct far_thumbnail {
    int width_px = 0, height_px = 0;
    std::uint64_t size_bytes = 0;
    std::string relative; // ".thumbs/name.png": checked to lead into a folder below the file's own
};
struct far_metadata {
    gcode_metadata print;
    std::vector<far_thumbnail> thumbnails; // the smallest first, at most 16
};
std::optional<far_metadata> parse_moonraker_metadata(std::string_view answer);

// What an upload's answer says of the file; `below_root` is its path there.
struct far_stored {
    std::string below_root;
    std::uint64_t size_bytes = 0;
    std::int64_t modified_unix = 0;
};
std::optional<far_stored> parse_moonraker_stored(std::string_view answer);

// What a refusal means, by its HTTP status and its body. The paths of Moonraker's machine that its texts hold
// are not told on.
printer::printer_failure failure_of_moonraker(unsigned status, std::string_view body);

// "bytes 5-9/10" gives the first byte and the whole size, "bytes */10" the size alone.
struct content_range {
    std::optional<std::uint64_t> first;
    std::uint64_t size = 0;
};
std::optional<content_range> parse_content_range(std::string_view field);

// The frame of an upload: what is sent before and after the file's bytes. The SHA-256 comes last, when it is
// known, so that Moonraker keeps the file only if it is the one that was sent.
class upload_frame {
public:
    // `boundary`: 1-70 letters and digits that the file does not hold (random).
    upload_frame(const virtual_path& path, std::string boundary);
    std::string content_type() const;
    const std::string& before() const { return before_; }
    // `sha256_hex`: 64 digits. Always of after_bytes().
    std::string after(std::string_view sha256_hex) const;
    std::size_t after_bytes() const;

private:
    std::string boundary_, before_;
};

} // namespace layerline::commands
