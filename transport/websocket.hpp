// Both ends of a WebSocket's beginning: taking over a server's connection, and asking for one as a client.
// What runs afterwards is a message_stream.
#pragma once

#include "transport/byte_stream.hpp"
#include "transport/exchange.hpp"
#include "transport/message_stream.hpp"

#include <memory>
#include <string>

namespace layerline::transport {

// Longest message taken by read_message() and read_some().
constexpr std::size_t max_message = 1024UL * 1024;

// Answers the upgrade request, with `headers` beside those of the handshake, and takes the socket out of
// `stream`.
task<result<std::shared_ptr<message_stream>>>
upgrade(std::shared_ptr<byte_stream> stream, request_head request, fields headers, clock::duration timeout);

// Sends the upgrade request on a connection just made; `host` as for the Host field unless `headers` have
// one. An answer that is no upgrade comes back without a stream.
task<result<websocket_answer>> ask_for_websocket(std::shared_ptr<byte_stream> stream, std::string host,
                                                 std::string target, fields headers, clock::time_point by,
                                                 std::string peer);

} // namespace layerline::transport
