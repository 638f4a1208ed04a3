// What h2_session keeps inside: a stream's state and nghttp2's callbacks. For the session's own files only.
#pragma once

#include "transport/tunnel/h2_memory.hpp"
#include "transport/tunnel/h2_session.hpp"

#include <nghttp2/nghttp2.h>

#include <array>
#include <unordered_map>

namespace layerline::transport {

// Bytes in the order they came, taken from the front. In pieces, so that it never holds much more memory than
// bytes, nor moves them about.
class byte_queue {
public:
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    void append(const char* data, std::size_t count);
    std::size_t take(char* into, std::size_t count);
    void clear();

private:
    std::vector<std::string> pieces_;
    std::size_t first_ = 0; // pieces before it are used up
    std::size_t at_ = 0;    // bytes of the first piece that are
    std::size_t size_ = 0;
};

// Its address is nghttp2's data provider pointer: it stays put until the stream is closed.
struct h2_stream {
    h2_stream(h2_stream_id number, std::size_t head_limit) : id(number), head(head_limit) {}

    h2_stream_id id;
    h2_priority priority = h2_priority::normal;
    h2_head_reader head;
    bool head_over = false;
    byte_queue in, out;
    std::uint32_t taken = 0; // bytes that the reader took since its window was last opened
    bool in_ended = false;   // END_STREAM received
    bool out_ended = false;  // end_body() called
    bool websocket = false;  // both ways stay open until each side has ended its own
    bool answered = false;
    bool deferred = false; // nghttp2 waits for resume_data
    bool queued = false;   // in machinery::waiting
    bool starved = false;  // write() took less than it was given
    bool open = true;      // nghttp2 knows it
    bool released = false;
    bool reset_by_us = false, reset_by_peer = false;
    boost::system::error_code broken; // why we gave it up
};

struct h2_session::machinery {
    ~machinery() { nghttp2_session_del(session); }

    h2_memory memory; // of the session
    nghttp2_session* session = nullptr;
    std::unordered_map<h2_stream_id, std::unique_ptr<h2_stream>> streams;
    // Streams with something to send that nghttp2 was told to pass over, by priority.
    std::array<std::vector<h2_stream_id>, h2_priorities> waiting;
    h2_priority gate = h2_priority::bulk; // the lowest class that may send bodies now
    std::size_t frame_room = 0;           // what is left of the message being gathered

    h2_stream* find(h2_stream_id id);
    void want_to_send(h2_stream& stream);
};

// nghttp2's callbacks: they only note things down, never throw and never enter nghttp2's send or receive.
struct h2_callbacks {
    static void install(nghttp2_session_callbacks* to);
    static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* self);
    static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                      std::uint8_t flags, void* self);
    static int invalid_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                              std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                              std::uint8_t flags, void* self);
    static int frame_received(nghttp2_session* session, const nghttp2_frame* frame, void* self);
    static int data_chunk(nghttp2_session* session, std::uint8_t flags, std::int32_t stream,
                          const std::uint8_t* data, std::size_t size, void* self);
    static int stream_closed(nghttp2_session*, std::int32_t stream, std::uint32_t code, void* self);
    static int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* self);
    static int frame_not_sent(nghttp2_session* session, const nghttp2_frame* frame, int error, void* self);
    static ssize_t frame_length(nghttp2_session*, std::uint8_t type, std::int32_t stream,
                                std::int32_t session_window, std::int32_t stream_window,
                                std::uint32_t max_frame, void* self);
    static ssize_t read_body(nghttp2_session*, std::int32_t stream, std::uint8_t* into, std::size_t size,
                             std::uint32_t* flags, nghttp2_data_source* source, void* self);

private:
    static void head_over(h2_session& session, h2_stream& stream, bool stream_ends);
};

} // namespace layerline::transport
