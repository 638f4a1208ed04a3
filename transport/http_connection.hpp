// One connection of the HTTP/1.1 server: request after request, each answered in order, until either side
// has had enough.
#pragma once

#include "transport/http_exchange.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace layerline::transport {

class http_connection;

// What the connections of one server share. It outlives the server object while connections unwind; the
// service has to live until they have.
struct connection_group {
    connection_group(const net::io_executor& executor, service& by, const listen_options& how)
        : answers(by), options(how), empty(executor, clock::time_point::max())
    {
    }
    service& answers;
    listen_options options;
    std::set<http_connection*> open; // those with a coroutine of ours
    // All sockets, also those that a handler took over for a WebSocket, and how many of them an address has;
    // see address_of_caller().
    std::size_t seats = 0;
    std::map<std::string, std::size_t, std::less<>> by_address;
    net::steady_timer empty; // used as an event: cancelled when the last connection has gone
    bool stopping = false;
};

// The place that a connection takes among those that are counted, until its socket is closed.
class connection_seat {
public:
    connection_seat(std::shared_ptr<connection_group> group, const std::string& peer);
    connection_seat(const connection_seat&) = delete;
    connection_seat& operator=(const connection_seat&) = delete;
    ~connection_seat();

private:
    std::shared_ptr<connection_group> group_;
    std::string address_;
};

// Whose connection this is: an IPv4 address, or an IPv6 network of 64 bits, which one subscriber has whole.
std::string address_of_caller(const std::string& peer);

// Runs a connection, detached, on the stream's executor.
void start_connection(std::shared_ptr<connection_group> group, std::shared_ptr<byte_stream> stream,
                      std::string peer);

class http_connection : public std::enable_shared_from_this<http_connection> {
public:
    http_connection(std::shared_ptr<connection_group> group, std::shared_ptr<byte_stream> stream,
                    std::string peer);
    http_connection(const http_connection&) = delete;
    http_connection& operator=(const http_connection&) = delete;
    ~http_connection();

    task<void> run();
    // Between requests: closes. Else the exchange under way is the last one.
    void stop_soon();
    // Ends the exchange under way and the connection. Only from a handler of the io_context.
    void cut();
    // Cancels run(); and whether that has happened because nobody is there to be answered.
    net::cancellation_slot cancel_slot() { return cancel_.slot(); }
    bool caller_gone() const { return gone_; }

private:
    using next_request = std::variant<std::monostate, refusal, parsed_request>;
    task<next_request> next_head();
    // Whether the connection can carry another request.
    task<bool> serve(parsed_request request);
    task<bool> drain();
    task<void> refuse(refusal why);
    task<void> linger();
    void watch();
    void peer_gone(error_code why);
    void cancel_handler();

    std::shared_ptr<connection_group> group_;
    std::shared_ptr<byte_stream> stream_;
    std::shared_ptr<wire_reader> wire_;
    std::string peer_;
    std::optional<http_exchange> exchange_;
    net::cancellation_signal cancel_;
    net::steady_timer half_closed_; // how long a caller who sends no more is waited for
    bool idle_ = true;              // between requests, with nothing received of the next
    bool gone_ = false;             // nobody is there to be answered
};

} // namespace layerline::transport
