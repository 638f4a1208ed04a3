// What the print host has under way with the printer's own card.
#pragma once

#include "printer/printer_action.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace layerline::printer::serial {

using card_time = std::chrono::steady_clock::time_point;

struct card_listing { // M20 is asked
    std::uint64_t ticket = 0, first = 0;
    std::optional<std::uint64_t> tag{}; // once it is on the wire
    std::optional<card_time> taken_at{};
    card_time until{};
    bool begun = false, ended = false;
    bool mounted = false; // M21 was said first: it had told no file
    std::size_t text = 0; // bytes of names
    card_page page{};
};

struct card_opening { // of starting_: M23 is asked, and M24 comes once the file is open
    std::optional<std::uint64_t> tag{};
    std::optional<card_time> taken_at{};
    card_time until{};
    bool opened = false, refused = false;
    std::optional<std::uint64_t> size{};
};

} // namespace layerline::printer::serial
