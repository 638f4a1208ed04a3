// What nghttp2 tells, noted down as events; what it asks for, given from the streams' queues.
#include "transport/tunnel/h2_machinery.hpp"

#include "transport/error.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace layerline::transport {

namespace {

h2_session& session_of(void* self)
{
    return *static_cast<h2_session*>(self);
}

std::string_view text(const std::uint8_t* bytes, std::size_t size)
{
    return {reinterpret_cast<const char*>(bytes), size};
}

// An exception must not pass through nghttp2: the session ends instead.
template <class F>
int guarded(F&& body) noexcept
{
    try {
        return body();
    } catch (...) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
}

boost::system::error_code why_closed(const h2_stream& stream, std::uint32_t code)
{
    if (stream.broken) return stream.broken;
    // A server may end a complete answer and give up the rest of the request with NO_ERROR.
    if (code == NGHTTP2_NO_ERROR && stream.in_ended) return {};
    // By its own reset, or by a GOAWAY that leaves the stream out.
    if (code == NGHTTP2_REFUSED_STREAM) return errc::refused_by_peer;
    if (stream.reset_by_peer || code == NGHTTP2_NO_ERROR) return errc::cancelled_by_peer;
    return errc::malformed; // nghttp2 gave it up because of what the peer sent
}

} // namespace

void h2_callbacks::install(nghttp2_session_callbacks* to)
{
    nghttp2_session_callbacks_set_on_begin_headers_callback(to, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(to, header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(to, invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(to, frame_received);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(to, data_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(to, stream_closed);
    nghttp2_session_callbacks_set_on_frame_send_callback(to, frame_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(to, frame_not_sent);
    nghttp2_session_callbacks_set_data_source_read_length_callback(to, frame_length);
}

int h2_callbacks::begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* self)
{
    return guarded([&] {
        auto& s = session_of(self);
        const auto id = frame->hd.stream_id;
        if (s.role_ == h2_role::server && frame->headers.cat == NGHTTP2_HCAT_REQUEST &&
            !s.inner_->streams.contains(id)) {
            s.inner_->streams.emplace(id, std::make_unique<h2_stream>(id, s.limits_.max_header_bytes));
            ++s.open_;
            s.rested_ = false;
        }
        return 0;
    });
}

int h2_callbacks::header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                         std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                         std::uint8_t, void* self)
{
    return guarded([&] {
        auto* stream = session_of(self).inner_->find(frame->hd.stream_id);
        // Once the head is over these are trailers: nobody here reads them.
        if (stream != nullptr && !stream->head_over)
            stream->head.add(text(name, name_size), text(value, value_size));
        return 0;
    });
}

int h2_callbacks::invalid_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t*,
                                 std::size_t, const std::uint8_t*, std::size_t, std::uint8_t, void* self)
{
    return guarded([&] {
        // Left alone, nghttp2 would drop the field and go on without it; what the sender meant is lost then.
        if (auto* stream = session_of(self).inner_->find(frame->hd.stream_id)) {
            if (!stream->broken) stream->broken = errc::malformed;
            nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_PROTOCOL_ERROR);
        }
        return static_cast<int>(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE);
    });
}

void h2_callbacks::head_over(h2_session& s, h2_stream& stream, bool stream_ends)
{
    auto& head = stream.head;
    if (s.role_ == h2_role::client) {
        if (head.status() / 100 == 1) return head.clear();
        stream.head_over = true;
        if (head.too_large()) {
            stream.broken = errc::too_large;
            nghttp2_submit_rst_stream(s.inner_->session, NGHTTP2_FLAG_NONE, stream.id,
                                      NGHTTP2_ENHANCE_YOUR_CALM);
            return;
        }
        const auto status = head.status();
        auto headers = head.take();
        take_priority(headers);
        s.events_.emplace_back(h2_event::answer{stream.id, status, std::move(headers)});
        return;
    }
    stream.head_over = true;
    h2_event::request request;
    request.stream = stream.id;
    request.method = head.method();
    request.bodiless = stream_ends;
    request.target = head.target();
    if (head.too_large()) {
        request.refuse = 431;
    } else if (request.method == "CONNECT" && head.protocol() == "websocket") {
        request.method = "GET"; // what it would be on any other edge
        request.websocket = true;
    } else if (request.method == "CONNECT") {
        request.refuse = 501;
    }
    request.headers = head.take();
    if (request.websocket) strip_websocket_handshake(request.headers);
    request.priority = take_priority(request.headers).value_or(h2_priority::normal);
    stream.priority = request.priority;
    s.events_.emplace_back(std::move(request));
}

int h2_callbacks::frame_received(nghttp2_session*, const nghttp2_frame* frame, void* self)
{
    return guarded([&] {
        auto& s = session_of(self);
        auto* stream = s.inner_->find(frame->hd.stream_id);
        switch (frame->hd.type) {
        case NGHTTP2_SETTINGS:
            if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) s.settled_ = true;
            break;
        case NGHTTP2_GOAWAY: {
            const auto reason = text(frame->goaway.opaque_data, frame->goaway.opaque_data_len);
            s.peer_farewell_ = {frame->goaway.error_code, std::string(reason.substr(0, 120))};
            break;
        }
        case NGHTTP2_PING:
            if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
                h2_event::pong pong;
                std::memcpy(&pong.number, frame->ping.opaque_data, sizeof pong.number);
                s.events_.emplace_back(pong);
            }
            break;
        case NGHTTP2_RST_STREAM:
            if (stream != nullptr) stream->reset_by_peer = true;
            break;
        case NGHTTP2_HEADERS:
        case NGHTTP2_DATA: {
            if (stream == nullptr) break;
            const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
            if (frame->hd.type == NGHTTP2_HEADERS && !stream->head_over) head_over(s, *stream, ends);
            if (ends) {
                stream->in_ended = true;
                s.events_.emplace_back(h2_event::body{stream->id});
            }
            break;
        }
        default:
            break;
        }
        return 0;
    });
}

int h2_callbacks::data_chunk(nghttp2_session* session, std::uint8_t, std::int32_t id,
                             const std::uint8_t* data, std::size_t size, void* self)
{
    return guarded([&] {
        auto& s = session_of(self);
        // The connection's window opens at arrival: one slow reader must not hold up the others. The
        // stream's own window opens when the reader takes the bytes.
        if (nghttp2_session_consume_connection(session, size) != 0)
            return static_cast<int>(NGHTTP2_ERR_CALLBACK_FAILURE);
        auto* stream = s.inner_->find(id);
        if (stream == nullptr || stream->released || stream->reset_by_us) return 0;
        if (stream->in.empty()) s.events_.emplace_back(h2_event::body{id});
        stream->in.append(reinterpret_cast<const char*>(data), size);
        s.buffered_ += size;
        return 0;
    });
}

int h2_callbacks::stream_closed(nghttp2_session*, std::int32_t id, std::uint32_t code, void* self)
{
    return guarded([&] {
        auto& s = session_of(self);
        auto* stream = s.inner_->find(id);
        if (stream == nullptr || !stream->open) return 0;
        stream->open = false;
        --s.open_;
        s.buffered_ -= stream->out.size();
        stream->out.clear();
        const bool nobody_knows = s.role_ == h2_role::server && !stream->head_over;
        if (stream->released || nobody_knows)
            s.inner_->streams.erase(id);
        else
            s.events_.emplace_back(h2_event::closed{id, why_closed(*stream, code)});
        return 0;
    });
}

int h2_callbacks::frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* self)
{
    return guarded([&] {
        auto& s = session_of(self);
        if (frame->hd.type == NGHTTP2_GOAWAY) {
            if (!s.said_goodbye_) s.own_complaint_ = frame->goaway.error_code;
            return 0;
        }
        const bool ends = (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
                          (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        if (!ends || s.role_ != h2_role::server) return 0;
        // The answer is complete. A request body that nobody reads would keep the stream open for ever.
        auto* stream = s.inner_->find(frame->hd.stream_id);
        if (stream != nullptr && !stream->in_ended && !stream->websocket)
            nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
        return 0;
    });
}

int h2_callbacks::frame_not_sent(nghttp2_session* session, const nghttp2_frame* frame, int error, void* self)
{
    return guarded([&] {
        auto& s = session_of(self);
        auto* stream = s.inner_->find(frame->hd.stream_id);
        if (frame->hd.type != NGHTTP2_HEADERS || stream == nullptr || stream->reset_by_us) return 0;
        if (error == NGHTTP2_ERR_STREAM_CLOSING || error == NGHTTP2_ERR_STREAM_CLOSED) return 0;
        if (error == NGHTTP2_ERR_START_STREAM_NOT_ALLOWED) {
            stream->broken = errc::closed; // GOAWAY came in between
            return 0;
        }
        // A head that nghttp2 could not pack; without a word the far end would wait for ever.
        stream->broken = errc::too_large;
        if (s.role_ == h2_role::server)
            nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_INTERNAL_ERROR);
        return 0;
    });
}

ssize_t h2_callbacks::frame_length(nghttp2_session*, std::uint8_t, std::int32_t, std::int32_t session_window,
                                   std::int32_t stream_window, std::uint32_t max_frame, void* self)
{
    // A frame never outgrows its message, so that the next message can begin with something more urgent.
    const auto room = std::max<std::size_t>(session_of(self).inner_->frame_room, 1);
    const auto windows = static_cast<std::size_t>(std::max(std::min(session_window, stream_window), 1));
    return static_cast<ssize_t>(std::min({room, windows, static_cast<std::size_t>(max_frame)}));
}

ssize_t h2_callbacks::read_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size,
                                std::uint32_t* flags, nghttp2_data_source* source, void* self)
{
    auto& s = session_of(self);
    auto& stream = *static_cast<h2_stream*>(source->ptr);
    if (stream.priority > s.inner_->gate || (stream.out.empty() && !stream.out_ended)) {
        stream.deferred = true;
        if (!stream.out.empty() || stream.out_ended) {
            if (guarded([&] {
                    s.inner_->want_to_send(stream);
                    return 0;
                }) != 0)
                return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
        return NGHTTP2_ERR_DEFERRED;
    }
    const auto taken = stream.out.take(reinterpret_cast<char*>(into), size);
    s.buffered_ -= taken;
    if (stream.out.empty() && stream.out_ended) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream.starved && !stream.out_ended) {
        stream.starved = false;
        if (guarded([&] {
                s.events_.emplace_back(h2_event::room{stream.id});
                return 0;
            }) != 0)
            return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    return static_cast<ssize_t>(taken);
}

} // namespace layerline::transport
