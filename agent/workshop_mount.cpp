#include "agent/workshop_mount.hpp"

#include "agent/answer.hpp"
#include "transport/error.hpp"
#include "transport/http_client.hpp"
#include "transport/http_head.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace layerline::agent {

namespace net = transport::net;
using net::experimental::awaitable_operators::operator||;
using transport::clock;
using transport::task;

namespace {

constexpr std::size_t part_bytes = 32UL * 1024; // of an answer under way

const refusal workshop_away{
    503,
    503,
    "workshop_away",
    "The workshop does not run.",
    "Start layerline-workshop beside the agent, and look at workshop.socket in agent.toml.",
    false,
    std::chrono::milliseconds(5000)};
const refusal workshop_full{503,
                            503,
                            "workshop_busy",
                            "Too many requests to the workshop are under way.",
                            "Wait until one has ended.",
                            false,
                            std::chrono::milliseconds(1000)};
const refusal workshop_silent{504,
                              504,
                              "workshop_silent",
                              "The workshop did not answer.",
                              "Look at its log; then try again.",
                              false,
                              std::chrono::milliseconds(5000)};

task<void> say(transport::exchange& call, const refusal& why)
{
    auto answer = answer_for(why, request_id_of(call.request()));
    // A caller who has gone needs no answer.
    (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
}

struct progress {
    clock::time_point last = clock::now();
    bool callers_turn = false; // the caller is waited for, not the workshop
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

// Returns when nothing has come from the workshop for `patience`.
task<void> watch(std::shared_ptr<progress> seen, clock::duration patience)
{
    net::steady_timer timer(co_await net::this_coro::executor);
    for (auto now = clock::now();; now = clock::now()) {
        if (seen->callers_turn) seen->last = now;
        if (now >= seen->last + patience) co_return;
        timer.expires_at(seen->last + patience);
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

transport::request_head head_for_workshop(const transport::request_head& asked, std::string target,
                                          const commands::caller& who)
{
    static constexpr std::array<std::string_view, 6> not_told_on{"authorization",   "cookie",    "x-api-key",
                                                                 "x-forwarded-for", "forwarded", "host"};
    transport::request_head head;
    head.method = asked.method;
    head.target = std::move(target);
    head.deadline = asked.deadline;
    for (const auto field : asked.headers)
        if (!field.name.starts_with("x-layerline-") &&
            std::find(not_told_on.begin(), not_told_on.end(), field.name) == not_told_on.end())
            head.headers.add(field.name, field.value);
    transport::strip_hop_by_hop(head.headers);
    head.headers.set("x-layerline-principal", who.principal);
    head.headers.set("x-layerline-scopes", access::to_string(who.scopes));
    return head;
}

workshop_mount::workshop_mount(net::io_context& context, const std::filesystem::path& socket,
                               workshop_limits limits)
    : limits_(limits)
{
    transport::client_options options;
    options.connect_timeout = std::chrono::seconds(5);
    options.body_stall = std::chrono::duration_cast<std::chrono::seconds>(limits.stall);
    workshop_ = transport::make_http_client(context, "unix:" + socket.string(), options);
}

task<void> workshop_mount::serve(transport::exchange& call, std::string target, const commands::caller& who)
{
    if (open_ >= limits_.max_open) {
        co_await say(call, workshop_full);
        co_return;
    }
    const open_mark mark(open_);
    const auto seen = std::make_shared<progress>();
    auto body = call.body();
    std::shared_ptr<transport::body_source> upload;
    if (body && body->remaining() != std::optional<std::uint64_t>(0))
        upload = std::make_shared<noted_body>(std::move(body), seen);
    auto head = head_for_workshop(call.request(), std::move(target), who);
    auto asking = workshop_->send(std::move(head), std::move(upload));
    auto silence = watch(seen, limits_.stall);
    auto first = co_await (std::move(asking) || std::move(silence));
    if (first.index() == 1) {
        co_await say(call, workshop_silent);
        co_return;
    }
    auto& answer = std::get<0>(first);
    if (!answer) {
        spdlog::info("request {}: workshop: {}", request_id_of(call.request()), answer.error().message());
        co_await say(call, answer.error() == transport::errc::timed_out ? workshop_silent : workshop_away);
        co_return;
    }
    co_await pass_answer(call, std::move(*answer));
}

task<void> workshop_mount::pass_answer(transport::exchange& call, transport::response answer)
{
    if (answer.head.status < 200 || answer.head.status > 599) { // 6xx is the relay's
        co_await say(call, workshop_silent);
        co_return;
    }
    auto head = std::move(answer.head);
    transport::strip_hop_by_hop(head.headers);
    head.headers.erase("x-request-id");
    head.headers.set("x-layerline-priority", "bulk"); // models never stand before a command
    const auto responded = co_await call.respond(std::move(head));
    if (!responded) co_return;
    const auto seen = std::make_shared<progress>();
    auto pumping = pump(call, answer.body, seen);
    auto silence = watch(seen, limits_.stall);
    const auto ended = co_await (std::move(pumping) || std::move(silence));
    if (ended.index() == 1 || !std::get<0>(ended))
        spdlog::info("request {}: the workshop's answer {}", request_id_of(call.request()),
                     ended.index() == 1 ? "stood still for too long" : "broke off");
}

} // namespace layerline::agent
