// Both ends of a WebSocket's beginning: taking over a server's connection, and asking for one as a client.
// What runs afterwards is a message_stream.
#pragma once

#include "transport/byte_stream.hpp"
#include "transport/exchange.hpp"
#include "transport/message_stream.hpp"

#include <memory>
#include <string>

namespace layerline::transport {

// Longest message taken, whole or in parts.
constexpr std::size_t max_message = 1024UL * 1024;

// Answers the upgrade request and takes the socket out of `stream`.
task<result<std::shared_ptr<message_stream>>> upgrade(std::shared_ptr<byte_stream> stream,
                                                      request_head request, clock::duration timeout);

// Sends the upgrade request on a connection just made; `host` as for the Host field. `refused_status`, if
// given, is set to the HTTP status of an answer that is no upgrade.
task<result<std::shared_ptr<message_stream>>> ask_for_websocket(std::shared_ptr<byte_stream> stream,
                                                                std::string host, std::string target,
                                                                fields headers, clock::time_point by,
                                                                std::string peer, unsigned* refused_status);

} // namespace layerline::transport
