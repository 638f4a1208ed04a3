// How a print's time lies over its file: after which byte how many seconds of its moves are done. Made while
// the file streams by, in bounded memory; a printer that tells only how far it has read can be timed with it.
#pragma once

#include "gcode/line_splitter.hpp"
#include "gcode/line_timer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::gcode {

// Marks of a profile: finer at its making, half of them dropped whenever there are as many.
inline constexpr std::size_t most_time_marks = 4096;

struct time_mark {
    std::uint64_t bytes = 0;                  // of the file, up to the end of a line
    double seconds = 0;                       // of its moves, own estimate
    std::optional<double> slicer_left_s = {}; // as the last M73 before it said
};

struct time_profile {
    std::vector<time_mark> marks;         // by bytes, ascending
    double seconds = 0;                   // of the whole file
    std::optional<double> slicer_seconds; // as the slicer wrote it into the file
    std::uint64_t bytes = 0;              // of the whole file

    // What is done once the file was read up to there: between two marks in proportion.
    double seconds_at(std::uint64_t bytes) const;
    std::optional<double> slicer_left_at(std::uint64_t bytes) const;
};

class time_profiler {
public:
    // Bytes of the file in order, in any slicing.
    void push(std::string_view bytes);
    // The file is over.
    time_profile finish();

private:
    void take_lines();
    void take(const raw_line& line);
    void mark(std::uint64_t bytes);

    line_splitter splitter_;
    line_timer timer_;
    time_profile made_;
    std::string head_, tail_; // where slicers write their facts
    std::uint64_t marked_ = 0, every_bytes_ = 512;
    std::uint64_t took_time_ = 0; // end of the last line that did
};

} // namespace layerline::gcode
