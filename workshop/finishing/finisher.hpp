// The engine's G-code in, the finished file out, layer by layer: fan, waits, speeds, amounts, temperatures
// and the owner's own G-code as the plan says. What it holds is one layer at most. Any bytes may come.
#pragma once

#include "workshop/finishing/finishing_plan.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

inline constexpr std::size_t most_layer_bytes = 16UL * 1024 * 1024; // that are held at once
inline constexpr std::uint64_t most_finished_bytes = 1024UL * 1024 * 1024;
inline constexpr std::size_t most_marks = 200000;                 // of progress
inline constexpr std::size_t most_user_runs = 2000000;            // pieces of the owner's own G-code
inline constexpr std::size_t most_thumbnail_bytes = 512UL * 1024; // of one PNG

struct png_picture {
    int width = 0, height = 0;
    std::string bytes;
};

// Lines of the finished file, counted from 1, that are the owner's own: `first` to `last`.
struct line_run {
    std::uint64_t first = 0, last = 0;
    bool operator==(const line_run&) const = default;
};

// Bytes of the finished file that have to be replaced by as many others once all of it is written.
struct file_patch {
    std::uint64_t offset = 0;
    std::string text;
};

struct finished {
    std::uint64_t bytes = 0, lines = 0;
    std::size_t layers = 0;           // as the engine marked them, raft and support included
    double seconds = 0;               // own estimate, waits included
    std::vector<double> filament_mm;  // by tool
    std::vector<line_run> user_lines; // ascending
    std::vector<file_patch> patches;  // the times left, ascending
    std::vector<std::string> notes;   // what could not be done as asked, in sentences; each once
};

class finisher {
public:
    using sink = std::function<void(std::string_view)>;

    // The pictures come first in the file, in their order; those that are too large are left out and noted.
    finisher(finishing_plan plan, std::vector<png_picture> pictures, sink out);
    ~finisher();
    finisher(const finisher&) = delete;
    finisher& operator=(const finisher&) = delete;

    // Bytes of the engine's file in order, in any slicing. False once nothing more is taken: `finish` tells
    // why.
    bool push(std::string_view bytes);
    // The file is over. Fails (500) for a file without a placeholder for the start and the end or without
    // layers, for a line of G-code that is longer than any printer takes, and past the limits above.
    slice_result<finished> finish();
    // The owner's lines as far as they were given out; the last run may still grow.
    const std::vector<line_run>& user_lines() const;

private:
    class work;
    std::unique_ptr<work> work_;
};

// All at once, patched; for small files and tests.
slice_result<std::pair<std::string, finished>>
finish_text(finishing_plan plan, std::vector<png_picture> pictures, std::string_view engine_gcode);

} // namespace layerline::workshop
