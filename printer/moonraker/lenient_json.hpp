// Members of a stranger's JSON, read without trust: what is absent or of another kind reads as nothing.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace layerline::printer::moonraker {

// The member, or null.
const nlohmann::json& member(const nlohmann::json& object, const char* name);
// As it is; empty unless it is a text.
std::string text_in(const nlohmann::json& object, const char* name);
// As plain_words() makes it, at most `limit` bytes.
std::string words_in(const nlohmann::json& object, const char* name, std::size_t limit);
bool flag_in(const nlohmann::json& object, const char* name, bool otherwise);
// Finite.
std::optional<double> number_in(const nlohmann::json& object, const char* name);

} // namespace layerline::printer::moonraker
