#include "agent/log_memory.hpp"

#include <algorithm>
#include <string_view>

namespace layerline::agent {

std::string log_memory::newest(std::size_t most) const
{
    const std::lock_guard lock(guard_);
    std::string all;
    for (std::size_t at = lines_.size() - std::min(most, lines_.size()); at < lines_.size(); ++at)
        all += lines_[at];
    return all;
}

void log_memory::sink_it_(const spdlog::details::log_msg& message)
{
    // The pairing code is a secret for as long as it holds; the log at the printer shows it.
    if (std::string_view(message.payload.data(), message.payload.size()).starts_with("pairing ")) return;
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    std::string line(formatted.data(), std::min(formatted.size(), longest_line));
    if (!line.ends_with('\n')) line += '\n';
    const std::lock_guard lock(guard_);
    lines_.push_back(std::move(line));
    if (lines_.size() > most_lines) lines_.pop_front();
}

} // namespace layerline::agent
