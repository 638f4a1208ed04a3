// A connection that carries JSON texts to and from Moonraker: a WebSocket, or its unix socket, where each
// text ends with a byte 0x03.
#pragma once

#include "printer/printer_error.hpp"
#include "transport/net.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::printer::moonraker {

// Where Moonraker is: its WebSocket's address and the base of its HTTP API, or its unix socket.
struct moonraker_place {
    std::string websocket, http;
    std::filesystem::path unix_socket;
};
// "ws://host:7125/websocket", "http://host:7125", wss:// and https:// likewise (without a path /websocket is
// meant), "unix:/path" or "/path". None for anything else.
std::optional<moonraker_place> parse_moonraker_url(std::string_view text);

struct wire_options {
    moonraker_place place;
    std::string api_key;
    std::filesystem::path ca_file; // PEM; empty: the system's store
    bool allow_insecure = false;   // without encryption to another machine
    std::chrono::seconds connect_timeout{10};
};

class rpc_wire {
public:
    virtual ~rpc_wire() = default;
    // One text of at most `limit` bytes; errc::too_large past it. One read at a time.
    virtual transport::task<transport::result<std::string>> read(std::size_t limit) = 0;
    // One write at a time.
    virtual transport::task<transport::result<void>> write(std::string text) = 0;
    // Ends it at once: what waits on it ends with an error.
    virtual void abort() = 0;
};

// Opens it, with the key as X-Api-Key, and once more with a one-shot token where that is refused. A failure
// says what is wrong in words for the owner.
transport::task<printer_result<std::shared_ptr<rpc_wire>>> open_wire(wire_options options);

} // namespace layerline::printer::moonraker
