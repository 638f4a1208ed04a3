// Frames to and from the stream's body. Pings are answered here; a close is answered and then waited out, as
// the other edges do.
#include "transport/tunnel/tunnel_websocket.hpp"

#include "transport/error.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

namespace layerline::transport {

namespace {

constexpr auto close_wait = std::chrono::seconds(2);
constexpr std::size_t read_buffer = std::size_t{4} * 1024;
// What is masked and queued at once; the queue behind it holds no more than four of these.
constexpr std::size_t write_piece = std::size_t{16} * 1024;

// Marks a coroutine's turn, and tells whoever waits for its end.
class turn {
public:
    turn(bool& flag, wakeup& changed) : flag_(flag), changed_(changed) { flag_ = true; }
    ~turn()
    {
        flag_ = false;
        changed_.notify();
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

private:
    bool& flag_;
    wakeup& changed_;
};

} // namespace

// A frame that stays unfinished makes everything after it unreadable: the stream is given up then.
struct tunnel_websocket::writing {
    explicit writing(tunnel_websocket& of) : socket(of), mine(of.writing_, of.stream_->changed) {}
    ~writing()
    {
        if (!complete) socket.abort();
    }
    writing(const writing&) = delete;
    writing& operator=(const writing&) = delete;

    tunnel_websocket& socket;
    turn mine;
    bool complete = false;
};

tunnel_websocket::tunnel_websocket(std::shared_ptr<tunnel_link> link, std::shared_ptr<tunnel_stream> stream,
                                   bool client, std::string peer)
    : link_(std::move(link)), stream_(std::move(stream)), peer_(std::move(peer)), frames_(!client),
      client_(client)
{
}

tunnel_websocket::~tunnel_websocket()
{
    link_->drop(*stream_);
}

std::optional<frame_mask> tunnel_websocket::mask() const
{
    if (!client_) return std::nullopt;
    // The mask must not be foreseeable by whoever chose the payload (RFC 6455 section 10.3).
    std::random_device source;
    const std::uint32_t word = source();
    frame_mask out{};
    std::memcpy(out.data(), &word, out.size());
    return out;
}

error_code tunnel_websocket::gone() const
{
    if (far_close_ || close_said_) return errc::closed;
    return stream_->broken ? stream_->broken : make_error_code(errc::cancelled_by_peer);
}

// Control frames go between others, never into the middle of one.
void tunnel_websocket::flush_control()
{
    if (writing_ || control_.empty() || stream_->closed) return;
    if (!link_->session().write_whole(stream_->id, control_)) return; // the next write takes it along
    control_.clear();
    link_->send_soon();
}

void tunnel_websocket::say(frame_kind kind, std::string_view payload)
{
    if (close_said_ || stream_->closed) return;
    // Of pings that cannot be answered yet the newest counts (RFC 6455 section 5.5.3).
    control_ = control_frame(kind, payload, mask());
    flush_control();
}

void tunnel_websocket::say_close(const close_words& words)
{
    if (close_said_) return;
    say(frame_kind::close, close_payload(words));
    close_said_ = true;
    if (writing_ || !control_.empty()) return; // cannot be said: the stream will be reset
    link_->session().end_body(stream_->id);
    link_->send_soon();
}

// The far end has closed: says so too, and waits until both ways have ended.
task<void> tunnel_websocket::answer_close()
{
    const auto self = shared_from_this();
    const auto by = clock::now() + close_wait;
    while (writing_ && !stream_->closed && clock::now() < by)
        co_await stream_->changed.wait(by);
    say_close(*far_close_);
    while (!stream_->closed && clock::now() < by) {
        const bool wanted = co_await stream_->changed.wait(by);
        if (!wanted) co_return;
    }
}

task<result<message_part>> tunnel_websocket::next_part(net::mutable_buffer into, clock::time_point by)
{
    const auto self = shared_from_this();
    const turn mine(reading_, stream_->changed);
    const std::span<char> room(static_cast<char*>(into.data()), into.size());
    if (far_close_) co_return error_code(errc::closed);
    if (room.empty()) co_return message_part();
    for (;;) {
        std::span<const char> rest(in_.data() + at_, have_ - at_);
        auto found = frames_.next(rest, room);
        at_ = have_ - rest.size();
        if (!found) {
            say_close(close_words{1002, "bad frame"});
            abort();
            co_return found.error();
        }
        if (const auto* part = std::get_if<message_part>(&*found)) co_return *part;
        if (const auto* ping = std::get_if<frame_reader::ping>(&*found)) {
            say(frame_kind::pong, ping->payload);
            continue;
        }
        if (auto* words = std::get_if<close_words>(&*found)) {
            far_close_ = std::move(*words);
            co_await answer_close();
            co_return error_code(errc::closed);
        }
        if (in_.empty()) in_.resize(read_buffer);
        at_ = have_ = 0;
        const auto got = co_await link_->read(stream_, net::buffer(in_), by);
        if (!got) {
            const bool closing = close_said_ && got.error() != errc::timed_out;
            co_return closing ? make_error_code(errc::closed) : got.error();
        }
        // The end of the stream without a close is what a cut connection is elsewhere.
        if (*got == 0) co_return error_code(close_said_ ? errc::closed : errc::cancelled_by_peer);
        have_ = *got;
    }
}

task<result<message_part>> tunnel_websocket::read_part(net::mutable_buffer into)
{
    return next_part(into, clock::time_point::max());
}

task<result<std::size_t>> tunnel_websocket::read_some(net::mutable_buffer into)
{
    const auto self = shared_from_this();
    for (;;) {
        const auto part = co_await read_part(into);
        if (!part) co_return part.error();
        if (part->kind == message_kind::text) {
            co_await close(1003, "binary messages only");
            co_return error_code(errc::malformed);
        }
        if (part->bytes > 0 || into.size() == 0) co_return part->bytes;
    }
}

task<result<std::string>> tunnel_websocket::read_message(std::size_t limit)
{
    const auto self = shared_from_this();
    std::string message;
    for (;;) {
        const std::size_t had = message.size();
        // One byte more than allowed shows what is too large.
        message.resize(had + std::min<std::size_t>(limit + 1 - had, std::max(had, read_buffer)));
        const auto part = co_await read_part(net::buffer(message.data() + had, message.size() - had));
        if (!part) co_return part.error();
        message.resize(had + part->bytes);
        if (part->kind == message_kind::text) {
            co_await close(1003, "binary messages only");
            co_return error_code(errc::malformed);
        }
        if (message.size() > limit) {
            co_await close(1009, "message too large");
            co_return error_code(errc::too_large);
        }
        if (part->last) co_return message;
    }
}

task<result<void>> tunnel_websocket::write_message(net::const_buffer bytes)
{
    return write_part(message_kind::binary, bytes, true);
}

task<result<void>> tunnel_websocket::write_part(message_kind kind, net::const_buffer bytes, bool last)
{
    const auto self = shared_from_this();
    if (close_said_ || far_close_ || stream_->closed) co_return gone();
    writing frame(*this);
    const auto key = mask();
    const auto first = kind == message_kind::text ? frame_kind::text : frame_kind::binary;
    std::string piece = std::exchange(control_, {});
    piece += frame_head(in_message_ ? frame_kind::continuation : first, last, bytes.size(), key);
    in_message_ = !last;
    std::span<const char> rest(static_cast<const char*>(bytes.data()), bytes.size());
    std::uint64_t done = 0;
    do {
        const auto count = std::min(rest.size(), write_piece);
        const auto head = piece.size();
        piece.append(rest.data(), count);
        if (key) apply_mask(std::span<char>(piece).subspan(head), *key, done);
        done += count;
        rest = rest.subspan(count);
        const auto written = co_await link_->write(stream_, net::buffer(piece));
        if (!written) co_return stream_->closed ? gone() : written.error();
        piece.clear();
    } while (!rest.empty());
    frame.complete = true;
    writing_ = false;
    flush_control();
    co_return result<void>{};
}

task<void> tunnel_websocket::close(std::uint16_t code, std::string reason)
{
    const auto self = shared_from_this();
    const auto by = clock::now() + close_wait;
    while (writing_ && !stream_->closed && clock::now() < by)
        co_await stream_->changed.wait(by);
    say_close(close_words{code, std::move(reason)});
    std::array<char, 512> waste{};
    while (!stream_->closed && !far_close_ && clock::now() < by) {
        if (reading_) {
            co_await stream_->changed.wait(by);
        } else {
            const auto part = co_await next_part(net::buffer(waste), by);
            if (!part) break;
        }
    }
    abort();
}

void tunnel_websocket::abort()
{
    if (!stream_->closed) link_->reset(*stream_, NGHTTP2_CANCEL, errc::closed);
}

} // namespace layerline::transport
