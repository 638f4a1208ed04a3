// A UI target's host as numeric addresses, asked once.
#pragma once

#include "transport/net.hpp"

#include <string>
#include <vector>

namespace layerline::agent {

// The addresses of `host`, as far as a UI may be there (see ui_address_allowed()), loopback ones first; empty
// if there are none by then.
transport::task<std::vector<std::string>> ui_addresses_of(std::string host, transport::clock::time_point by);

} // namespace layerline::agent
