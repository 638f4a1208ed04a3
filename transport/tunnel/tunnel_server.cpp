// The agent's end: streams become exchanges, each served in a coroutine of its own.
#include "transport/error.hpp"
#include "transport/tunnel/tunnel.hpp"
#include "transport/tunnel/tunnel_link.hpp"
#include "transport/tunnel/tunnel_websocket.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>

namespace layerline::transport {

namespace {

constexpr std::string_view timeout_field = "x-layerline-timeout-ms";
constexpr std::size_t max_target = std::size_t{8} * 1024;
// A caller that waits longer than this does not mean it; it also keeps the sum below within the clock.
constexpr std::uint64_t longest_timeout_ms = 7ULL * 24 * 3600 * 1000;

class tunnel_exchange final : public exchange {
public:
    tunnel_exchange(std::shared_ptr<tunnel_link> link, std::shared_ptr<tunnel_stream> stream,
                    request_head head, bool websocket, bool bodiless)
        : link_(std::move(link)), stream_(std::move(stream)), head_(std::move(head)), websocket_(websocket)
    {
        // What comes on a WebSocket's stream are frames, for whoever accepts it.
        if (websocket || bodiless) body_ = make_body({});
    }
    ~tunnel_exchange() override
    {
        if (handed_over_) return;
        if (!finished_ && !stream_->closed) link_->reset(*stream_, NGHTTP2_INTERNAL_ERROR, errc::closed);
        stream_->coroutine_over = true;
        link_->drop(*stream_);
    }

    const request_head& request() const override { return head_; }
    std::shared_ptr<body_source> body() override
    {
        if (!body_)
            body_ = std::make_shared<tunnel_body>(link_, stream_, number_in(head_.headers, "content-length"),
                                                  false);
        return body_;
    }
    task<result<void>> respond(response_head head) override;
    task<result<void>> write(net::const_buffer part) override;
    bool wants_websocket() const override { return websocket_; }
    task<result<std::shared_ptr<message_stream>>> accept_websocket(fields headers) override;
    task<result<void>> finish() override;

private:
    error_code gone() const
    {
        return stream_->broken ? stream_->broken : make_error_code(errc::cancelled_by_peer);
    }

    std::shared_ptr<tunnel_link> link_;
    std::shared_ptr<tunnel_stream> stream_;
    request_head head_;
    std::shared_ptr<body_source> body_;
    std::optional<std::uint64_t> left_; // of the length that was told
    bool websocket_;                    // is asked for
    bool responded_ = false, finished_ = false, bodiless_ = false, handed_over_ = false;
};

task<result<std::shared_ptr<message_stream>>> tunnel_exchange::accept_websocket(fields headers)
{
    if (!websocket_) co_return make_error_code(errc::upgrade_refused);
    if (responded_ || handed_over_) co_return make_error_code(errc::malformed);
    if (stream_->closed) co_return gone();
    take_priority(headers);
    const auto accepted = link_->session().accept_websocket(stream_->id, std::move(headers));
    if (!accepted) co_return accepted.error();
    handed_over_ = true;
    // From here on the stream's end is told to whoever reads it, not by cancelling the handler.
    stream_->coroutine_over = true;
    link_->send_soon();
    co_return std::shared_ptr<message_stream>(
        std::make_shared<tunnel_websocket>(link_, stream_, false, head_.peer));
}

task<result<void>> tunnel_exchange::respond(response_head head)
{
    if (responded_ || handed_over_) co_return make_error_code(errc::malformed);
    if (stream_->closed) co_return gone();
    const auto priority = take_priority(head.headers);
    head.headers.erase("x-request-id"); // whoever asked knows it, and every edge puts it on its answers
    bodiless_ = head_.method == "HEAD" || head.status == 204 || head.status == 304;
    if (!bodiless_) left_ = number_in(head.headers, "content-length");
    const auto sent = link_->session().answer(stream_->id, head.status, std::move(head.headers), priority);
    if (!sent) co_return sent.error();
    responded_ = true;
    link_->send_soon();
    co_return result<void>{};
}

task<result<void>> tunnel_exchange::write(net::const_buffer part)
{
    if (!responded_ || finished_) co_return make_error_code(errc::malformed);
    if (bodiless_) co_return result<void>{};
    if (left_) {
        if (part.size() > *left_) {
            link_->reset(*stream_, NGHTTP2_INTERNAL_ERROR, errc::malformed);
            co_return make_error_code(errc::malformed);
        }
        *left_ -= part.size();
    }
    if (link_->write_now(*stream_, part)) co_return result<void>{};
    co_return co_await link_->write(stream_, part);
}

task<result<void>> tunnel_exchange::finish()
{
    if (!responded_ || finished_) co_return make_error_code(errc::malformed);
    if (stream_->closed) co_return gone();
    if (left_.value_or(0) > 0) {
        // Less than was promised: the caller must not take it for the whole.
        link_->reset(*stream_, NGHTTP2_INTERNAL_ERROR, errc::malformed);
        co_return make_error_code(errc::malformed);
    }
    finished_ = true;
    stream_->coroutine_over = true;
    link_->session().end_body(stream_->id);
    link_->send_soon();
    co_return result<void>{};
}

class server_end final : public tunnel_server, public tunnel_link {
public:
    server_end(std::shared_ptr<message_stream> stream, service& answers, const tunnel_limits& limits)
        : tunnel_link(h2_role::server, std::move(stream), limits), answers_(answers)
    {
    }

    task<error_code> run() override { return carry(); }
    void stop(error_code why) override { end(why); }
    void drain() override { tunnel_link::drain(); }
    std::size_t open_streams() const override { return session().open_streams(); }

protected:
    void request_arrived(h2_event::request&& request) override;
    void answer_arrived(tunnel_stream&, h2_event::answer&&) override {} // a server gets none

private:
    static task<void> serve(std::shared_ptr<server_end> self, std::unique_ptr<tunnel_exchange> call);
    void refuse(h2_stream_id id, unsigned status);

    service& answers_;
};

// Answers with an empty body, without troubling the service.
void server_end::refuse(h2_stream_id id, unsigned status)
{
    if (session().answer(id, status, fields{{"content-length", "0"}}, std::nullopt)) session().end_body(id);
    session().release(id);
    send_soon();
}

void server_end::request_arrived(h2_event::request&& request)
{
    if (request.refuse) return refuse(request.stream, *request.refuse);
    if (request.target.size() > max_target) return refuse(request.stream, 414);
    // Handlers whose caller went away may take a moment to end; a flood of such callers is not let in.
    if (running() > 2 * static_cast<std::size_t>(limits().max_streams)) return refuse(request.stream, 503);
    request_head head;
    if (request.headers.find(timeout_field)) {
        const auto left = number_in(request.headers, timeout_field);
        if (!left) return refuse(request.stream, 400);
        head.deadline = clock::now() + std::chrono::milliseconds(std::min(*left, longest_timeout_ms));
        request.headers.erase(timeout_field);
    }
    head.method = std::move(request.method);
    head.target = std::move(request.target);
    head.headers = std::move(request.headers);
    head.via = edge::tunnel;
    head.peer = peer();
    const auto stream = std::make_shared<tunnel_stream>(request.stream);
    add(stream);
    auto self = std::static_pointer_cast<server_end>(shared_from_this());
    // Made here, so that the stream is dropped even if the coroutine is cancelled before it begins.
    auto call =
        std::make_unique<tunnel_exchange>(self, stream, std::move(head), request.websocket, request.bodiless);
    start(executor(), serve(std::move(self), std::move(call)), stream);
}

task<void> server_end::serve(std::shared_ptr<server_end> self, std::unique_ptr<tunnel_exchange> call)
{
    co_await self->answers_.serve(*call);
}

} // namespace

std::shared_ptr<tunnel_server> make_tunnel_server(std::shared_ptr<message_stream> stream, service& answers,
                                                  tunnel_limits limits)
{
    return std::make_shared<server_end>(std::move(stream), answers, limits);
}

} // namespace layerline::transport
