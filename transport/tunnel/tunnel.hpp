// The two ends of a tunnel: HTTP/2 (nghttp2) inside the binary messages of a WebSocket. The relay is the
// HTTP/2 client, the agent the server. Both run on the one io_context of their message stream.
//
// WebSockets ride along by RFC 8441: an extended CONNECT makes the stream, and its DATA are WebSocket frames.
//
// Order of sending: a field `x-layerline-priority: emergency|urgent|normal|bulk` on a request puts both its
// body and its answer ahead of (or behind) the other streams' bodies; the same field on an answer's head
// overrides that for the answer. The far end of the tunnel takes the field out again. Whoever faces strangers
// sets or removes it.
#pragma once

#include "transport/exchange.hpp"
#include "transport/message_stream.hpp"
#include "transport/tunnel/limits.hpp"

#include <memory>
#include <string>

namespace layerline::transport {

// The relay's end. A request that the far end would refuse fails at once: errc::too_many_streams,
// errc::too_large (a head over the limit), errc::malformed (a name or value that HTTP does not allow).
// Trailers and 1xx answers are dropped. open_websocket() waits for the agent's SETTINGS first, and gives
// errc::upgrade_refused to an agent that takes none.
class tunnel_client : public requester {
public:
    // Carries exchanges until the tunnel ends; says why it ended. Once, and nothing of the tunnel is left
    // running when it returns. Cancelling it (terminal) ends the tunnel with errc::shutting_down.
    virtual task<error_code> run() = 0;
    // Ends the tunnel: streams break off with `why`, the peer is told by GOAWAY and a WebSocket close. The
    // peer's run() returns errc::superseded and errc::credentials_refused as they were given here.
    virtual void stop(error_code why) = 0;
    // Takes no new exchange and ends the tunnel once the open ones are done; run() then returns errc::closed.
    virtual void drain() = 0;
    virtual std::size_t open_streams() const = 0;
};
std::shared_ptr<tunnel_client> make_tunnel_client(std::shared_ptr<message_stream> stream,
                                                  tunnel_limits limits);

// The agent's end. Each stream becomes an exchange with via = edge::tunnel. One that wants a WebSocket has
// the method GET, as on the other edges; any other CONNECT is answered 501.
class tunnel_server {
public:
    virtual ~tunnel_server() = default;
    // As above. `answers` must stay until run() has returned: it waits for every serve() to end.
    virtual task<error_code> run() = 0;
    virtual void stop(error_code why) = 0;
    virtual void drain() = 0;
    virtual std::size_t open_streams() const = 0;
};
std::shared_ptr<tunnel_server> make_tunnel_server(std::shared_ptr<message_stream> stream, service& answers,
                                                  tunnel_limits limits);

} // namespace layerline::transport
