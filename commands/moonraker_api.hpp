// Moonraker's own API, for requests that a person put together.
#pragma once

#include "commands/agent_parts.hpp"
#include "commands/moonraker_far.hpp"

#include <memory>

namespace layerline::commands {

// With the agent's key for Moonraker. Answers of at most max_host_answer bytes; a refusal of Moonraker's is
// an answer. Used from `home`'s thread.
std::unique_ptr<host_api> make_moonraker_api(transport::net::io_context& home,
                                             moonraker_store_options options);

} // namespace layerline::commands
