// HTTP/2 by nghttp2 as a machine without I/O: bytes in give events, commands give bytes out. It holds the
// bodies' bytes on both ways, each within its bound; the coroutines around it only carry and wait.
#pragma once

#include "transport/fields.hpp"
#include "transport/tunnel/h2_head.hpp"
#include "transport/tunnel/limits.hpp"

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace layerline::transport {

enum class h2_role : std::uint8_t { client, server };

using h2_stream_id = std::int32_t;

namespace h2_event {
// Server: a head is here. `refuse` is the status the head deserves if it cannot be served at all (431, 501).
// One that asks for a WebSocket (RFC 8441) has the method GET.
struct request {
    h2_stream_id stream = 0;
    std::string method, target;
    fields headers;
    h2_priority priority = h2_priority::normal;
    std::optional<unsigned> refuse;
    bool websocket = false;
    bool bodiless = false; // it ended with its head
};
// Client: the final head of the answer (1xx are dropped).
struct answer {
    h2_stream_id stream = 0;
    unsigned status = 0;
    fields headers;
};
// read() has more, or the body's end is known.
struct body {
    h2_stream_id stream = 0;
};
// write() takes bytes again.
struct room {
    h2_stream_id stream = 0;
};
// nghttp2 is done with the stream. `why` is clear if it ended in good order. What was received can be read
// still.
struct closed {
    h2_stream_id stream = 0;
    boost::system::error_code why;
};
// The peer has answered the ping that carried this number.
struct pong {
    std::uint64_t number = 0;
};
using any = std::variant<request, answer, body, room, closed, pong>;
} // namespace h2_event

// Not thread-safe, throws nothing but bad_alloc. A stream's memory is kept from its head until it is closed
// and release() was called, in any order.
class h2_session {
public:
    h2_session(h2_role role, const tunnel_limits& limits);
    ~h2_session();
    h2_session(const h2_session&) = delete;
    h2_session& operator=(const h2_session&) = delete;

    // Bytes from the peer, cut anywhere. errc::malformed if they cannot be HTTP/2 at all: the session is dead
    // then. Lesser faults end it through own_complaint(), after gather() has given what tells the peer so.
    boost::system::result<void> receive(std::span<const char> bytes);
    // What happened since the last call; both receive() and gather() add to it.
    std::vector<h2_event::any> take_events();
    // Whether gather() would find something.
    bool wants_to_send() const;
    // Appends at most `cap` bytes to `out`: PING and SETTINGS, then heads, then bodies by priority. False if
    // there was nothing.
    bool gather(std::string& out, std::size_t cap);

    // Client. With `has_body` the body follows by write() and end_body(). errc::too_many_streams,
    // errc::too_large, errc::malformed, errc::closed (no new streams any more).
    boost::system::result<h2_stream_id> request(const std::string& method, const std::string& target,
                                                fields headers, h2_priority priority, bool has_body);
    // Client. A stream for a WebSocket, once the peer's SETTINGS are here; errc::upgrade_refused if they do
    // not allow it. Errors as above. Frames go by write() and read(), both ways until both have ended.
    boost::system::result<h2_stream_id> open_websocket(const std::string& target, fields headers,
                                                       h2_priority priority);
    // Server, once a stream; the body follows by write() and end_body().
    boost::system::result<void> answer(h2_stream_id stream, unsigned status, fields headers,
                                       std::optional<h2_priority> priority);

    // Server: says yes to a WebSocket, instead of answer().
    boost::system::result<void> accept_websocket(h2_stream_id stream, fields headers);

    // Takes as many of the body's bytes as there is room for; 0: wait for h2_event::room, or it is closed.
    std::size_t write(h2_stream_id stream, std::span<const char> bytes);
    // Takes all of a few bytes, be it a little past the bound, or nothing.
    bool write_whole(h2_stream_id stream, std::span<const char> bytes);
    // A server that ends its answer before the request's end gives up the rest of the request.
    void end_body(h2_stream_id stream);
    // Takes received bytes; this, and only this, lets the peer send more on the stream.
    std::size_t read(h2_stream_id stream, std::span<char> into);
    // The peer has sent the whole body and read() has given it all; false for a stream that was reset or
    // released, since bytes were thrown away then.
    bool body_is_over(h2_stream_id stream) const;
    // Ends the stream at once, this way and that.
    void reset(h2_stream_id stream, std::uint32_t code);
    // Nobody will ask for this stream any more; resets it if it is open.
    void release(h2_stream_id stream);

    void ping(std::uint64_t number);
    // Lets the peer send this much on the stream before read() takes any of it. Only ever more.
    void set_window(h2_stream_id stream, std::uint32_t bytes);
    // How many bytes of one body write() keeps waiting, 64 KiB and more: as much as one message can carry.
    void set_send_room(std::size_t bytes);
    // Tells the peer that no stream will be taken any more; open ones go on. `reason` goes along as text.
    void go_away(std::uint32_t code, std::string_view reason);

    // Nothing more to read or to write: the session has ended (by GOAWAY or by an error).
    bool finished() const;
    // The peer's SETTINGS are here.
    bool settled() const { return settled_; }
    // The code of the GOAWAY that nghttp2 sent on its own because of the peer's bytes.
    std::optional<std::uint32_t> own_complaint() const { return own_complaint_; }
    struct farewell {
        std::uint32_t code;
        std::string reason;
    };
    const std::optional<farewell>& peer_farewell() const { return peer_farewell_; }
    // Streams that count against the limit.
    std::size_t open_streams() const { return open_; }
    // Bytes of bodies held now, both ways.
    std::size_t buffered() const { return buffered_; }

    // To be called now and then: once no stream is open any more, what the last ones made memory is given
    // back.
    void rest();

    struct machinery; // nghttp2 and the streams; in h2_machinery.hpp

private:
    friend struct h2_callbacks;
    std::size_t peer_setting(int id, std::size_t unsettled, std::size_t own) const;
    boost::system::result<h2_stream_id> submit(const h2_wire_head& head, h2_priority priority, bool has_body,
                                               bool websocket);
    std::unique_ptr<machinery> inner_;
    h2_role role_;
    tunnel_limits limits_;
    std::vector<h2_event::any> events_;
    bool opens_well(std::span<const char> bytes);

    std::string carry_; // the rest of a frame that did not fit into the last message
    std::optional<std::uint32_t> own_complaint_;
    std::optional<farewell> peer_farewell_;
    std::size_t open_ = 0, buffered_ = 0;
    std::size_t opening_ = 0; // bytes of the peer's first frame head that were looked at
    std::size_t send_room_;
    bool settled_ = false, said_goodbye_ = false, dead_ = false;
    bool rested_ = true;   // no stream was opened since rest() gave back
    bool id_told_ = false; // a request's id was sent before
};

} // namespace layerline::transport
