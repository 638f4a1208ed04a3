// For whom a command runs.
#pragma once

#include "access/scope.hpp"

#include <string>

namespace layerline::commands {

// From the LAN token or, through the tunnel, from the relay's principal headers.
struct caller {
    std::string principal; // id, for the audit log and the print host
    access::scope_set scopes;
    std::string name = {}; // as its owner called it, for the audit log
    std::string peer = {}; // where it asks from, for the audit log
};

} // namespace layerline::commands
