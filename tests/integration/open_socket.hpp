// A WebSocket that is held open through host mode, to something that echoes.
#pragma once

#include "transport/message_stream.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace layerline::tests {

class open_socket {
public:
    // Opens /websocket of `host` at 127.0.0.1:`port`; fails the test if that is refused.
    open_socket(std::uint16_t port, const std::string& host, const std::string& authorization);
    ~open_socket();
    open_socket(const open_socket&) = delete;
    open_socket& operator=(const open_socket&) = delete;

    // Sends the text and has it back; false if the connection ended instead. Neither within `patience` fails
    // the test.
    bool echoes(const std::string& text, std::chrono::seconds patience = std::chrono::seconds(45));
    // Waits for the connection's end; false if a message came. Neither within `patience` fails the test.
    bool ends(std::chrono::seconds patience = std::chrono::seconds(45));

private:
    boost::asio::io_context context_{1};
    std::shared_ptr<transport::message_stream> stream_;
};

} // namespace layerline::tests
