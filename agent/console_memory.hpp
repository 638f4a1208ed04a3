// The newest lines of a printer's console, for a printer whose host keeps none. Pure.
#pragma once

#include "printer/printer_facts.hpp"
#include "printer/printer_state.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace layerline::agent {

class console_memory {
public:
    using time_point = std::chrono::steady_clock::time_point;
    static constexpr std::size_t most_lines = 500, longest_line = 400;

    // What was sent by hand, and what the printer said to it; each may be of several lines.
    void sent(std::string_view text, time_point now);
    void heard(std::string_view text, time_point now);
    // Phase, reason and what the printer asks for, where they differ from the state before.
    void follow(const printer::printer_state& state, time_point now);

    // At most `most` of the newest lines with numbers above `after`.
    printer::console_page page(std::uint64_t after, std::size_t most) const;

private:
    void take(std::string_view mark, std::string_view text, time_point now);

    std::deque<printer::console_line> lines_;
    std::uint64_t newest_ = 0;
    std::string phase_, wants_; // as they were told last
};

} // namespace layerline::agent
