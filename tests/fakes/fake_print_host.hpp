// A print host made of a unix socket and a script: it records what it is asked and answers what the test
// says.
#pragma once

#include "printer/serial/host_messages.hpp"
#include "transport/net.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace layerline::fakes {

class fake_print_host {
public:
    // Listens at `path` (an older socket file is replaced) until close() or destruction.
    fake_print_host(boost::asio::io_context& context, std::filesystem::path path);
    ~fake_print_host();
    fake_print_host(const fake_print_host&) = delete;
    fake_print_host& operator=(const fake_print_host&) = delete;

    // Answers an action; nothing: no answer is sent. Without a script every action is done, with job "j-1".
    using script =
        std::function<std::optional<printer::printer_result<printer::performed>>(const printer::action&)>;
    script on_action;
    // Told on connect, and by tell().
    printer::printer_state state;
    printer::link_capabilities capabilities;

    // Tells `state` to every client.
    void tell();
    // Writes these bytes as they are to every client.
    void say(std::string bytes);
    // Cuts every connection; new ones are accepted.
    void drop();
    // Cuts every connection and stops listening; the socket file stays, as after a crash.
    void close();

    // Every action received, with its terms, in order.
    const std::vector<printer::serial::host_request>& actions() const { return actions_; }
    // Waits until `count` actions were received since the fake was made.
    transport::task<void> received(std::size_t count);

private:
    struct client;
    void accept();
    void read(const std::shared_ptr<client>& from);
    void handle(client& from, std::string_view line);

    boost::asio::io_context& context_;
    std::filesystem::path path_;
    transport::net::local::stream_protocol::acceptor acceptor_;
    transport::net::steady_timer news_;
    std::vector<std::shared_ptr<client>> clients_;
    std::vector<printer::serial::host_request> actions_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

} // namespace layerline::fakes
