// One HTTP exchange, the same type on every hop (LAN, tunnel, unix socket): a head each way and two streamed
// bodies with back-pressure. Nothing here holds a whole body.
#pragma once

#include "transport/fields.hpp"
#include "transport/message_stream.hpp"
#include "transport/net.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace layerline::transport {

// Where a request came in. Only `tunnel` may carry principal headers; `local` is the control socket.
enum class edge : std::uint8_t { lan, tunnel, local };

// Ends one request from outside the coroutine that waits for it, which costs less than a coroutine beside it.
// One io_context.
class call_off {
public:
    // Does nothing once the request is over.
    void now(error_code why)
    {
        if (const auto how = std::exchange(how_, nullptr)) how(why);
    }
    // For whoever carries the request: how it is ended; null when there is nothing left to end.
    void by(std::function<void(error_code)> how) { how_ = std::move(how); }

private:
    std::function<void(error_code)> how_;
};

struct request_head {
    std::string method; // upper case
    std::string target; // origin form, as received: path and query, at most 8 KiB
    fields headers;
    // When the caller stops waiting. Read from X-Layerline-Timeout-Ms by the edge; told on as what is left.
    std::optional<clock::time_point> deadline;
    // Of this hop alone, and not told on: when to stop waiting for the answer's head in silence, and who may
    // end the request before (used by tunnels).
    std::optional<clock::time_point> answer_by;
    std::shared_ptr<call_off> off;
    edge via = edge::lan;
    std::string peer; // the caller's address in words, for limits and logs
};

struct response_head {
    unsigned status = 200; // 100-999: the relay uses 6xx
    fields headers;
};

// A body being received. Shared, and it keeps alive what it reads from.
class body_source {
public:
    virtual ~body_source() = default;
    // Reads at least one byte into `into`; 0 at the end. An error means that the body broke off.
    virtual task<result<std::size_t>> read_some(net::mutable_buffer into) = 0;
    // What is left, in bytes, if the sender told a length.
    virtual std::optional<std::uint64_t> remaining() const = 0;
    // Whether the end is here already: the next read would give 0 at once. May say no where that is so.
    virtual bool at_end() const { return false; }
};

// The server's side of an exchange. Used by one coroutine at a time.
class exchange {
public:
    virtual ~exchange() = default;
    virtual const request_head& request() const = 0;
    // May be called more than once; always the same body (an empty one if there is none).
    virtual std::shared_ptr<body_source> body() = 0;
    // Sends the head; once. A `content-length` field, if given, is kept to; without one the body is delimited
    // by the protocol (chunks, END_STREAM).
    virtual task<result<void>> respond(response_head head) = 0;
    // Sends a part of the body; returns once the way has room for more.
    virtual task<result<void>> write(net::const_buffer part) = 0;
    // Whether the caller asks for a WebSocket (and this edge can give one).
    virtual bool wants_websocket() const = 0;
    // Instead of respond(): switches protocols (no compression), with `headers` on the answer, such as
    // sec-websocket-protocol; what belongs to the handshake itself is left out of them. The exchange is over
    // then; the stream lives on its own, as long as it is held.
    virtual task<result<std::shared_ptr<message_stream>>> accept_websocket(fields headers) = 0;
    task<result<std::shared_ptr<message_stream>>> accept_websocket() { return accept_websocket(fields()); }
    // Ends the body; once. An exchange that is dropped without finish() is aborted towards the caller.
    virtual task<result<void>> finish() = 0;
};

// Whoever answers exchanges. The edge runs serve() in a coroutine of its own and cancels it (terminal) when
// the caller goes away, its deadline apart: deadlines belong to the service.
class service {
public:
    virtual ~service() = default;
    virtual task<void> serve(exchange& call) = 0;
};

// An answer being received. Dropping it before its body's end cancels the exchange at the far end.
struct response {
    response_head head;
    std::shared_ptr<body_source> body;
};

// What came of asking for a WebSocket: the stream, or the answer of a far end that said no.
struct websocket_answer {
    response_head head;                     // accepted: 101, with sec-websocket-protocol and the like
    std::shared_ptr<message_stream> stream; // none if it was refused
    std::shared_ptr<body_source> body;      // of the refusal
};

// Whoever carries exchanges to a far end: an HTTP/1.1 client, or a tunnel.
class requester {
public:
    virtual ~requester() = default;
    // Sends the head and, beside the answer, pumps `body` (may be null). Returns when the answer's head is
    // here. The request's deadline is told on as X-Layerline-Timeout-Ms and ends the wait with
    // errc::timed_out.
    virtual task<result<response>> send(request_head head, std::shared_ptr<body_source> body) = 0;
    // Asks for a WebSocket at the head's target. Its headers go along, sec-websocket-protocol and origin
    // included; those of the handshake itself (connection, upgrade, sec-websocket-key, -version, -extensions)
    // are left out, so that a request can be handed on as it came. The deadline bounds the answer, not the
    // stream. errc::upgrade_refused: this way carries none.
    virtual task<result<websocket_answer>> open_websocket(request_head head);
};

// A body of bytes in memory.
std::shared_ptr<body_source> make_body(std::string bytes);
// Reads a body to its end; errc::too_large (see transport/error.hpp) past `limit` bytes.
task<result<std::string>> read_all(body_source& body, std::size_t limit);
// respond + write + finish, with content-length. Adds nothing else.
task<result<void>> respond_with(exchange& call, response_head head, std::string body);

} // namespace layerline::transport
