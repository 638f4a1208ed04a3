// What the verbs of the hand say: macros, console, cameras, prompts, the emergency stop. Pure; texts of the
// printer are made safe to print.
#pragma once

#include "cli/event_reader.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace layerline::cli {

std::string macros_words(const nlohmann::json& result);  // of macro/list
std::string lines_words(const nlohmann::json& result);   // of console/lines
std::string reply_words(const nlohmann::json& result);   // of console
std::string cameras_words(const nlohmann::json& result); // of webcam/list
std::string prompt_words(const nlohmann::json& result);  // of status: what the printer asks, and the choices
std::string stop_words(const nlohmann::json& result);    // of emergency-stop: whether it was confirmed
// One event as a line: its kind and its data, or with `whole` one JSON object with its id.
std::string event_line(const sent_event& event, bool whole);

} // namespace layerline::cli
