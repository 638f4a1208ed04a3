// Answers on the wire, and the request's body as a source.
#include "transport/http_exchange.hpp"

#include "transport/date_field.hpp"
#include "transport/error.hpp"
#include "transport/websocket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>

namespace layerline::transport {

namespace {

// An answer told to be this small is made in memory: its head waits for the body and both leave together.
constexpr std::uint64_t held_up_to = 64UL * 1024;

std::string chunk_line(std::size_t size)
{
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
    return std::string(digits.data(), end) + "\r\n";
}

// Whether `connection` lists "close".
bool says_close(const fields& headers)
{
    const auto value = headers.find("connection");
    return value && value->find("close") != std::string_view::npos;
}

// The only content-length of an answer; false if it is no single number.
bool told_length(const fields& headers, std::optional<std::uint64_t>& length)
{
    for (const field& f : headers) {
        if (f.name != "content-length") continue;
        if (length) return false;
        length = parse_length(f.value);
        if (!length) return false;
    }
    return true;
}

} // namespace

struct http_exchange::interim {
    explicit interim(const net::io_executor& executor) : sent(executor, clock::time_point::max()) {}
    bool due = true;        // the caller waits for it before it sends the body
    bool under_way = false; // it is being written now
    bool answered = false;  // too late: the answer has begun
    net::steady_timer sent;
};

class http_exchange::incoming final : public body_source {
public:
    incoming(std::shared_ptr<wire_reader> wire, std::shared_ptr<interim> first, clock::duration stall,
             std::function<void()> quiet)
        : wire_(std::move(wire)), first_(std::move(first)), stall_(stall), quiet_(std::move(quiet))
    {
    }

    task<result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        if (over_) co_return error_code(errc::closed);
        const auto wire = wire_;
        const auto first = first_;
        if (first && first->due && !first->answered) {
            first->due = false;
            first->under_way = true;
            struct mark {
                interim& of;
                ~mark()
                {
                    of.under_way = false;
                    of.sent.cancel();
                }
            } const afterwards{*first};
            static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            const std::array<net::const_buffer, 3> parts{net::buffer(go_on)};
            const auto sent = co_await wire->stream().write(parts);
            if (!sent) co_return sent.error();
        }
        const auto got = co_await wire->read_body(into, stall_);
        if (got && wire->body_done() && quiet_) std::exchange(quiet_, nullptr)();
        co_return got;
    }

    std::optional<std::uint64_t> remaining() const override { return over_ ? 0 : wire_->body_left(); }

    void end()
    {
        over_ = true;
        quiet_ = nullptr;
    }

private:
    std::shared_ptr<wire_reader> wire_;
    std::shared_ptr<interim> first_;
    clock::duration stall_;
    std::function<void()> quiet_;
    bool over_ = false; // the exchange has ended; the connection goes on without this body
};

http_exchange::http_exchange(std::shared_ptr<wire_reader> wire, parsed_request request,
                             const http_limits& limits, std::function<void()> quiet)
    : wire_(std::move(wire)), request_(std::move(request)), limits_(limits), keep_alive_(request_.keep_alive)
{
    if (request_.expects_continue) interim_ = std::make_shared<interim>(wire_->stream().executor());
    wire_->begin_body(request_.body);
    wire_->stream().write_limits(limits_.body_stall, clock::time_point::max());
    incoming_ = std::make_shared<incoming>(wire_, interim_, limits_.body_stall, quiet);
    // Nothing is read ahead of a WebSocket: its bytes belong to whoever takes the socket over.
    if (wire_->body_done() && wants_websocket())
        quiet_ = std::move(quiet);
    else if (wire_->body_done())
        quiet();
}

http_exchange::~http_exchange()
{
    incoming_->end();
}

void http_exchange::end_body()
{
    incoming_->end();
}

std::shared_ptr<body_source> http_exchange::body()
{
    return incoming_;
}

bool http_exchange::wants_websocket() const
{
    return request_.wants_websocket && wire_->stream().can_be_released();
}

bool http_exchange::bodiless() const
{
    return request_.head.method == "HEAD" || status_ == 204 || status_ == 304;
}

// A small answer goes out here and now, which saves a turn of the loop and the coroutines below send().
bool http_exchange::send_now(std::array<net::const_buffer, 3>& parts)
{
    return !(interim_ && interim_->under_way) && wire_->stream().write_now(parts);
}

// Broken until it is whole on the wire: also when the handler is cancelled in the midst of it.
task<result<void>> http_exchange::send(std::array<net::const_buffer, 3> parts)
{
    while (interim_ && interim_->under_way)
        co_await interim_->sent.async_wait(net::as_tuple(net::use_awaitable));
    broken_ = true;
    const auto sent = co_await wire_->stream().write(parts);
    if (!sent) co_return sent.error();
    broken_ = false;
    co_return result<void>{};
}

task<result<void>> http_exchange::respond(response_head head)
{
    std::optional<std::uint64_t> length;
    // 1xx is not an answer; the one that HTTP needs is sent by the body's first read.
    if (begun_ || handed_over_ || head.status < 200 || !told_length(head.headers, length))
        co_return error_code(errc::malformed);
    status_ = head.status;
    if (says_close(head.headers)) keep_alive_ = false;
    // The caller may or may not send the body that was never asked for: no telling what comes next.
    if (interim_ && interim_->due) keep_alive_ = false;
    strip_hop_by_hop(head.headers);
    head.headers.set("x-request-id", request_.head.headers.find("x-request-id").value_or(""));
    // Who answers first says when; what passes through keeps its own.
    if (!head.headers.find("date")) head.headers.set("date", date_now());
    if (status_ == 204) head.headers.erase("content-length");
    if (!bodiless() && !length) {
        if (request_.http_1_0)
            keep_alive_ = false;
        else {
            chunked_ = true;
            head.headers.set("transfer-encoding", "chunked");
        }
    }
    if (!keep_alive_)
        head.headers.set("connection", "close");
    else if (request_.http_1_0)
        head.headers.set("connection", "keep-alive");
    // A camera's pictures: one that waits is an old one.
    if (head.headers.find("content-type").value_or("").starts_with("multipart/x-mixed-replace"))
        wire_->stream().keep_little_unsent();
    auto text = write_response(status_, head.headers);
    if (!text) co_return error_code(errc::malformed);

    begun_ = true;
    if (interim_) interim_->answered = true;
    has_length_ = length.has_value() || bodiless();
    left_ = length.value_or(0);
    if (request_.wants_websocket && wire_->body_done() && quiet_) std::exchange(quiet_, nullptr)();
    held_ = std::move(*text);
    if (has_length_ && left_ <= held_up_to) co_return result<void>{};
    const std::array<net::const_buffer, 3> parts{net::buffer(held_)};
    const auto sent = co_await send(parts);
    held_.clear();
    co_return sent;
}

task<result<void>> http_exchange::write(net::const_buffer part)
{
    if (!begun_ || finished_ || broken_) co_return error_code(errc::closed);
    if (part.size() == 0) co_return result<void>{};
    if (request_.head.method == "HEAD") co_return result<void>{};
    if (has_length_ && part.size() > left_) {
        broken_ = true;
        co_return error_code(errc::too_large);
    }
    std::string before = std::exchange(held_, {});
    if (chunked_) before += chunk_line(part.size());
    static constexpr std::string_view line_end = "\r\n";
    std::array<net::const_buffer, 3> parts{net::buffer(before), part,
                                           net::buffer(line_end.substr(0, chunked_ ? 2 : 0))};
    if (!send_now(parts)) {
        const auto sent = co_await send(parts);
        if (!sent) co_return sent.error();
    }
    if (has_length_) left_ -= part.size();
    co_return result<void>{};
}

task<result<void>> http_exchange::finish()
{
    if (!begun_ || finished_ || broken_) co_return error_code(errc::closed);
    finished_ = true;
    if (has_length_ && left_ > 0 && !bodiless()) {
        broken_ = true; // fewer bytes than told
        co_return error_code(errc::malformed);
    }
    std::string rest = std::exchange(held_, {});
    if (chunked_) rest += "0\r\n\r\n";
    if (rest.empty()) co_return result<void>{};
    std::array<net::const_buffer, 3> parts{net::buffer(rest)};
    if (send_now(parts)) co_return result<void>{};
    co_return co_await send(parts);
}

task<result<std::shared_ptr<message_stream>>> http_exchange::accept_websocket(fields headers)
{
    if (begun_ || handed_over_ || !wants_websocket()) co_return error_code(errc::malformed);
    // A client has to wait for the answer before it sends frames.
    if (!wire_->input().empty()) {
        keep_alive_ = false;
        co_return error_code(errc::malformed);
    }
    handed_over_ = true;
    wire_->input().give_back(); // a WebSocket may last for months
    co_return co_await upgrade(wire_->shared_stream(), request_.head, std::move(headers),
                               limits_.head_timeout);
}

std::string error_body(unsigned status, std::string_view why, std::string_view request_id)
{
    std::string out = "{\"Status\":" + std::to_string(status) + ",\"Error\":\"";
    out.append(why).append("\",\"RequestId\":\"").append(request_id).append("\"}");
    return out;
}

} // namespace layerline::transport
