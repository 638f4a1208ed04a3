// The client's side of HTTP/1.1: connections kept for the next request, the request's body pumped beside the
// answer, the answer's body read straight from the connection.
#include "transport/http_client.hpp"

#include "transport/dial.hpp"
#include "transport/error.hpp"
#include "transport/http_head.hpp"
#include "transport/tls.hpp"
#include "transport/websocket.hpp"
#include "transport/wire_reader.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <vector>

namespace layerline::transport {

namespace {

constexpr std::size_t kept_at_most = 4;
// Shorter than what servers allow (75 s here), so that a kept connection is rarely a dead one.
constexpr auto kept_for = std::chrono::seconds(30);
constexpr std::size_t pump_bytes = 64UL * 1024;

// One connection, and what the pump and the answer's reader tell each other.
struct link : std::enable_shared_from_this<link> {
    link(std::shared_ptr<byte_stream> connected, std::size_t max_header_bytes)
        : stream(std::move(connected)), wire(std::make_shared<wire_reader>(stream, max_header_bytes))
    {
    }
    void abort()
    {
        stream->close(true);
        if (!pumping) return;
        // The signal ends the pump's wait for more of the request's body, wherever that comes from.
        net::post(stream->executor(),
                  [self = shared_from_this()] { self->stop_pump.emit(net::cancellation_type::terminal); });
    }

    std::shared_ptr<byte_stream> stream;
    std::shared_ptr<wire_reader> wire;
    net::cancellation_signal stop_pump;
    bool pumping = false;      // the request is not wholly sent
    error_code request_broken; // by its own source
    clock::time_point kept_since;
};

// Sends the request's body. A source that breaks off takes the connection with it, lest half a body look
// whole; a server that stops reading does not, since its answer may be there.
task<void> pump(std::shared_ptr<link> to, std::shared_ptr<body_source> body, bool counted)
{
    std::vector<char> piece(pump_bytes);
    auto left = body->remaining().value_or(0);
    for (;;) {
        if (counted && left == 0) break;
        const auto got = co_await body->read_some(net::buffer(piece));
        if (!got || (counted && (*got == 0 || *got > left))) {
            to->request_broken = got ? make_error_code(errc::malformed) : got.error();
            to->stream->close(true);
            co_return;
        }
        left -= counted ? *got : 0;
        std::array<char, 24> line{};
        const int line_size = counted ? 0 : std::snprintf(line.data(), line.size(), "%zx\r\n", *got);
        const std::string_view line_end = counted ? "" : "\r\n";
        const std::array<net::const_buffer, 3> parts{net::buffer(line, static_cast<std::size_t>(line_size)),
                                                     net::buffer(piece, *got), net::buffer(line_end)};
        const auto sent = co_await to->stream->write(parts);
        if (!sent) co_return;
        if (*got == 0) break; // "0", an empty line: the last chunk
    }
    to->pumping = false;
}

class http_client;

// The answer's body. Gives the connection back when it was read to its end, else ends it.
class answer_body final : public body_source, public std::enable_shared_from_this<answer_body> {
public:
    answer_body(std::shared_ptr<link> from, std::weak_ptr<http_client> owner, clock::duration stall,
                bool keep_alive)
        : from_(std::move(from)), owner_(std::move(owner)), stall_(stall), keep_alive_(keep_alive)
    {
        settle();
    }
    answer_body(const answer_body&) = delete;
    answer_body& operator=(const answer_body&) = delete;
    ~answer_body() override
    {
        if (from_) from_->abort();
    }

    task<result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        if (failed_) co_return failed_;
        if (!from_) co_return std::size_t{0};
        const auto self = shared_from_this();
        const auto got = co_await from_->wire->read_body(into, stall_);
        if (!got) {
            failed_ = got.error();
            std::exchange(from_, nullptr)->abort();
            co_return failed_;
        }
        settle();
        co_return got;
    }

    std::optional<std::uint64_t> remaining() const override
    {
        return from_ ? from_->wire->body_left() : std::optional<std::uint64_t>(0);
    }

private:
    void settle();

    std::shared_ptr<link> from_;
    std::weak_ptr<http_client> owner_;
    clock::duration stall_;
    bool keep_alive_;
    error_code failed_;
};

class http_client final : public requester, public std::enable_shared_from_this<http_client> {
public:
    http_client(std::optional<dial_address> base, client_options options)
        : base_(std::move(base)), options_(std::move(options))
    {
    }

    task<result<response>> send(request_head head, std::shared_ptr<body_source> body) override
    {
        const auto self = shared_from_this();
        if (!base_) co_return error_code(errc::unreachable);
        const bool counted = body && body->remaining().has_value();
        const auto text = head_text(head, body.get());
        if (!text) co_return error_code(errc::malformed);
        // A kept connection may turn out to be closed by the server at that very moment: what changes
        // nothing may be asked again, once.
        const bool repeatable = !body && (head.method == "GET" || head.method == "HEAD");
        if (auto kept = take_kept()) {
            auto answer = co_await ask(std::move(kept), head, *text, body, counted);
            if (answer || !repeatable || answer.error() == errc::timed_out ||
                answer.error() == errc::malformed || answer.error() == errc::too_large)
                co_return answer;
        }
        auto fresh = co_await connect(head.deadline);
        if (!fresh) co_return fresh.error();
        co_return co_await ask(std::move(*fresh), head, *text, body, counted);
    }

    task<result<websocket_answer>> open_websocket(request_head head) override
    {
        const auto self = shared_from_this();
        if (!base_) co_return error_code(errc::unreachable);
        for (const field& f : head.headers)
            if (!valid_field_name(f.name) || !valid_field_value(f.value))
                co_return error_code(errc::malformed);
        const auto target = full_target(head.target);
        if (!target || !valid_target(*target)) co_return error_code(errc::malformed);
        auto made = co_await connect(head.deadline);
        if (!made) co_return made.error();
        head.headers.erase("x-layerline-timeout-ms");
        const auto by = std::min(clock::now() + options_.connect_timeout,
                                 head.deadline.value_or(clock::time_point::max()));
        co_return co_await ask_for_websocket((*made)->stream, base_->host_field, *target,
                                             std::move(head.headers), by, base_->host);
    }

    void keep(std::shared_ptr<link> idle)
    {
        std::erase_if(kept_, [](const auto& one) { return is_stale(*one); });
        if (kept_.size() >= kept_at_most) return;
        idle->kept_since = clock::now();
        kept_.push_back(std::move(idle));
    }

private:
    static bool is_stale(link& one)
    {
        return clock::now() - one.kept_since > kept_for || !one.wire->input().empty() || one.stream->stale();
    }

    std::shared_ptr<link> take_kept()
    {
        while (!kept_.empty()) {
            auto newest = std::move(kept_.back());
            kept_.pop_back();
            if (!is_stale(*newest)) return newest;
        }
        return nullptr;
    }

    std::optional<std::string> head_text(const request_head& head, const body_source* body) const
    {
        fields headers = head.headers;
        strip_hop_by_hop(headers);
        headers.erase("expect"); // the body is sent without waiting to be asked
        headers.erase("content-length");
        headers.erase("x-layerline-timeout-ms");
        if (!headers.find("host")) headers.set("host", base_->host_field);
        if (head.deadline) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(*head.deadline - clock::now());
            headers.set("x-layerline-timeout-ms",
                        std::to_string(std::clamp<std::int64_t>(left.count(), 1, 86400000)));
        }
        if (body != nullptr) {
            const auto length = body->remaining();
            if (length)
                headers.set("content-length", std::to_string(*length));
            else
                headers.set("transfer-encoding", "chunked");
        } else if (head.method != "GET" && head.method != "HEAD" && head.method != "DELETE" &&
                   head.method != "OPTIONS") {
            headers.set("content-length", "0");
        }
        const auto target = full_target(head.target);
        if (!target) return std::nullopt;
        return write_request(head.method, *target, headers);
    }

    // With the base's path before it.
    std::optional<std::string> full_target(std::string_view target) const
    {
        if (!target.starts_with('/') && target != "*") return std::nullopt;
        std::string_view prefix = base_->path;
        while (prefix.ends_with('/'))
            prefix.remove_suffix(1);
        return std::string(prefix).append(target);
    }

    task<result<std::shared_ptr<link>>> connect(std::optional<clock::time_point> deadline)
    {
        if (base_->tls && !tls_) {
            auto made = client_tls(options_.ca_file);
            if (!made) co_return made.error();
            tls_ = std::move(*made);
        }
        const auto by =
            std::min(clock::now() + options_.connect_timeout, deadline.value_or(clock::time_point::max()));
        auto stream = co_await dial(*base_, tls_, options_.allow_insecure, by);
        if (!stream) co_return stream.error();
        co_return std::make_shared<link>(std::move(*stream), options_.max_header_bytes);
    }

    // Without a deadline the answer is waited for until the connection breaks or the caller is cancelled.
    task<result<response>> ask(std::shared_ptr<link> on, const request_head& head, const std::string& text,
                               std::shared_ptr<body_source> body, bool counted)
    {
        struct guard {
            std::shared_ptr<link> on;
            ~guard()
            {
                if (on) on->abort();
            }
        } ends{on};
        const auto by = head.deadline.value_or(clock::time_point::max());
        on->stream->write_limits(options_.body_stall, by);
        const std::array<net::const_buffer, 3> parts{net::buffer(text)};
        const auto sent = co_await on->stream->write(parts);
        if (!sent) co_return sent.error();
        // From here on the body's own limit holds.
        on->stream->write_limits(options_.body_stall, clock::time_point::max());
        if (body) {
            on->pumping = true;
            net::co_spawn(
                on->stream->executor(), pump(on, body, counted),
                net::bind_cancellation_slot(on->stop_pump.slot(), [on](const std::exception_ptr& thrown) {
                    if (thrown) on->stream->close(true);
                }));
        }
        auto answer = co_await read_head(*on, head.method, by);
        if (on->request_broken) co_return on->request_broken;
        if (!answer) co_return answer.error();
        on->wire->begin_body(answer->body);
        response out;
        out.head = std::move(answer->head);
        out.body = std::make_shared<answer_body>(std::exchange(ends.on, nullptr), weak_from_this(),
                                                 options_.body_stall, answer->keep_alive);
        co_return std::move(out);
    }

    task<result<parsed_response>> read_head(link& on, std::string_view method, clock::time_point by)
    {
        std::size_t seen = 0;
        unsigned interim = 0;
        for (;;) {
            auto& input = on.wire->input();
            auto parsed = parse_response(input.view(), seen, options_.max_header_bytes, method);
            if (const auto* refused = std::get_if<refusal>(&parsed))
                co_return error_code(refused->status == 431 ? errc::too_large : errc::malformed);
            if (auto* head = std::get_if<parsed_response>(&parsed)) {
                input.consume(head->consumed);
                if (head->head.status >= 200) co_return std::move(*head);
                // 101 was not asked for; of the others a few may come before the answer.
                if (head->head.status == 101 || ++interim > 8) co_return error_code(errc::malformed);
                seen = 0;
                continue;
            }
            const auto more = co_await on.wire->fill(by);
            if (!more) co_return more.error();
            if (*more == 0) co_return error_code(net::error::connection_reset);
        }
    }

    std::optional<dial_address> base_;
    client_options options_;
    std::shared_ptr<net::ssl::context> tls_;
    std::vector<std::shared_ptr<link>> kept_; // the newest last
};

void answer_body::settle()
{
    if (!from_ || !from_->wire->body_done()) return;
    const auto done = std::exchange(from_, nullptr);
    const auto owner = owner_.lock();
    if (owner && keep_alive_ && !done->pumping)
        owner->keep(done);
    else if (done->pumping)
        done->abort();
    else
        done->stream->close(false);
}

} // namespace

std::shared_ptr<requester> make_http_client(net::io_context&, std::string base, client_options options)
{
    return std::make_shared<http_client>(parse_address(base), std::move(options));
}

task<result<std::shared_ptr<message_stream>>> dial_websocket(std::string url, fields headers,
                                                             client_options options, unsigned* refused_status)
{
    const auto address = parse_address(url);
    if (!address || !address->unix_path.empty()) co_return error_code(errc::unreachable);
    const auto by = clock::now() + options.connect_timeout;
    std::shared_ptr<net::ssl::context> tls;
    if (address->tls) {
        auto made = client_tls(options.ca_file);
        if (!made) co_return made.error();
        tls = std::move(*made);
    }
    for (const field& f : headers)
        if (!valid_field_name(f.name) || !valid_field_value(f.value)) co_return error_code(errc::malformed);
    auto stream = co_await dial(*address, tls, options.allow_insecure, by);
    if (!stream) co_return stream.error();
    if (tls) forget_authorities(*tls); // it lives as long as the connection
    auto answer = co_await ask_for_websocket(std::move(*stream), address->host_field, address->path,
                                             std::move(headers), by, address->host);
    if (!answer) co_return answer.error();
    if (answer->stream) co_return std::move(answer->stream);
    if (refused_status != nullptr) *refused_status = answer->head.status;
    co_return error_code(errc::upgrade_refused);
}

} // namespace layerline::transport
