// The verb print: from a model's file to a print, through the workshop and the printer's own gate.
#pragma once

#include "cli/commands.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <span>
#include <string>

namespace layerline::cli {

// "infill.amount=40" … as sections of a slice request; nothing for what is no SECTION.FIELD=VALUE. A value is
// JSON, or else a text. Pure.
std::optional<nlohmann::json> settings_from(std::span<const std::string> words);

// Uploads the model and has the agent slice it by profiles, put the G-code into the printer's files and start
// it. Each stage is shown; ended by a signal, the print goes on in the agent.
transport::task<exit_code> print_model(api& far, command_line asked);

} // namespace layerline::cli
