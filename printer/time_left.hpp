// How much longer a print takes: the slicer's word and our own estimate of the moves, scaled by how long what
// was printed so far has really taken. One for all kinds of printers; each gives what it knows. Pure.
#pragma once

#include <optional>

namespace layerline::printer {

// What is known of a print at one moment. Seconds.
struct print_progress {
    double elapsed_s = 0;                // printing, pauses left out
    std::optional<double> moving_s = {}; // of that, since the file's first move: without heating and homing
    std::optional<double> done_s = {}, whole_s = {}; // of the file's moves by our own estimate: done, and all
    std::optional<double> slicer_whole_s = {};       // as the slicer wrote it into the file
    std::optional<double> slicer_left_s = {};        // as the file's last M73 said
    std::optional<double> byte_share = {};           // of the file, 0..1
};

class time_left {
public:
    // Another print begins.
    void begin() { *this = {}; }
    // The time left, none while nothing can be said: without an estimate the first twentieth of the file is
    // needed. What is told moves by no leaps: a new insight takes about half a minute to be believed. Elapsed
    // time is the only clock: in a pause the answer stands still.
    std::optional<double> update(const print_progress& now);
    // What was told last.
    std::optional<double> told() const { return told_; }

private:
    std::optional<double> guess(const print_progress& now);

    // The slicer's countdown has whole minutes: between two of them it is ours.
    std::optional<double> countdown(const print_progress& now);

    std::optional<double> told_, first_slicer_left_, last_slicer_left_;
    double slicer_said_at_ = 0; // elapsed_s
    double told_at_ = 0;        // elapsed_s
};

} // namespace layerline::printer
