// One action as members of a JSON object, both ways: a part of the messages of host_messages.hpp, which lists
// the members.
#pragma once

#include "printer/printer_action.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace layerline::printer::serial {

// Longest texts in bytes, of what is read and of what is written.
inline constexpr std::size_t max_action_path = 1024, max_action_name = 64;

// Puts "do" and the action's own members into the object `message`.
void put_action(nlohmann::json& message, const action& what);

// "start 9e3779b97f4a7c15": the name and a digest of all that the action says, alike for alike actions and
// for ever. To tell a repeated command from another one; nothing is proved by it.
std::string action_mark(const action& what);

// The action of that "do"; none for a name that is no action. Throws nlohmann::json::exception, which names
// the member, for one that is missing, of a wrong type, too long or not finite. Ranges are not looked at.
std::optional<action> read_action(std::string_view name, const nlohmann::json& message);

} // namespace layerline::printer::serial
