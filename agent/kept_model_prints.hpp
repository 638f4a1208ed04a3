// Prints from models as the agent keeps them over its own end: text of a small private file. Pure.
#pragma once

#include "commands/caller.hpp"
#include "commands/model_print.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::agent {

struct kept_model_print {
    commands::model_print now;
    commands::caller who;
    std::string key;             // its idempotency key; empty: none
    std::int64_t ended_unix = 0; // seconds, by the host's clock; 0: it is under way
};

inline constexpr std::size_t most_kept_prints = 256;

std::string text_of(const std::vector<kept_model_print>& all);
// Nothing: damaged, or of another version.
std::optional<std::vector<kept_model_print>> parse_kept_prints(std::string_view text);

} // namespace layerline::agent
