// Names to addresses, with a deadline.
#pragma once

#include "transport/net.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace layerline::transport {

// The endpoints of a host, at least one; a numeric address is its own and asks nobody. errc::timed_out when
// the name servers did not answer until `by`, errc::unreachable when the name has no address.
task<result<std::vector<net::ip::tcp::endpoint>>> resolve(std::string host, std::uint16_t port,
                                                          clock::time_point by);

} // namespace layerline::transport
