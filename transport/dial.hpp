// From an address to a connected socket: names resolved, plain text kept to this host, certificates checked.
#pragma once

#include "transport/byte_stream.hpp"
#include "transport/dial_address.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace layerline::transport {

// Connects, and with TLS shakes hands, until `by`. `tls` is needed for addresses with TLS. Fails with
// errc::unreachable, timed_out, insecure_refused, certificate_refused or malformed (no TLS is spoken there).
task<result<std::shared_ptr<byte_stream>>> dial(dial_address to, std::shared_ptr<net::ssl::context> tls,
                                                bool allow_insecure, clock::time_point by);

} // namespace layerline::transport
