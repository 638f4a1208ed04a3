// The queue, the card and past jobs in words for a terminal: pure. Names are made safe to print.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace layerline::cli {

std::string queue_words(const nlohmann::json& result);   // of any queue/… command
std::string card_words(const nlohmann::json& result);    // of card/list
std::string history_words(const nlohmann::json& result); // of history, the newest first

} // namespace layerline::cli
