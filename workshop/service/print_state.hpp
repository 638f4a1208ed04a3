// What the agents on this host tell of their printers, and what operations may have of the host then. Pure.
#pragma once

#include "workshop/jobs/host_share.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace layerline::workshop {

enum class while_printing : std::uint8_t { wait, one, run };

enum class print_state : std::uint8_t {
    no_agent, // none is there to be asked
    idle,
    printing, // or paused, or about to: whatever may move again at any moment
    unknown,  // the agent does not answer, or does not know
};

// From the agent's answer to GET /control/status.
print_state print_state_in(std::string_view status);

// With any printer printing what the owner chose; where it cannot be known one core, unless the owner chose
// that operations run as ever.
host_share share_beside(std::span<const print_state> printers, while_printing chosen);

} // namespace layerline::workshop
