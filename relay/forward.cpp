#include "relay/forward.hpp"

#include "access/base64.hpp"
#include "relay/answer.hpp"
#include "relay/host_mode_socket.hpp"
#include "transport/error.hpp"
#include "transport/http_head.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <vector>

namespace layerline::relay {

namespace {

namespace net = transport::net;
using transport::result;
using transport::task;
using net::experimental::awaitable_operators::operator||;

constexpr std::size_t part_bytes =
    32UL * 1024; // of an answer under way, the relay's whole share of a download

// When bytes last went by, and how many: shared by the upload's pump and the watch beside it.
struct progress {
    transport::clock::time_point last = transport::clock::now();
    std::uint64_t bytes = 0;
    bool over_limit = false;
};

task<void> pause(std::chrono::milliseconds time)
{
    net::steady_timer timer(co_await net::this_coro::executor, time);
    co_await timer.async_wait(net::use_awaitable);
}

// How long to wait after so many bytes; null: never.
using brake = std::function<std::chrono::milliseconds(std::size_t)>;

std::chrono::milliseconds asked_to_wait(const brake& by, std::size_t bytes)
{
    return by ? by(bytes) : std::chrono::milliseconds(0);
}

// An upload that is counted on its way. It may outlive the exchange: the tunnel lets go of it a moment later.
class metered_body final : public transport::body_source {
public:
    metered_body(std::shared_ptr<transport::body_source> inner, std::shared_ptr<progress> seen,
                 std::uint64_t limit, brake slow_down)
        : inner_(std::move(inner)), seen_(std::move(seen)), limit_(limit), slow_down_(std::move(slow_down))
    {
    }

    task<result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        auto count = co_await inner_->read_some(into);
        if (count) {
            seen_->last = transport::clock::now();
            seen_->bytes += *count;
            if (seen_->bytes > limit_) {
                seen_->over_limit = true;
                co_return make_error_code(transport::errc::too_large);
            }
            if (const auto wait = asked_to_wait(slow_down_, *count); wait.count() > 0) {
                seen_->last += wait; // our own doing is nobody's silence
                co_await pause(wait);
            }
        }
        co_return count;
    }

    std::optional<std::uint64_t> remaining() const override { return inner_->remaining(); }

private:
    std::shared_ptr<transport::body_source> inner_;
    std::shared_ptr<progress> seen_;
    std::uint64_t limit_;
    brake slow_down_;
};

// Has a token's end told for as long as it lives.
class when_cut {
public:
    when_cut(access::open_uses::use& use, std::function<void()> then) : use_(use)
    {
        use_.when_cut(std::move(then));
    }
    ~when_cut() { use_.when_cut(nullptr); }
    when_cut(const when_cut&) = delete;
    when_cut& operator=(const when_cut&) = delete;

private:
    access::open_uses::use& use_;
};

// Returns when nothing has moved for `patience`, or when the token is dead.
task<void> watch(std::shared_ptr<progress> seen, std::chrono::seconds patience, access::open_uses::use& use)
{
    while (!use.over() && transport::clock::now() < seen->last + patience) {
        co_await use.ended_by(seen->last + patience);
        const auto state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() != net::cancellation_type::none) co_return; // the answer is here
    }
}

using asked = result<transport::response>;

// With an upload the agent may take as long as bytes go by.
task<asked> ask_with_upload(std::shared_ptr<transport::requester> tunnel, transport::request_head head,
                            std::shared_ptr<transport::body_source> upload, std::shared_ptr<progress> seen,
                            std::chrono::seconds patience, access::open_uses::use& use)
{
    auto asking = tunnel->send(std::move(head), std::move(upload));
    auto silence = watch(std::move(seen), patience, use);
    auto first = co_await (std::move(asking) || std::move(silence));
    if (first.index() == 1) co_return make_error_code(transport::errc::timed_out);
    co_return std::move(std::get<0>(first));
}

// What is over so soon that nothing need stand by to cut it: an answer in a few parts.
bool is_short(const std::optional<std::uint64_t>& length)
{
    return length && *length <= 2 * part_bytes;
}

std::optional<std::uint64_t> told_length(const transport::fields& headers)
{
    const auto text = headers.find("content-length");
    if (!text) return std::nullopt;
    return transport::parse_length(*text);
}

// Null without a limit. The paces live as long as the relay; the use of the token does not.
brake brake_for(const carriage& by, std::string token)
{
    if (!by.token_pace.limited() && !by.address_pace.limited()) return nullptr;
    return [&token_pace = by.token_pace, &address_pace = by.address_pace, token = std::move(token),
            address = by.address](std::size_t bytes) {
        const auto now = transport::clock::now();
        return std::max(token_pace.pass(token, bytes, now), address_pace.pass(address, bytes, now));
    };
}

task<void> say(transport::exchange& call, relay_errc code, std::string_view hop,
               std::optional<std::chrono::seconds> retry_after, std::string_view detail = {})
{
    auto answer = answer_for(code, hop, request_id_of(call.request()), wants_standard_status(call.request()),
                             retry_after, detail);
    (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
}

task<void> say_workshop_away(transport::exchange& call, std::chrono::seconds retry_after)
{
    auto answer =
        plain_answer(503, "workshop_away",
                     "The workshop beside the relay does not run; see workshop.socket in relay.toml.",
                     request_id_of(call.request()), retry_after);
    (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
}

// Streams the answer's body; a break leaves the exchange unfinished, which the caller sees as an abort.
task<void> pass_on(transport::exchange& call, transport::response answer, brake slow_down)
{
    const auto length = told_length(answer.head.headers);
    transport::strip_hop_by_hop(answer.head.headers);
    if (auto sent = co_await call.respond(std::move(answer.head)); !sent) co_return;
    const auto part_size =
        static_cast<std::size_t>(std::clamp<std::uint64_t>(length.value_or(part_bytes), 1, part_bytes));
    const auto part =
        std::make_unique_for_overwrite<unsigned char[]>(part_size); // NOLINT(*-avoid-c-arrays): not zeroed
    for (;;) {
        auto count = co_await answer.body->read_some(net::buffer(part.get(), part_size));
        if (!count) {
            spdlog::debug("request {}: the answer broke off: {}", request_id_of(call.request()),
                          count.error().message());
            co_return;
        }
        if (*count == 0) break;
        if (auto sent = co_await call.write(net::buffer(part.get(), *count)); !sent) co_return;
        if (const auto wait = asked_to_wait(slow_down, *count); wait.count() > 0) co_await pause(wait);
        if (answer.body->at_end()) break;
    }
    (void)co_await call.finish();
}

} // namespace

namespace {
// Credentials, and what only a relay may say.
constexpr std::array<std::string_view, 9> not_told_on{
    "authorization",         "x-layerline-host",   "x-layerline-scheme",
    "x-layerline-principal", "x-layerline-scopes", "x-layerline-principal-name",
    "x-layerline-status",    "x-forwarded-for",    "forwarded"};

// A name may hold any printable text, a header's value may not.
std::string in_header(const std::string& name)
{
    return access::to_base64url({reinterpret_cast<const unsigned char*>(name.data()), name.size()});
}
} // namespace

relay_errc code_for(const transport::error_code& why)
{
    if (why == transport::errc::timed_out) return relay_errc::agent_timed_out;
    // Only this stream broke: the agent's fault. Anything else means that the tunnel went.
    if (why == transport::errc::cancelled_by_peer || why == transport::errc::malformed ||
        why == transport::errc::too_large || why == transport::errc::refused_by_peer)
        return relay_errc::agent_failed;
    if (why == transport::errc::too_many_streams) return relay_errc::own_failure;
    return relay_errc::agent_offline;
}

std::string_view detail_for(const transport::error_code& why)
{
    if (why == transport::errc::refused_by_peer)
        return "The agent did not take the request: nothing of it was carried out.";
    return {};
}

transport::request_head head_for_agent(const transport::request_head& asked, const to_printer& where,
                                       const access::principal& who)
{
    transport::request_head head;
    head.method = asked.method;
    head.target = where.target;
    head.deadline = asked.deadline;
    head.peer = asked.peer;
    head.headers.reserve(asked.headers.size() + 6, asked.headers.text_size() + 256);
    for (const auto field : asked.headers)
        if (std::find(not_told_on.begin(), not_told_on.end(), field.name) == not_told_on.end())
            head.headers.add(field.name, field.value);
    transport::strip_hop_by_hop(head.headers);
    if (where.ui && where.place) {
        head.headers.set("x-layerline-host", where.place->host);
        head.headers.set("x-layerline-scheme", where.place->scheme);
    } else {
        head.headers.erase("cookie"); // a local UI has cookies and keys of its own, commands have none
        head.headers.erase("x-api-key");
    }
    head.headers.set("x-layerline-principal", who.id);
    head.headers.set("x-layerline-scopes", access::to_string(who.scopes));
    head.headers.set("x-layerline-principal-name", in_header(who.name));
    head.headers.set("x-forwarded-for", asked.peer);
    // Nothing an app does may wait behind a file, and nothing at all goes before an emergency stop.
    const auto path = where.target.substr(0, where.target.find('?'));
    const auto ends = [&](std::string_view tail) { return path.ends_with(tail); };
    if (!where.ui && ends("/emergency-stop"))
        head.headers.set("x-layerline-priority", "emergency");
    else if (where.ui || path.starts_with("/workshop/") || ends("/files/upload") ||
             ends("/files/upload/part") || ends("/files/download") || ends("/files/local"))
        head.headers.set("x-layerline-priority", "bulk");
    else
        head.headers.erase("x-layerline-priority");
    return head;
}

task<void> forward(transport::exchange& call, std::shared_ptr<transport::requester> tunnel,
                   const to_printer& where, const access::principal& who, const forward_limits& limits,
                   const carriage& by)
{
    if (where.ui && call.wants_websocket()) {
        auto head = head_for_agent(call.request(), where, who);
        head.headers.erase("x-layerline-priority"); // what a person does, not a file
        auto joined = forward_socket(call, std::move(tunnel), std::move(head), limits.answer_timeout);
        auto end = by.use.ended();
        co_await (std::move(joined) || std::move(end));
        co_return;
    }
    constexpr std::chrono::seconds soon{2};
    if (const auto length = told_length(call.request().headers);
        length && *length > limits.max_upload_bytes) {
        co_await say(call, relay_errc::upload_too_large, "relay", {});
        co_return;
    }
    std::shared_ptr<progress> seen;
    auto body = call.body();
    std::shared_ptr<transport::body_source> upload;
    if (body && body->remaining() != std::optional<std::uint64_t>(0)) {
        seen = std::make_shared<progress>();
        upload = std::make_shared<metered_body>(std::move(body), seen, limits.max_upload_bytes,
                                                brake_for(by, who.id));
    }

    const auto asked_at = transport::clock::now();
    auto head = head_for_agent(call.request(), where, who);
    asked answer = make_error_code(transport::errc::closed);
    if (upload) {
        answer =
            co_await ask_with_upload(tunnel, std::move(head), upload, seen, limits.answer_timeout, by.use);
    } else {
        // Nothing need stand beside the wait for the answer: its end is a point in time, and a token that
        // dies calls it off.
        head.answer_by = std::min(asked_at + limits.answer_timeout, by.use.until());
        const auto off = std::make_shared<transport::call_off>();
        head.off = off;
        const when_cut until_answered(by.use, [off] { off->now(transport::errc::closed); });
        answer = co_await tunnel->send(std::move(head), nullptr);
        off->by(nullptr);
    }
    if (!answer && by.use.over()) {
        co_await say(call, relay_errc::credentials_dead, "relay", {});
        co_return;
    }
    if (seen && seen->over_limit) {
        co_await say(call, relay_errc::upload_too_large, "relay", {});
        co_return;
    }
    if (!answer) {
        spdlog::info("request {}: no answer from the agent: {}", request_id_of(call.request()),
                     answer.error().message());
        if (where.workshop) {
            co_await say_workshop_away(call, soon);
            co_return;
        }
        const auto code = code_for(answer.error());
        co_await say(call, code, code == relay_errc::own_failure ? "relay" : "agent", soon,
                     detail_for(answer.error()));
        co_return;
    }
    // An agent never answers 6xx: that range is the relay's own, and must not be counterfeited.
    if (answer->head.status < 200 || answer->head.status > 599) {
        co_await say(call, relay_errc::agent_failed, "agent", soon);
        co_return;
    }
    if (const auto length = told_length(answer->head.headers);
        length && *length > limits.max_download_bytes) {
        co_await say(call, relay_errc::answer_too_large, "relay", {});
        co_return;
    }
    by.counts.agent_answered(transport::clock::now() - asked_at);
    const bool is_over_soon = is_short(told_length(answer->head.headers));
    auto passing = pass_on(call, std::move(*answer), brake_for(by, who.id));
    if (is_over_soon) {
        co_await std::move(passing);
        co_return;
    }
    auto end = by.use.ended();
    co_await (std::move(passing) || std::move(end));
}

} // namespace layerline::relay
