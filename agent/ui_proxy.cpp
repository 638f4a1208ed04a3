// The coroutines around the rewriting: one exchange or WebSocket each, ended with its caller.
#include "agent/ui_proxy.hpp"

#include "agent/answer.hpp"
#include "agent/ui_addresses.hpp"
#include "agent/ui_refusals.hpp"
#include "camera/frame_body.hpp"
#include "camera/multipart_parser.hpp"
#include "transport/error.hpp"
#include "transport/http_client.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace layerline::agent {

namespace net = transport::net;
using net::experimental::awaitable_operators::operator||;
using transport::clock;
using transport::task;

namespace {

constexpr std::size_t part_bytes = 32UL * 1024; // of an answer under way

task<void> say(transport::exchange& call, const refusal& why)
{
    auto answer = answer_for(why, request_id_of(call.request()));
    // A caller who has gone needs no answer.
    (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
}

struct progress {
    clock::time_point last = clock::now();
    bool callers_turn = false; // the caller is waited for, not the UI
};

// An upload whose progress is noted.
class noted_body final : public transport::body_source {
public:
    noted_body(std::shared_ptr<transport::body_source> inner, std::shared_ptr<progress> seen)
        : inner_(std::move(inner)), seen_(std::move(seen))
    {
    }
    task<transport::result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        auto count = co_await inner_->read_some(into);
        seen_->last = clock::now();
        co_return count;
    }
    std::optional<std::uint64_t> remaining() const override { return inner_->remaining(); }

private:
    std::shared_ptr<transport::body_source> inner_;
    std::shared_ptr<progress> seen_;
};

// Returns when nothing has come from the UI for `patience`, or at `by`.
task<void> watch(std::shared_ptr<progress> seen, clock::duration patience, clock::time_point by)
{
    net::steady_timer timer(co_await net::this_coro::executor);
    for (auto now = clock::now(); now < by; now = clock::now()) {
        if (seen->callers_turn) seen->last = now;
        const auto until = std::min(by, seen->last + patience);
        if (now >= until) co_return;
        timer.expires_at(until);
        co_await timer.async_wait(net::use_awaitable);
    }
}

// False if the answer broke off; it is not finished then, which the caller sees.
task<bool> pump(transport::exchange& call, std::shared_ptr<transport::body_source> from,
                std::shared_ptr<progress> seen)
{
    std::vector<unsigned char> part(part_bytes);
    for (;;) {
        const auto count = co_await from->read_some(net::buffer(part));
        if (!count) co_return false;
        if (*count == 0) break;
        seen->callers_turn = true;
        const auto sent = co_await call.write(net::buffer(part.data(), *count));
        seen->callers_turn = false;
        seen->last = clock::now();
        if (!sent) co_return true; // the caller's own doing
    }
    (void)co_await call.finish();
    co_return true;
}

// Feeds the board, and then stays: the caller still takes what is on it.
task<void> feed_to_the_end(std::shared_ptr<transport::body_source> from, std::string boundary,
                           std::shared_ptr<camera::frame_board> board)
{
    co_await camera::feed(std::move(from), std::move(boundary), std::move(board));
    net::steady_timer never(co_await net::this_coro::executor, clock::time_point::max());
    co_await never.async_wait(net::use_awaitable);
}

// The boundary, if this answer is a camera's stream.
std::optional<std::string> camera_boundary(const transport::exchange& call, const transport::response& answer)
{
    if (call.request().method != "GET" || answer.head.status != 200) return std::nullopt;
    const auto& headers = answer.head.headers;
    if (headers.find("content-encoding") || answer.body->remaining()) return std::nullopt;
    return camera::mixed_replace_boundary(headers.find("content-type").value_or(""));
}

transport::request_head head_for(const transport::request_head& asked, ui_request request)
{
    transport::request_head head;
    head.method = asked.method;
    head.target = std::move(request.path);
    head.headers = std::move(request.headers);
    return head;
}

// Counts an exchange for as long as it lives.
class open_mark {
public:
    explicit open_mark(std::size_t& count) : count_(count) { ++count_; }
    ~open_mark() { --count_; }
    open_mark(const open_mark&) = delete;
    open_mark& operator=(const open_mark&) = delete;

private:
    std::size_t& count_;
};

} // namespace

bool asks_for_ui(const transport::request_head& request)
{
    return request.via == transport::edge::tunnel && request.headers.find("x-layerline-host") &&
           !request.target.starts_with("/plugin-api/") &&
           !request.target.starts_with("/octoeverywhere-command-api/");
}

ui_proxy::ui_proxy(net::io_context& context, std::vector<ui_target> targets, ui_limits limits)
    : context_(context), targets_(std::move(targets)), pinned_(targets_.size()), limits_(limits)
{
}

task<void> ui_proxy::pin_all()
{
    for (const auto& target : targets_) {
        const auto found = co_await ways_to(target);
        if (found.empty())
            spdlog::warn(
                "ui {}: {} has no address that is allowed; it is looked up again when it is asked for",
                target.name, target.host);
        else
            spdlog::info("ui {}: {} is shown at {}", target.name, target.host_field + target.base,
                         target.prefix);
    }
}

task<ui_proxy::ways> ui_proxy::ways_to(const ui_target& target)
{
    auto& kept = pinned_[static_cast<std::size_t>(&target - targets_.data())];
    if (!kept.empty()) co_return kept;
    const auto addresses = co_await ui_addresses_of(target.host, clock::now() + limits_.look_up);
    if (!kept.empty()) co_return kept; // another request was faster: one answer, for good
    for (const auto& address : addresses) {
        transport::client_options options;
        options.ca_file = target.ca_file;
        options.allow_insecure = true; // the owner named it, and it is on this machine or its network
        options.connect_timeout = std::chrono::ceil<std::chrono::seconds>(limits_.connect);
        options.body_stall = std::chrono::ceil<std::chrono::seconds>(limits_.quiet);
        const bool six = address.find(':') != std::string::npos;
        kept.push_back(transport::make_http_client(context_,
                                                   (target.tls ? "https://" : "http://") +
                                                       (six ? "[" + address + "]" : address) + ":" +
                                                       std::to_string(target.port),
                                                   options));
    }
    co_return kept;
}

task<void> ui_proxy::serve(transport::exchange& call, access::scope_set granted, const policy& owner)
{
    if (!granted.has(access::scope::ui)) {
        const auto& why = owner.allowed.has(access::scope::ui) ? ui_no_scope : ui_switched_off;
        co_await say(call, why);
        co_return;
    }
    const auto& asked = call.request();
    auto place =
        public_place_of(asked.headers.find("x-layerline-host"), asked.headers.find("x-layerline-scheme"));
    if (!place) {
        co_await say(call, ui_bad_place);
        co_return;
    }
    auto planned = request_for_ui(targets_, asked.method, asked.target, asked.headers, *place);
    if (const auto* why = std::get_if<ui_fault>(&planned)) {
        co_await say(call, ui_refusal_for(*why));
        co_return;
    }
    if (open_ >= limits_.max_open) {
        co_await say(call, ui_busy);
        co_return;
    }
    const open_mark mark(open_);
    auto request = std::get<ui_request>(std::move(planned));
    auto to = co_await ways_to(*request.to);
    if (to.empty()) {
        co_await say(call, ui_unreachable);
        co_return;
    }
    if (call.wants_websocket())
        co_await pass_socket(call, std::move(request), std::move(*place), std::move(to));
    else
        co_await pass(call, std::move(request), std::move(*place), std::move(to));
}

task<void> ui_proxy::pass(transport::exchange& call, ui_request request, public_place place, ways to)
{
    const auto& target = *request.to;
    const auto by = call.request().deadline.value_or(clock::time_point::max());
    const auto seen = std::make_shared<progress>();
    auto body = call.body();
    std::shared_ptr<transport::body_source> upload;
    if (body && body->remaining() != std::optional<std::uint64_t>(0))
        upload = std::make_shared<noted_body>(std::move(body), seen);
    const auto head = head_for(call.request(), std::move(request));
    transport::error_code why = make_error_code(transport::errc::unreachable);
    // Where nobody listens nothing of the upload was read: the next address may be tried.
    for (std::size_t i = 0; i < to.size() && why == transport::errc::unreachable; ++i) {
        auto asking = to[i]->send(head, upload);
        auto silence = watch(seen, limits_.answer, by);
        auto first = co_await (std::move(asking) || std::move(silence));
        if (first.index() == 1) {
            why = make_error_code(transport::errc::timed_out);
            break;
        }
        auto& answer = std::get<0>(first);
        if (answer) {
            co_await pass_answer(call, std::move(*answer), target, std::move(place));
            co_return;
        }
        why = answer.error();
    }
    spdlog::info("request {}: ui {}: {}", request_id_of(call.request()), target.name, why.message());
    co_await say(call, ui_refusal_for(why));
}

task<void> ui_proxy::pass_answer(transport::exchange& call, transport::response answer, const ui_target& from,
                                 public_place place)
{
    // 101 was not asked for, and 6xx is the relay's.
    if (answer.head.status < 200 || answer.head.status > 599) {
        co_await say(call, ui_broke_off);
        co_return;
    }
    transport::response_head head;
    head.status = answer.head.status;
    head.headers = answer_from_ui(answer.head.headers, from, place);
    if (auto boundary = camera_boundary(call, answer)) {
        co_await pass_camera(call, std::move(answer), std::move(head), std::move(*boundary), from);
        co_return;
    }
    const auto patience = answer.body->remaining() ? limits_.stall : limits_.quiet;
    const auto responded = co_await call.respond(std::move(head));
    if (!responded) co_return;
    const auto seen = std::make_shared<progress>();
    auto pumping = pump(call, answer.body, seen);
    auto silence = watch(seen, patience, clock::time_point::max());
    const auto ended = co_await (std::move(pumping) || std::move(silence));
    if (ended.index() == 1 || !std::get<0>(ended))
        spdlog::info("request {}: ui {}: the answer {}", request_id_of(call.request()), from.name,
                     ended.index() == 1 ? "stood still for too long" : "broke off");
}

task<void> ui_proxy::pass_camera(transport::exchange& call, transport::response answer,
                                 transport::response_head head, std::string boundary, const ui_target& from)
{
    head.headers.set("content-type", camera::mixed_replace_type);
    head.headers.set("x-layerline-priority", "bulk"); // pictures never stand before a command
    const auto responded = co_await call.respond(std::move(head));
    if (!responded) co_return;
    const auto seen = std::make_shared<progress>(), asked = std::make_shared<progress>();
    const auto executor = co_await net::this_coro::executor;
    const auto board = std::make_shared<camera::frame_board>(executor);
    const auto shown = std::make_shared<camera::frame_body>(board);
    auto feeding =
        feed_to_the_end(std::make_shared<noted_body>(answer.body, seen), std::move(boundary), board);
    auto pumping = pump(call, shown, asked);
    auto silence = watch(seen, limits_.quiet, clock::time_point::max());
    const auto ended = co_await (std::move(pumping) || std::move(feeding) || std::move(silence));
    spdlog::debug("request {}: ui {}: {} pictures shown, {} left out", request_id_of(call.request()),
                  from.name, shown->shown(), shown->missed());
    if (ended.index() == 2)
        spdlog::info("request {}: ui {}: the camera stood still for too long", request_id_of(call.request()),
                     from.name);
    else if (board->ended() && *board->ended())
        spdlog::info("request {}: ui {}: the camera's stream ended: {}", request_id_of(call.request()),
                     from.name, board->ended()->message());
}

task<void> ui_proxy::pass_socket(transport::exchange& call, ui_request request, public_place place, ways to)
{
    const auto& target = *request.to;
    const auto id = request_id_of(call.request());
    const auto head = head_for(call.request(), std::move(request));
    transport::error_code why = make_error_code(transport::errc::unreachable);
    transport::websocket_answer opened;
    for (std::size_t i = 0; i < to.size() && why == transport::errc::unreachable; ++i) {
        auto answer = co_await to[i]->open_websocket(head);
        why = answer ? transport::error_code() : answer.error();
        if (answer) opened = std::move(*answer);
    }
    if (why) {
        spdlog::info("request {}: ui {}: {}", id, target.name, why.message());
        co_await say(call, ui_refusal_for(why));
        co_return;
    }
    if (!opened.stream) { // the UI said no, in its own words
        transport::response refused;
        refused.head = std::move(opened.head);
        refused.body = opened.body ? std::move(opened.body) : transport::make_body({});
        co_await pass_answer(call, std::move(refused), target, std::move(place));
        co_return;
    }
    auto caller = co_await call.accept_websocket(answer_from_ui(opened.head.headers, target, place));
    if (!caller) {
        opened.stream->abort();
        co_return;
    }
    const auto ended = co_await transport::join_websockets(*caller, opened.stream);
    if (ended != transport::errc::closed)
        spdlog::debug("request {}: ui {}: the WebSocket ended: {}", id, target.name, ended.message());
}

} // namespace layerline::agent
