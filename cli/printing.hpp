// The API's results in words for a terminal: pure. Texts of the printer are made safe to print.
#pragma once

#include "cli/job_view.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace layerline::cli {

std::string ping_words(const nlohmann::json& result);
std::string status_words(const nlohmann::json& result);
std::string temperature_words(const nlohmann::json& result); // of a status result
std::string heat_words(const nlohmann::json& result);        // of set-temp
std::string files_words(const nlohmann::json& result);
std::string raw_words(const nlohmann::json& result);
// After pause, resume, cancel, start.
std::string job_words(const std::string& verb, const nlohmann::json& result);
// `words`, and the result's Note if it has one.
std::string with_note(std::string words, const nlohmann::json& result);
// What makes a line of `watch` worth printing where there is no terminal: phase and each tenth of the job.
std::string watch_key(const job_view& view);

} // namespace layerline::cli
