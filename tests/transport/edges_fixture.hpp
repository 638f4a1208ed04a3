// What the tests of the HTTP edges share: a service made of a function, a server on any free port, and a
// peer that sends and reads raw bytes.
#pragma once

#include "transport/http_client.hpp"
#include "transport/http_server.hpp"

#include "tests/fakes/run_task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace layerline::transport {

// The function lives as long as the service, so that a lambda's captures outlive its coroutine.
class function_service final : public service {
public:
    std::function<task<void>(exchange&)> answer;
    task<void> serve(exchange& call) override
    {
        ++calls;
        return answer(call);
    }
    int calls = 0;
};

class edge_fixture {
public:
    edge_fixture();
    ~edge_fixture();

    // Starts the server; `change` may change the options first.
    void listen(const std::function<void(listen_options&)>& change = {});
    // Stops it and waits until it has ended.
    void stop(std::chrono::milliseconds grace);

    template <class T>
    T run(task<T> what)
    {
        return fakes::run(context, std::move(what));
    }
    // Runs what is ready, and waits until `condition` holds; fails the test if that takes too long.
    void until(const std::function<bool()>& condition);

    std::string url(std::string_view scheme = "http", std::string_view host = "127.0.0.1") const;
    std::shared_ptr<requester> client(client_options options = {});
    std::shared_ptr<requester> client_at(std::string base, client_options options = {});

    net::io_context context;
    function_service service;
    std::unique_ptr<http_server> server;
    bool ended = false;
};

// A TCP client without manners.
class raw_peer {
public:
    raw_peer(edge_fixture& fixture);
    raw_peer(edge_fixture& fixture, std::uint16_t port);

    void send(std::string_view bytes);
    // As much of it as the far end takes before it closes; says how much that was.
    std::size_t send_while_taken(std::string_view bytes);
    // Reads through the marker; what follows stays for the next call.
    std::string read_until(std::string_view marker);
    std::string read_exactly(std::size_t n);
    // A head, and as much as its content-length says.
    std::string read_answer();
    // To the far end's end; a reset shows as "<reset>" at the end.
    std::string read_to_end();
    // Sends and reads to the end.
    std::string ask(std::string_view bytes);
    void close();
    void reset();
    void send_no_more();

    net::ip::tcp::socket socket;

private:
    bool more();

    edge_fixture& fixture_;
    std::string held_;
    bool was_reset_ = false;
};

// A folder that goes away with its files.
class temporary_folder {
public:
    temporary_folder();
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder();
    std::filesystem::path path;
};

request_head get(std::string target);
request_head post(std::string target);
// Sends and reads the whole answer.
task<result<std::pair<response_head, std::string>>> fetch(std::shared_ptr<requester> by, request_head head,
                                                          std::shared_ptr<body_source> body);
// Writes a message at one end while it is read at the other.
task<result<std::string>> pass(std::shared_ptr<message_stream> from, std::shared_ptr<message_stream> to,
                               std::string bytes);
// Answers with 200 and the text.
task<void> say(exchange& call, std::string text);

} // namespace layerline::transport
