// How the judges of the doctor's hops put their findings down. Of doctor*.cpp alone.
#pragma once

#include "cli/doctor.hpp"

#include <string>
#include <utility>
#include <vector>

namespace layerline::cli {

using all_findings = std::vector<finding>;

inline void good(all_findings& into, std::string hop, std::string text)
{
    into.push_back({std::move(hop), "ok", health::good, std::move(text), {}, exit_code::done});
}

inline void bad(all_findings& into, const char* hop, const char* name, exit_code code, std::string text,
                std::string remedy)
{
    into.push_back({hop, name, health::bad, std::move(text), std::move(remedy), code});
}

inline void warn(all_findings& into, const char* hop, const char* name, std::string text, std::string remedy)
{
    into.push_back({hop, name, health::warning, std::move(text), std::move(remedy), exit_code::done});
}

inline void skip(all_findings& into, const char* hop, std::string text)
{
    into.push_back({hop, "skipped", health::skipped, std::move(text), {}, exit_code::done});
}

// What another program said, as the end of a sentence of ours: with one full stop.
inline std::string ended(std::string text)
{
    if (!text.ends_with('.')) text += '.';
    return text;
}

// doctor_way.cpp: a server from its name to its WebSockets; `hop` is what its answers are told of.
// `agent_connected`: the agent has a tunnel there, so that it trusts what this command may not.
void judge_server(all_findings& into, const server_seen& seen, const char* hop, bool agent_connected);

} // namespace layerline::cli
