// A file's line made ready for sending, and where such lines come from.
#pragma once

#include "gcode/modal_state.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace layerline::printer::serial {

// What the host does with a line of a file.
enum class line_use : std::uint8_t {
    send,  // as it is, or changed
    skip,  // nothing to send: a comment, or dropped (note says why)
    pause, // stop here until a person resumes; note is the text to show
    wait,  // send text if there is any, then hold the file until a heater is there
    refuse // the job must not go on silently past it; note says why
};

enum class heater_kind : std::uint8_t { tool, bed, chamber };

// The wait that replaces M109, M190 and M191.
struct heat_wait {
    heater_kind heater = heater_kind::tool;
    int tool = -1;                 // -1: the tool in use
    std::optional<double> celsius; // none: what the heater's target is
    bool cooling_too = false;      // R instead of S
    bool all = false;              // M116: whatever was set
};

struct prepared_line {
    line_use use = line_use::skip;
    std::string text; // to send: printable ASCII, no comment, fits the firmware's buffer
    std::string note;
    heat_wait wait;
    std::uint64_t number = 0, end_offset = 0; // of the file
    double seconds = 0;                       // of motion from the file's beginning to the end of this line
    std::optional<int> layer;
    std::optional<double> z_mm;
    std::optional<double> slicer_left_s; // of M73, as of this line
    gcode::modes after;                  // in force once the line is carried out
    bool moves = false;                  // head or filament
    // Where the file counts the axes then; `placed` (bits 0-2) says which are where a move put them, not
    // homing.
    std::array<std::optional<double>, 3> axes = {};
    double e_mm = 0;
    std::uint8_t placed = 0;
    bool layers_by_comments = false;
};

// Of the part of the file that was read; seconds by our own estimate.
struct read_so_far {
    double seconds = 0;
    std::uint64_t bytes = 0;
    bool complete = false;
    std::optional<double> whole_seconds = {}; // of all the file, once it was looked through
};

// The very file: another one under the same name is not gone on with.
struct file_identity {
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const file_identity&) const = default;
};

struct job_facts {
    std::uint64_t size_bytes = 0;
    std::optional<double> seconds; // as the slicer wrote it
    std::optional<int> layers;
    bool one_by_one = false; // complete objects: the head must not cross the bed
    file_identity file = {};
};

// Lines in the file's order. next() never blocks. Used by one thread.
class line_source {
public:
    enum class status : std::uint8_t { line, later, end, failed };
    virtual ~line_source() = default;
    // The memory of what was in `into` may be taken for a line to come.
    virtual status next(prepared_line& into) = 0;
    // After `failed`: a sentence.
    virtual std::string failure() const = 0;
    virtual read_so_far progress() const = 0;
    virtual const job_facts& facts() const = 0;
};

} // namespace layerline::printer::serial
