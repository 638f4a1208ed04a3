// WebSockets on Beast. No compression, binary messages sent in one frame, no idle limit: the tunnel has its
// own keep-alive. Beast's timer bounds closing only.
#include "transport/websocket.hpp"

#include "transport/error.hpp"
#include "transport/send_queue.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket.hpp>

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <tuple>

namespace layerline::transport {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using net::ip::tcp;

namespace {

constexpr auto as_result = net::as_tuple(net::use_awaitable);
constexpr auto close_wait = std::chrono::seconds(2);

// Closes a socket when a wait takes too long; to be forgotten by destroying it. The socket may be gone by
// the time that the timer's handler runs, so the handler asks first.
template <class Abort>
class time_limit {
public:
    time_limit(const net::io_executor& executor, clock::time_point by, Abort abort)
        : timer_(executor, by), late_(std::make_shared<bool>(false))
    {
        timer_.async_wait([late = late_, live = std::weak_ptr<bool>(live_),
                           abort = std::move(abort)](const error_code& ec) {
            if (ec || live.expired()) return;
            *late = true;
            abort();
        });
    }
    bool late() const { return *late_; }

private:
    net::steady_timer timer_;
    std::shared_ptr<bool> late_, live_ = std::make_shared<bool>(true);
};

// What Beast says, in our words.
error_code explained(error_code ec)
{
    if (ec == websocket::error::closed) return make_error_code(errc::closed);
    if (ec == beast::error::timeout) return make_error_code(errc::timed_out);
    if (ec == websocket::error::message_too_big || ec == websocket::error::buffer_overflow)
        return make_error_code(errc::too_large);
    if (ec.category() == make_error_code(websocket::error::closed).category() ||
        ec.category() == http::make_error_code(http::error::end_of_stream).category())
        return make_error_code(errc::malformed);
    return ec;
}

// A socket that Beast leaves within a time of ours: after a bad frame, too, it says good-bye and then waits
// for the far end to hang up, with no limit of its own.
template <class Next>
class bounded : public Next {
public:
    explicit bounded(Next&& next) : Next(std::move(next)) {}
};

task<error_code> leave(tcp::socket& socket)
{
    const time_limit limit(socket.get_executor(), clock::now() + close_wait, [&socket] {
        error_code ignored;
        socket.close(ignored);
    });
    co_await net::post(socket.get_executor(), as_result); // never done from inside of async_teardown
    error_code ec;
    socket.shutdown(net::socket_base::shutdown_send, ec);
    std::array<char, 1024> waste; // NOLINT(cppcoreguidelines-pro-type-member-init): written only
    while (!ec)
        std::tie(ec, std::ignore) = co_await socket.async_read_some(net::buffer(waste), as_result);
    co_return ec;
}

task<error_code> leave(tls_stream& stream)
{
    const time_limit limit(stream.get_executor(), clock::now() + close_wait, [&stream] {
        error_code ignored;
        stream.lowest_layer().close(ignored);
    });
    co_await net::post(stream.get_executor(), as_result);
    const auto [ec] = co_await stream.async_shutdown(as_result);
    co_return ec;
}

// Found by Beast instead of its own. The handler owns the stream, so it lives until then.
template <class Next, class Handler>
void async_teardown(beast::role_type, bounded<Next>& stream, Handler&& handler)
{
    net::co_spawn(stream.get_executor(), leave(stream),
                  [done = std::forward<Handler>(handler)](const std::exception_ptr&, error_code ec) mutable {
                      done(ec);
                  });
}

template <class Next>
class websocket_stream final : public message_stream,
                               public send_queue,
                               public std::enable_shared_from_this<websocket_stream<Next>> {
public:
    websocket_stream(Next next, std::string peer, std::shared_ptr<void> kept)
        : kept_(std::move(kept)), ws_(bounded<Next>(std::move(next))), peer_(std::move(peer))
    {
    }

    void configure(bool client)
    {
        limit_waits(websocket::stream_base::none()); // the caller bounds the handshake
        ws_.binary(true);
        ws_.auto_fragment(false);
        ws_.read_message_max(max_message);
        // A client masks what it sends, piece by piece through this buffer: one write for a tunnel's largest
        // message. Of the buffer only what is used becomes memory.
        if (client) ws_.write_buffer_bytes(256UL * 1024 + 14);
        // What waits in the kernel cannot be overtaken by a command; see docs/architecture.md.
        const int unsent = 16 * 1024;
        ::setsockopt(beast::get_lowest_layer(ws_).native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent,
                     sizeof unsent);
    }

    task<error_code> accept(request_head head, fields headers, clock::time_point by)
    {
        const auto self = this->shared_from_this();
        http::request<http::empty_body> request;
        request.method_string(head.method);
        request.target(head.target);
        for (const field& f : head.headers)
            if (f.name == "host" || f.name == "upgrade" || f.name == "connection" ||
                f.name.starts_with("sec-websocket-"))
                request.insert(f.name, f.value);
        strip_websocket_handshake(headers);
        headers.set("x-request-id", std::string(head.headers.find("x-request-id").value_or("")));
        ws_.set_option(websocket::stream_base::decorator(
            [headers = std::move(headers)](websocket::response_type& answer) {
                for (const field& f : headers)
                    answer.insert(f.name, f.value);
            }));
        const time_limit limit(ws_.get_executor(), by, [this] { abort(); });
        const auto [ec] = co_await ws_.async_accept(request, as_result);
        if (limit.late()) co_return make_error_code(errc::timed_out);
        if (ec) co_return explained(ec);
        limit_waits(close_wait); // also when Beast itself closes, after a bad frame
        co_return ec;
    }

    // No error and no upgrade: `answer` says why not.
    task<error_code> ask(std::string host, std::string target, fields headers, clock::time_point by,
                         websocket_answer& answer)
    {
        const auto self = this->shared_from_this();
        if (const auto named = headers.find("host")) host = std::string(*named);
        headers.erase("host");
        strip_websocket_handshake(headers);
        ws_.set_option(websocket::stream_base::decorator(
            [headers = std::move(headers)](websocket::request_type& request) {
                // Beast's own name of the client; the caller's, or none, is what the far end shall see.
                request.erase(http::field::user_agent);
                for (const field& f : headers)
                    request.insert(f.name, f.value);
            }));
        websocket::response_type said;
        const time_limit limit(ws_.get_executor(), by, [this] { abort(); });
        const auto [ec] = co_await ws_.async_handshake(said, host, target, as_result);
        if (limit.late()) co_return make_error_code(errc::timed_out);
        if (ec && ec != websocket::error::upgrade_declined) co_return explained(ec);
        answer.head.status = said.result_int();
        for (const auto& f : said) {
            std::string name(f.name_string().data(), f.name_string().size());
            std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
                return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
            });
            answer.head.headers.add(std::move(name), std::string(f.value().data(), f.value().size()));
        }
        if (ec) {
            strip_hop_by_hop(answer.head.headers);
            answer.body = make_body(std::move(said.body()));
            co_return error_code{};
        }
        strip_websocket_handshake(answer.head.headers);
        limit_waits(close_wait);
        answer.stream = self;
        co_return error_code{};
    }

    task<result<std::string>> read_message(std::size_t limit) override
    {
        const auto self = this->shared_from_this();
        std::string message;
        for (;;) {
            const std::size_t had = message.size();
            // One byte more than allowed shows what is too large.
            message.resize(had + std::min<std::size_t>(limit + 1 - had, std::max<std::size_t>(had, 4096)));
            const auto [ec, n] = co_await ws_.async_read_some(
                net::buffer(message.data() + had, message.size() - had), as_result);
            message.resize(had + n);
            if (ec) co_return explained(ec);
            if (ws_.got_text()) {
                co_await refuse_text();
                co_return error_code(errc::malformed);
            }
            if (message.size() > limit) {
                co_await close(websocket::close_code::too_big, "message too large");
                co_return error_code(errc::too_large);
            }
            if (ws_.is_message_done()) co_return message;
        }
    }

    task<result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        const auto self = this->shared_from_this();
        if (late_) co_return std::exchange(late_, {});
        std::size_t had = 0;
        while (had < into.size()) {
            const auto [ec, n] = co_await ws_.async_read_some(into + had, as_result);
            if (ec && had == 0) co_return explained(ec);
            if (ec) {
                late_ = explained(ec); // for the next call; what came before it is good
                break;
            }
            if (ws_.got_text()) {
                co_await refuse_text();
                co_return error_code(errc::malformed);
            }
            had += n;
            // Beast gives what came with a message's head apart from the rest. A frame in both would wake its
            // reader twice, and be sent on in two parts.
            if (had > 0 && (ws_.is_message_done() || !more_is_here())) break;
        }
        co_return had;
    }

    task<result<void>> write_message(net::const_buffer bytes) override
    {
        const auto self = this->shared_from_this();
        const auto [ec, n] = co_await ws_.async_write(bytes, as_result);
        if (ec) co_return explained(ec);
        co_return result<void>{};
    }

    task<result<message_part>> read_part(net::mutable_buffer into) override
    {
        const auto self = this->shared_from_this();
        // Parts are handed on as they come, so that no length of a message costs memory.
        if (!std::exchange(any_length_, true)) ws_.read_message_max(0);
        for (;;) {
            const auto [ec, n] = co_await ws_.async_read_some(into, as_result);
            if (ec == websocket::error::closed) far_closed_ = true;
            if (ec) co_return explained(ec);
            message_part part;
            part.bytes = n;
            part.kind = ws_.got_text() ? message_kind::text : message_kind::binary;
            part.last = ws_.is_message_done();
            if (n > 0 || part.last) co_return part;
        }
    }

    task<result<void>> write_part(message_kind kind, net::const_buffer bytes, bool last) override
    {
        const auto self = this->shared_from_this();
        ws_.text(kind == message_kind::text);
        const auto [ec, n] = co_await ws_.async_write_some(last, bytes, as_result);
        ws_.binary(true);
        if (ec) co_return explained(ec);
        co_return result<void>{};
    }

    std::optional<close_words> far_close() const override
    {
        if (!far_closed_) return std::nullopt;
        const auto& said = ws_.reason();
        close_words words;
        if (said) words.code = said.code;
        words.reason.assign(said.reason.data(), said.reason.size());
        return words;
    }

    task<void> close(std::uint16_t code, std::string reason) override
    {
        const auto self = this->shared_from_this();
        if (!lowest().is_open()) co_return;
        {
            const time_limit limit(ws_.get_executor(), clock::now() + close_wait, [this] { abort(); });
            websocket::close_reason why(code);
            why.reason.assign(reason.data(), std::min<std::size_t>(reason.size(), 120));
            co_await ws_.async_close(why, as_result);
        }
        abort();
    }

    void abort() override
    {
        error_code ignored;
        lowest().close(ignored);
    }

    std::optional<std::array<unsigned char, 32>> channel_binding() override
    {
        if constexpr (std::is_same_v<Next, tls_stream>) {
            std::array<unsigned char, 32> value{};
            constexpr std::string_view label = "EXPORTER-layerline-tunnel";
            if (SSL_export_keying_material(ws_.next_layer().native_handle(), value.data(), value.size(),
                                           label.data(), label.size(), nullptr, 0, 0) == 1)
                return value;
        }
        return std::nullopt;
    }

    std::string peer() const override { return peer_; }

    std::size_t unsent() override
    {
        int bytes = 0;
        if (::ioctl(lowest().native_handle(), SIOCOUTQNSD, &bytes) != 0) return 0;
        return static_cast<std::size_t>(std::max(bytes, 0));
    }

private:
    // Beast's own limit, for both handshakes; no idle limit and no pings.
    void limit_waits(clock::duration handshake)
    {
        ws_.set_option(websocket::stream_base::timeout{handshake, websocket::stream_base::none(), false});
    }

    // Whether a read would not wait.
    bool more_is_here()
    {
        if constexpr (std::is_same_v<Next, tls_stream>)
            return SSL_pending(ws_.next_layer().native_handle()) > 0;
        error_code ignored;
        return lowest().available(ignored) > 0;
    }

    tcp::socket& lowest() { return beast::get_lowest_layer(ws_); }

    task<void> refuse_text() { return close(websocket::close_code::unknown_data, "binary messages only"); }

    std::shared_ptr<void> kept_; // destroyed after the socket
    websocket::stream<bounded<Next>, false> ws_;
    std::string peer_;
    bool any_length_ = false, far_closed_ = false;
    error_code late_; // of a read whose first bytes were handed on
};

template <class Next>
task<result<std::shared_ptr<message_stream>>>
upgrade_on(Next next, std::shared_ptr<void> kept, request_head request, fields headers, clock::time_point by)
{
    const auto made =
        std::make_shared<websocket_stream<Next>>(std::move(next), request.peer, std::move(kept));
    made->configure(false);
    const auto ec = co_await made->accept(std::move(request), std::move(headers), by);
    if (ec) {
        made->abort();
        co_return ec;
    }
    co_return std::shared_ptr<message_stream>(made);
}

template <class Next>
task<result<websocket_answer>> ask_on(Next next, std::string host, std::string target, fields headers,
                                      clock::time_point by, std::string peer)
{
    const auto made = std::make_shared<websocket_stream<Next>>(std::move(next), std::move(peer), nullptr);
    made->configure(true);
    websocket_answer answer;
    const auto ec = co_await made->ask(std::move(host), std::move(target), std::move(headers), by, answer);
    if (!answer.stream) made->abort();
    if (ec) co_return ec;
    co_return answer;
}

} // namespace

task<result<std::shared_ptr<message_stream>>>
upgrade(std::shared_ptr<byte_stream> stream, request_head request, fields headers, clock::duration timeout)
{
    const auto by = clock::now() + timeout;
    auto kept = stream->release_kept();
    if (auto secure = stream->release_tls())
        co_return co_await upgrade_on<tls_stream>(std::move(*secure), std::move(kept), std::move(request),
                                                  std::move(headers), by);
    if (auto plain = stream->release_tcp())
        co_return co_await upgrade_on<tcp::socket>(std::move(*plain), std::move(kept), std::move(request),
                                                   std::move(headers), by);
    co_return error_code(errc::malformed);
}

task<result<websocket_answer>> ask_for_websocket(std::shared_ptr<byte_stream> stream, std::string host,
                                                 std::string target, fields headers, clock::time_point by,
                                                 std::string peer)
{
    if (auto secure = stream->release_tls())
        co_return co_await ask_on<tls_stream>(std::move(*secure), std::move(host), std::move(target),
                                              std::move(headers), by, std::move(peer));
    if (auto plain = stream->release_tcp())
        co_return co_await ask_on<tcp::socket>(std::move(*plain), std::move(host), std::move(target),
                                               std::move(headers), by, std::move(peer));
    co_return error_code(errc::upgrade_refused);
}

} // namespace layerline::transport
