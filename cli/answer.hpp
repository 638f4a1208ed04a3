// What an agent's or relay's answer means to a script: pure.
#pragma once

#include "cli/exit_code.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace layerline::cli {

struct verdict {
    exit_code code = exit_code::done;
    std::string text;      // one sentence for a person; empty when done
    nlohmann::json body;   // the whole envelope as it came, or null
    nlohmann::json result; // its Result
};

// `http_status` and the body as they came. Statuses in the envelope (785) count before HTTP's own.
verdict judge(unsigned http_status, std::string_view body);

// The same of an answer of the workshop's: {"errors":[{"code","message"}]} of models,
// {"status","data":{"msg"}} of slices, or a relay's or agent's own. The verdict's body is the answer.
verdict judge_workshop(unsigned http_status, std::string_view body);

// Control characters replaced, so that firmware text and file names cannot drive a terminal.
std::string for_terminal(std::string_view text);

// A member of an answer; null where there is none. Holds as long as `from`.
const nlohmann::json& at(const nlohmann::json& from, const char* name);
// A string of an answer for the terminal; empty where it is none.
std::string text(const nlohmann::json& value);

} // namespace layerline::cli
