// The planner's blocks and what the moves did. A move takes the time that its feed rate says (each axis
// limited to its maximum); acceleration is left out, so a print here is a little faster than on a real
// machine, which asks more of the host, not less. Durations are given in real time, already scaled.
#pragma once

#include "printer/virtual/settings.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

namespace layerline::printer::virtual_printer {

using axes = std::array<double, 4>; // X, Y, Z, E in mm

struct move_block {
    axes from{};
    axes to{};
    double length = 0;   // mm of travel of the head
    double filament = 0; // mm that go through the nozzle (flow applied, cold extrusion taken out)
    nanoseconds duration{};
};

struct motion_tally {
    bool moved = false;
    std::array<double, 3> low{}; // bounding box of the head's path
    std::array<double, 3> high{};
    double travel = 0;
    double filament = 0; // net: retractions taken off
    std::uint64_t moves = 0;
};

class motion {
public:
    // `block_buffer_size` blocks, of which one less is usable.
    explicit motion(std::size_t block_buffer_size) : usable_(block_buffer_size - 1) {}

    std::size_t free_blocks() const { return usable_ - blocks_.size(); }
    bool idle() const { return blocks_.empty(); }
    // Queues a move; needs free_blocks(). A move of no length and no filament is no block.
    void add(const move_block& block, time_point now);
    std::optional<time_point> next_completion() const;
    // Ends the running block; the next one starts then.
    void complete();
    // Where the head is, the running block followed in a straight line.
    axes position(time_point now) const;
    // Stops at once and forgets all blocks; the head stays where it is.
    void stop(time_point now);
    // The head was moved without a block (homing), or the position was told.
    void place(const axes& at) { resting_ = at; }

    const motion_tally& tally() const { return tally_; }

private:
    void visit(const axes& at);
    void count(const move_block& block, double part);

    std::size_t usable_;
    std::deque<move_block> blocks_;
    time_point started_{}; // of the running block
    axes resting_{};       // where the head is when no block runs
    motion_tally tally_;
};

} // namespace layerline::printer::virtual_printer
