// The newest lines of the agent's own log, in memory, for whoever may read it from afar.
#pragma once

#include "commands/agent_parts.hpp"

#include <spdlog/sinks/base_sink.h>

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>

namespace layerline::agent {

// Written to from any thread. Keeps most_lines lines of at most longest_line bytes.
class log_memory final : public spdlog::sinks::base_sink<std::mutex>, public commands::log_source {
public:
    static constexpr std::size_t most_lines = 500, longest_line = 400;

    std::string newest(std::size_t most) const override;

protected:
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override {}

private:
    mutable std::mutex guard_; // the sink's own lock cannot be taken by a reader that is const
    std::deque<std::string> lines_;
};

} // namespace layerline::agent
