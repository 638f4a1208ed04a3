// The session's commands; what nghttp2 answers to them comes through h2_callbacks.cpp.
#include "transport/tunnel/h2_session.hpp"

#include "transport/error.hpp"
#include "transport/tunnel/h2_machinery.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace layerline::transport {

namespace {

constexpr std::uint32_t max_frame_size = 64 * 1024; // what we take; 16 KiB is the least HTTP/2 allows
// Of HPACK's tables, which fill with names and values that were sent before: enough for what is the same in
// each request. Ids, new each time, would fill the usual 4 KiB both ways in every tunnel, for nothing.
constexpr std::uint32_t header_table = 1024;
constexpr std::size_t least_send_room = std::size_t{64} * 1024;
constexpr std::uint32_t unsettled_streams = 100; // what nghttp2 assumes before the peer's SETTINGS
// A window opens in steps of this many bytes. By nghttp2's own way, half a window at a time, a sender far
// away stands still for half of each round trip.
constexpr std::uint32_t told_in_steps = 64 * 1024;
constexpr std::size_t frame_head = 9;
constexpr std::size_t piece = std::size_t{16} * 1024; // of a byte_queue
// A frame of a body is not cut smaller than this at a message's end.
constexpr std::size_t least_frame = 1024;
// Callers that go away are forwarded as resets; nghttp2's own limit (1,000, then 33 a second) would end the
// tunnel for everybody. This still stops a peer that does nothing else.
constexpr std::uint64_t reset_burst = 20'000, resets_a_second = 2'000;

struct options_deleter {
    void operator()(nghttp2_option* o) const { nghttp2_option_del(o); }
};
struct callbacks_deleter {
    void operator()(nghttp2_session_callbacks* c) const { nghttp2_session_callbacks_del(c); }
};

// nghttp2 fails these calls for lack of memory only.
void must(int code)
{
    if (code != 0) throw std::bad_alloc();
}

// `id_told`: whether a request's id was sent before.
std::vector<nghttp2_nv> pairs(const h2_wire_head& head, bool& id_told)
{
    std::vector<nghttp2_nv> out;
    out.reserve(head.size());
    for (const field f : head) {
        // Never the same twice: in the table of what both ends know these would push out what is. But for the
        // first id, by which the name is known from then on.
        const bool id = f.name == "x-request-id";
        const bool differs = f.name == "x-layerline-timeout-ms" || (id && id_told);
        id_told = id_told || id;
        // nghttp2 copies both; the casts are its C interface's.
        out.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(f.name.data())),
                       reinterpret_cast<std::uint8_t*>(const_cast<char*>(f.value.data())), f.name.size(),
                       f.value.size(),
                       static_cast<std::uint8_t>(differs ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE)});
    }
    return out;
}

} // namespace

void byte_queue::append(const char* data, std::size_t count)
{
    size_ += count;
    while (count > 0) {
        if (pieces_.size() == first_ || pieces_.back().size() >= piece) {
            if (first_ >= pieces_.size() / 2) {
                pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<long>(first_));
                first_ = 0;
            }
            pieces_.emplace_back();
        }
        auto& last = pieces_.back();
        const auto part = std::min(count, piece - last.size());
        last.append(data, part);
        data += part;
        count -= part;
    }
}

std::size_t byte_queue::take(char* into, std::size_t count)
{
    count = std::min(count, size_);
    for (std::size_t taken = 0; taken < count;) {
        auto& front = pieces_[first_];
        const auto part = std::min(count - taken, front.size() - at_);
        std::copy_n(front.data() + at_, part, into + taken);
        taken += part;
        at_ += part;
        if (at_ < front.size()) continue;
        at_ = 0;
        std::string().swap(front);
        ++first_;
    }
    size_ -= count;
    if (size_ == 0) clear();
    return count;
}

void byte_queue::clear()
{
    pieces_.clear();
    first_ = at_ = size_ = 0;
}

h2_stream* h2_session::machinery::find(h2_stream_id id)
{
    const auto hit = streams.find(id);
    return hit == streams.end() ? nullptr : hit->second.get();
}

void h2_session::machinery::want_to_send(h2_stream& stream)
{
    if (!stream.deferred || stream.queued || !stream.open) return;
    waiting[static_cast<std::size_t>(stream.priority)].push_back(stream.id);
    stream.queued = true;
}

h2_session::h2_session(h2_role role, const tunnel_limits& limits)
    : inner_(std::make_unique<machinery>()), role_(role), limits_(limits), send_room_(least_send_room)
{
    nghttp2_session_callbacks* raw_callbacks = nullptr;
    must(nghttp2_session_callbacks_new(&raw_callbacks));
    const std::unique_ptr<nghttp2_session_callbacks, callbacks_deleter> callbacks(raw_callbacks);
    h2_callbacks::install(raw_callbacks);
    nghttp2_option* option = nullptr;
    must(nghttp2_option_new(&option));
    const std::unique_ptr<nghttp2_option, options_deleter> keep(option);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_deflate_dynamic_table_size(option, header_table);
    nghttp2_option_set_stream_reset_rate_limit(option, reset_burst, resets_a_second);
    // nghttp2 compares an upper bound of the packed size; the real check is ours, before a head is submitted.
    nghttp2_option_set_max_send_header_block_length(option, 8 * limits.max_header_bytes);
    if (role == h2_role::server)
        must(nghttp2_session_server_new3(&inner_->session, raw_callbacks, this, option,
                                         inner_->memory.functions()));
    else
        must(nghttp2_session_client_new3(&inner_->session, raw_callbacks, this, option,
                                         inner_->memory.functions()));

    std::vector<nghttp2_settings_entry> settings{
        {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, header_table},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window},
        {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, max_frame_size},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.max_header_bytes)},
    };
    if (role == h2_role::server) {
        // A peer may count a stream as over a moment before we do, and one stream too many would end the
        // tunnel: a little more is allowed than the peer asks for by its own limit.
        settings.push_back(
            {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.max_streams + limits.max_streams / 4 + 8});
        settings.push_back({NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1});
    } else {
        settings.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
    }
    must(nghttp2_submit_settings(inner_->session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()));
    must(nghttp2_session_set_local_window_size(inner_->session, NGHTTP2_FLAG_NONE, 0,
                                               static_cast<std::int32_t>(limits.connection_window)));
}

h2_session::~h2_session() = default;

boost::system::result<void> h2_session::receive(std::span<const char> bytes)
{
    if (!opens_well(bytes)) dead_ = true;
    if (dead_) return make_error_code(errc::malformed);
    const auto taken = nghttp2_session_mem_recv(
        inner_->session, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (taken >= 0) return {};
    dead_ = true;
    return make_error_code(errc::malformed);
}

// An agent begins with a SETTINGS frame (RFC 9113 section 3.4). nghttp2 waits for the nine bytes of its head;
// something else, which may well be shorter, is known by its first bytes. It checks a relay's beginning
// itself.
bool h2_session::opens_well(std::span<const char> bytes)
{
    if (role_ == h2_role::server) return true;
    for (; opening_ < frame_head && !bytes.empty(); ++opening_, bytes = bytes.subspan(1)) {
        const auto byte = static_cast<unsigned char>(bytes.front());
        const bool first_of_length = opening_ < 2; // no SETTINGS has 64 KiB, nor 8
        if (first_of_length && byte > (opening_ == 0 ? 0 : 32)) return false;
        if (opening_ == 3 && byte != NGHTTP2_SETTINGS) return false;
        if (opening_ > 3 && byte != 0) return false; // no flags, stream 0
    }
    return true;
}

void h2_session::rest()
{
    if (rested_ || open_ > 0) return;
    rested_ = true;
    inner_->memory.give_zeros_back();
    for (auto& level : inner_->waiting)
        if (level.empty()) level.shrink_to_fit();
    if (inner_->streams.empty()) inner_->streams.rehash(0);
}

std::vector<h2_event::any> h2_session::take_events()
{
    return std::exchange(events_, {});
}

bool h2_session::wants_to_send() const
{
    if (dead_) return false;
    const auto& waiting = inner_->waiting;
    return !carry_.empty() || nghttp2_session_want_write(inner_->session) != 0 ||
           std::any_of(waiting.begin(), waiting.end(), [](const auto& level) { return !level.empty(); });
}

bool h2_session::gather(std::string& out, std::size_t cap)
{
    const auto start = out.size();
    const auto put = [&](const char* data, std::size_t size) {
        const auto fits = std::min(size, cap - (out.size() - start));
        out.append(data, fits);
        carry_.append(data + fits, size - fits);
    };
    if (!carry_.empty()) {
        const std::string rest = std::exchange(carry_, {});
        put(rest.data(), rest.size());
    }
    for (std::size_t level = 0; level < inner_->waiting.size() && !dead_; ++level) {
        inner_->gate = static_cast<h2_priority>(level);
        for (const auto id : std::exchange(inner_->waiting[level], {})) {
            auto* stream = inner_->find(id);
            if (stream == nullptr) continue;
            stream->queued = false;
            if (!stream->open || !std::exchange(stream->deferred, false)) continue;
            nghttp2_session_resume_data(inner_->session, id); // fails only for a stream that is closing
        }
        for (;;) {
            const auto used = out.size() - start;
            if (used + frame_head >= cap || !carry_.empty()) return true;
            inner_->frame_room = std::max(cap - used - frame_head, least_frame);
            const std::uint8_t* data = nullptr;
            const auto size = nghttp2_session_mem_send(inner_->session, &data);
            if (size < 0) dead_ = true;
            if (size <= 0) break;
            put(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
        }
    }
    return out.size() > start;
}

// The lower of the peer's setting and our own; `unsettled` stands for the peer's while it is not known.
std::size_t h2_session::peer_setting(int id, std::size_t unsettled, std::size_t own) const
{
    if (!settled_) return std::min(own, unsettled);
    return std::min<std::size_t>(
        own, nghttp2_session_get_remote_settings(inner_->session, static_cast<nghttp2_settings_id>(id)));
}

boost::system::result<h2_stream_id> h2_session::request(const std::string& method, const std::string& target,
                                                        fields headers, h2_priority priority, bool has_body)
{
    const auto limit = peer_setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits_.max_header_bytes,
                                    limits_.max_header_bytes);
    const auto head = request_to_wire(method, target, std::move(headers), priority, limit);
    if (!head) return head.error();
    return submit(*head, priority, has_body, false);
}

boost::system::result<h2_stream_id> h2_session::open_websocket(const std::string& target, fields headers,
                                                               h2_priority priority)
{
    if (peer_setting(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 0, 1) != 1)
        return make_error_code(errc::upgrade_refused);
    const auto limit = peer_setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits_.max_header_bytes,
                                    limits_.max_header_bytes);
    const auto head = websocket_to_wire(target, std::move(headers), priority, limit);
    if (!head) return head.error();
    return submit(*head, priority, true, true);
}

boost::system::result<h2_stream_id> h2_session::submit(const h2_wire_head& head, h2_priority priority,
                                                       bool has_body, bool websocket)
{
    if (dead_ || said_goodbye_ || peer_farewell_ || own_complaint_) return make_error_code(errc::closed);
    if (open_ >=
        peer_setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, unsettled_streams, limits_.max_streams))
        return make_error_code(errc::too_many_streams);
    const auto nv = pairs(head, id_told_);
    auto stream = std::make_unique<h2_stream>(0, limits_.max_header_bytes);
    stream->priority = priority;
    stream->out_ended = !has_body;
    stream->websocket = websocket;
    nghttp2_data_provider body{};
    body.source.ptr = stream.get();
    body.read_callback = h2_callbacks::read_body;
    const auto id = nghttp2_submit_request(inner_->session, nullptr, nv.data(), nv.size(),
                                           has_body ? &body : nullptr, nullptr);
    // The ids of a connection are used up after a thousand million streams: a new tunnel has new ones.
    if (id < 0) return make_error_code(errc::closed);
    stream->id = id;
    inner_->streams.emplace(id, std::move(stream));
    ++open_;
    rested_ = false;
    return id;
}

boost::system::result<void> h2_session::answer(h2_stream_id id, unsigned status, fields headers,
                                               std::optional<h2_priority> priority)
{
    auto* stream = inner_->find(id);
    if (stream == nullptr || !stream->open || stream->reset_by_us)
        return make_error_code(errc::cancelled_by_peer);
    if (stream->answered) return make_error_code(errc::malformed);
    const auto head = answer_to_wire(status, std::move(headers), limits_.max_header_bytes);
    if (!head) return head.error();
    if (priority) stream->priority = *priority;
    const auto nv = pairs(*head, id_told_);
    nghttp2_data_provider body{};
    body.source.ptr = stream;
    body.read_callback = h2_callbacks::read_body;
    if (nghttp2_submit_response(inner_->session, id, nv.data(), nv.size(), &body) != 0)
        return make_error_code(errc::cancelled_by_peer);
    stream->answered = true;
    return {};
}

boost::system::result<void> h2_session::accept_websocket(h2_stream_id id, fields headers)
{
    strip_websocket_handshake(headers);
    auto accepted = answer(id, 200, std::move(headers), std::nullopt);
    if (accepted) inner_->find(id)->websocket = true;
    return accepted;
}

std::size_t h2_session::write(h2_stream_id id, std::span<const char> bytes)
{
    auto* stream = inner_->find(id);
    if (stream == nullptr || !stream->open || stream->reset_by_us || stream->out_ended) return 0;
    const auto room = send_room_ - std::min(send_room_, stream->out.size());
    const auto taken = std::min(room, bytes.size());
    stream->starved = taken < bytes.size();
    if (taken == 0) return 0;
    stream->out.append(bytes.data(), taken);
    buffered_ += taken;
    inner_->want_to_send(*stream);
    return taken;
}

bool h2_session::write_whole(h2_stream_id id, std::span<const char> bytes)
{
    auto* stream = inner_->find(id);
    if (stream == nullptr || !stream->open || stream->reset_by_us || stream->out_ended) return false;
    if (stream->out.size() >= send_room_) return false;
    stream->out.append(bytes.data(), bytes.size());
    buffered_ += bytes.size();
    inner_->want_to_send(*stream);
    return true;
}

void h2_session::end_body(h2_stream_id id)
{
    auto* stream = inner_->find(id);
    if (stream == nullptr || !stream->open || stream->reset_by_us) return;
    stream->out_ended = true;
    inner_->want_to_send(*stream);
}

std::size_t h2_session::read(h2_stream_id id, std::span<char> into)
{
    auto* stream = inner_->find(id);
    if (stream == nullptr) return 0;
    const auto taken = stream->in.take(into.data(), into.size());
    buffered_ -= taken;
    stream->taken += static_cast<std::uint32_t>(taken);
    if (stream->open && stream->taken >= std::min(told_in_steps, limits_.stream_window / 4))
        nghttp2_submit_window_update(inner_->session, NGHTTP2_FLAG_NONE, id,
                                     static_cast<std::int32_t>(std::exchange(stream->taken, 0)));
    return taken;
}

bool h2_session::body_is_over(h2_stream_id id) const
{
    const auto* stream = inner_->find(id);
    return stream != nullptr && stream->in_ended && stream->in.empty() && !stream->reset_by_us &&
           !stream->released;
}

void h2_session::reset(h2_stream_id id, std::uint32_t code)
{
    auto* stream = inner_->find(id);
    if (stream == nullptr || !stream->open || std::exchange(stream->reset_by_us, true)) return;
    buffered_ -= stream->in.size() + stream->out.size();
    stream->in.clear();
    stream->out.clear();
    nghttp2_submit_rst_stream(inner_->session, NGHTTP2_FLAG_NONE, id, code);
}

void h2_session::release(h2_stream_id id)
{
    auto* stream = inner_->find(id);
    if (stream == nullptr || stream->released) return;
    // A WebSocket's last frame goes out too, if the peer has said its own.
    const bool answer_on_its_way =
        stream->out_ended &&
        (stream->websocket ? stream->in_ended : role_ == h2_role::server && stream->answered);
    if (stream->open && !answer_on_its_way) reset(id, NGHTTP2_CANCEL);
    stream->released = true;
    buffered_ -= stream->in.size();
    stream->in.clear();
    if (!stream->open) inner_->streams.erase(id);
}

void h2_session::ping(std::uint64_t number)
{
    std::array<std::uint8_t, 8> opaque{};
    std::memcpy(opaque.data(), &number, opaque.size());
    nghttp2_submit_ping(inner_->session, NGHTTP2_FLAG_NONE, opaque.data());
}

void h2_session::set_window(h2_stream_id id, std::uint32_t bytes)
{
    const auto* stream = inner_->find(id);
    if (stream == nullptr || !stream->open || stream->reset_by_us) return;
    // Fails for a window past 2^31 and for lack of memory: the window stays as it was then.
    nghttp2_session_set_local_window_size(inner_->session, NGHTTP2_FLAG_NONE, id,
                                          static_cast<std::int32_t>(bytes));
}

void h2_session::set_send_room(std::size_t bytes)
{
    send_room_ = std::max(bytes, least_send_room);
}

void h2_session::go_away(std::uint32_t code, std::string_view reason)
{
    if (std::exchange(said_goodbye_, true)) return;
    nghttp2_submit_goaway(inner_->session, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(inner_->session), code,
                          reinterpret_cast<const std::uint8_t*>(reason.data()), reason.size());
}

bool h2_session::finished() const
{
    if (!carry_.empty()) return false;
    return dead_ || (nghttp2_session_want_read(inner_->session) == 0 &&
                     nghttp2_session_want_write(inner_->session) == 0);
}

} // namespace layerline::transport
