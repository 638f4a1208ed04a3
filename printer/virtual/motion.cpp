// Moves.
#include "printer/virtual/motion.hpp"

#include <algorithm>

namespace layerline::printer::virtual_printer {

void motion::add(const move_block& block, time_point now)
{
    if (block.from == block.to && block.length == 0) return;
    if (blocks_.empty()) started_ = now;
    blocks_.push_back(block);
}

std::optional<time_point> motion::next_completion() const
{
    if (blocks_.empty()) return std::nullopt;
    return started_ + blocks_.front().duration;
}

void motion::complete()
{
    const auto& done = blocks_.front();
    count(done, 1);
    started_ += done.duration;
    resting_ = done.to;
    blocks_.pop_front();
}

axes motion::position(time_point now) const
{
    if (blocks_.empty()) return resting_;
    const auto& running = blocks_.front();
    double part = 1;
    if (running.duration.count() > 0)
        part = std::clamp(static_cast<double>((now - started_).count()) /
                              static_cast<double>(running.duration.count()),
                          0.0, 1.0);
    axes at{};
    for (std::size_t i = 0; i < at.size(); ++i)
        at[i] = running.from[i] + (running.to[i] - running.from[i]) * part;
    return at;
}

void motion::stop(time_point now)
{
    if (blocks_.empty()) return;
    auto running = blocks_.front();
    const auto at = position(now);
    double part = 0;
    if (running.duration.count() > 0)
        part = std::clamp(static_cast<double>((now - started_).count()) /
                              static_cast<double>(running.duration.count()),
                          0.0, 1.0);
    running.to = at;
    count(running, part);
    blocks_.clear();
    resting_ = at;
}

void motion::visit(const axes& at)
{
    for (std::size_t i = 0; i < 3; ++i) {
        tally_.low[i] = tally_.moved ? std::min(tally_.low[i], at[i]) : at[i];
        tally_.high[i] = tally_.moved ? std::max(tally_.high[i], at[i]) : at[i];
    }
    tally_.moved = true;
}

void motion::count(const move_block& block, double part)
{
    visit(block.from);
    visit(block.to);
    tally_.travel += block.length * part;
    tally_.filament += block.filament * part;
    ++tally_.moves;
}

} // namespace layerline::printer::virtual_printer
