#include "agent/model_prints.hpp"

#include "agent/workshop_mount.hpp"
#include "commands/file_use.hpp"
#include "transport/edge_fields.hpp"
#include "transport/http_client.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace layerline::agent {

namespace net = transport::net;
using commands::fail;
using commands::outcome;
using commands::print_stage;
using net::experimental::awaitable_operators::operator||;
using nlohmann::json;
using transport::clock;
using transport::task;

namespace {

constexpr std::size_t most_answer = 4UL * 1024 * 1024; // JSON of the workshop's
constexpr std::chrono::seconds answer_within{30};
constexpr std::chrono::seconds between_tries{1};

task<void> pause(net::io_context& context, clock::duration length)
{
    net::steady_timer timer(context, length);
    co_await timer.async_wait(net::use_awaitable);
}

bool worth_another_try(unsigned http)
{
    return http == 429 || http == 503;
}

} // namespace

struct model_prints::print {
    print(std::string id, commands::model_wish wish, commands::caller asker, printer::terms terms)
        : now(std::move(id), std::move(wish)), who(std::move(asker)), how(std::move(terms))
    {
    }
    commands::model_print now;
    commands::caller who;
    printer::terms how;
    net::cancellation_signal end;
    bool asking_slice = false; // its answer has the id by which the slice can be deleted
    bool carried = true;
    clock::time_point ended;
};

namespace {

// G-code on its way, which tells how far it is.
class counted_body final : public transport::body_source {
public:
    counted_body(std::shared_ptr<transport::body_source> inner, std::function<void(std::uint64_t)> tell)
        : inner_(std::move(inner)), tell_(std::move(tell))
    {
    }
    task<transport::result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        auto count = co_await inner_->read_some(into);
        if (count) tell_(done_ += *count);
        co_return count;
    }
    std::optional<std::uint64_t> remaining() const override { return inner_->remaining(); }

private:
    std::shared_ptr<transport::body_source> inner_;
    std::function<void(std::uint64_t)> tell_;
    std::uint64_t done_ = 0;
};

} // namespace

model_prints::model_prints(net::io_context& context, const std::filesystem::path& socket,
                           printer::printer_link& printer, commands::file_store& files,
                           access::audit_log& audit, model_print_limits limits)
    : context_(context), printer_(printer), files_(files), audit_(audit), limits_(limits)
{
    transport::client_options options;
    options.connect_timeout = std::chrono::seconds(5);
    workshop_ = transport::make_http_client(context, "unix:" + socket.string(), options);
}

outcome<json> model_prints::begin(commands::model_wish wish, const commands::caller& who, printer::terms how)
{
    forget_old();
    if (how.idempotency_key)
        for (const auto& one : all_)
            if (one->who.principal == who.principal && one->how.idempotency_key == how.idempotency_key) {
                auto told = one->now.told();
                told["Repeated"] = true;
                return outcome<json>(boost::system::in_place_value, std::move(told));
            }
    const auto carried =
        std::count_if(all_.begin(), all_.end(), [](const auto& one) { return one->carried; });
    if (stopping_ || static_cast<std::size_t>(carried) >= limits_.at_once)
        return fail(503, "As many prints from models as are carried at once are under way; wait for one.");
    if (commands::is_in_use(printer_.state(), wish.path))
        return fail(409, "A file of that name is being printed; give another Name.");
    how.time_left.reset(); // of the call, which is over long before the start
    auto one =
        std::make_shared<print>("p-" + transport::new_request_id(), std::move(wish), who, std::move(how));
    all_.push_back(one);
    auto told = one->now.told();
    told["Repeated"] = false;
    auto ending = [this, one](std::exception_ptr thrown) { over(one, std::move(thrown)); };
    net::co_spawn(context_, carry(one), net::bind_cancellation_slot(one->end.slot(), std::move(ending)));
    return outcome<json>(boost::system::in_place_value, std::move(told));
}

outcome<json> model_prints::look(const std::string& id, const commands::caller& who)
{
    const auto one = find(id, who);
    if (!one) return fail(404, "There is no such print from a model; an ended one is kept for an hour.");
    return outcome<json>(boost::system::in_place_value, one->now.told());
}

outcome<json> model_prints::cancel(const std::string& id, const commands::caller& who)
{
    const auto one = find(id, who);
    if (!one) return fail(404, "There is no such print from a model; an ended one is kept for an hour.");
    if (auto why = one->now.cancel()) return fail(409, std::move(*why));
    if (one->carried && !one->asking_slice) one->end.emit(net::cancellation_type::terminal);
    return outcome<json>(boost::system::in_place_value, one->now.told());
}

void model_prints::stop()
{
    stopping_ = true;
    for (const auto& one : all_)
        if (one->carried) one->end.emit(net::cancellation_type::terminal);
}

transport::request_head model_prints::head_for(const print& one, const char* method, std::string target) const
{
    transport::request_head asked;
    asked.method = method;
    auto head = head_for_workshop(asked, std::move(target), one.who);
    head.deadline = clock::now() + answer_within;
    return head;
}

task<std::optional<model_prints::said>> model_prints::ask(std::shared_ptr<print> one, const char* method,
                                                          std::string target, std::string body)
{
    const auto until = clock::now() + limits_.patience;
    for (;;) {
        auto head = head_for(*one, method, target);
        std::shared_ptr<transport::body_source> content;
        if (!body.empty()) {
            head.headers.set("content-type", "application/json");
            head.headers.set("content-length", std::to_string(body.size()));
            content = transport::make_body(body);
        }
        auto answer = co_await workshop_->send(std::move(head), std::move(content));
        if (answer) {
            auto text = co_await transport::read_all(*answer->body, most_answer);
            const bool later = worth_another_try(answer->head.status);
            if (text && (!later || clock::now() >= until)) {
                said all;
                all.http = answer->head.status;
                all.body = std::move(*text);
                co_return std::optional<said>(std::move(all));
            }
        }
        if (clock::now() >= until || one->now.over()) co_return std::nullopt;
        co_await pause(context_, between_tries);
    }
}

task<void> model_prints::carry(std::shared_ptr<print> one)
{
    const bool sliced = co_await slice(one);
    if (!sliced) co_return;
    const bool stored = co_await send(one);
    if (stored) co_await start(one);
}

task<bool> model_prints::slice(std::shared_ptr<print> one)
{
    auto& now = one->now;
    const auto away = [&] {
        now.fail(503, "The workshop cannot be reached; see that layerline-workshop runs, then print again.");
        return false;
    };
    const auto made = co_await ask(one, "POST", "/slices/v1/requests", now.profile_request());
    if (!made) co_return away();
    auto request = now.request_made(made->http, made->body, printer_.capabilities());
    if (!request) co_return false;
    one->asking_slice = true;
    const auto begun = co_await ask(one, "POST", "/slices/v1", std::move(*request));
    one->asking_slice = false;
    if (!begun) co_return away();
    if (!now.slice_begun(begun->http, begun->body)) co_return false;
    const auto until = clock::now() + limits_.slicing;
    for (;;) {
        const auto told = co_await ask(one, "GET", "/slices/v1/" + now.slice(), std::string());
        if (!told) co_return away();
        if (now.slice_told(told->http, told->body)) co_return !now.over();
        if (clock::now() >= until) {
            now.fail(504, "The slice took too long; it was given up.");
            co_return false;
        }
        co_await pause(context_, limits_.look);
    }
}

task<bool> model_prints::send(std::shared_ptr<print> one)
{
    auto& now = one->now;
    const auto until = clock::now() + limits_.patience;
    for (;;) {
        auto head = head_for(*one, "GET", "/slices/v1/" + now.slice() + "/result");
        auto answer = co_await workshop_->send(std::move(head), nullptr);
        if (!answer || worth_another_try(answer->head.status)) {
            if (clock::now() >= until) {
                now.fail(503, "The workshop cannot be reached any more; the G-code was not fetched.");
                co_return false;
            }
            co_await pause(context_, between_tries);
            continue;
        }
        if (!now.result_opened(answer->head.status, answer->body->remaining(), files_.max_file_bytes()))
            co_return false;
        if (commands::is_in_use(printer_.state(), now.wish().path)) {
            now.fail(409, "A file of that name is being printed by now; give another Name.");
            co_return false;
        }
        auto body = std::make_shared<counted_body>(std::move(answer->body),
                                                   [one](std::uint64_t done) { one->now.sending(done); });
        auto writing = files_.write(now.wish().path, std::move(body));
        auto late = pause(context_, limits_.sending);
        auto first = co_await (std::move(writing) || std::move(late));
        if (first.index() == 1) {
            now.fail(504, "The G-code did not reach the printer's files in time.");
            co_return false;
        }
        const auto& written = std::get<0>(first);
        if (written) co_return now.stored();
        const auto why = fail(written.error());
        now.fail(why.status, "The G-code was not stored: " + why.error);
        co_return false;
    }
}

task<void> model_prints::start(std::shared_ptr<print> one)
{
    auto& now = one->now;
    auto terms = one->how;
    terms.time_left = limits_.starting;
    printer::action what = printer::start_job{now.wish().path, now.wish().bed_clear};
    const auto done = co_await printer_.perform(std::move(what), std::move(terms));
    if (done || done.error().code == printer::printer_errc::repeated) {
        const auto state = printer_.state();
        std::string job;
        if (done && done->job_id)
            job = *done->job_id;
        else if (state.job)
            job = state.job->id;
        now.started(std::move(job));
        co_return;
    }
    const auto why = fail(done.error());
    now.fail(why.status, "The file is at the printer and was not started: " + why.error);
}

task<void> model_prints::drop_slice(std::shared_ptr<print> one)
{
    auto answer =
        co_await workshop_->send(head_for(*one, "DELETE", "/slices/v1/" + one->now.slice()), nullptr);
    // A workshop that is away, or has forgotten it, needs no more.
    if (answer) (void)co_await transport::read_all(*answer->body, most_answer);
}

void model_prints::over(const std::shared_ptr<print>& one, std::exception_ptr thrown)
{
    auto& now = one->now;
    one->carried = false;
    one->ended = clock::now();
    if (thrown && !now.over()) {
        std::string words = "The agent stops.";
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& bug) {
            if (!stopping_) words = "The agent failed inside: " + std::string(bug.what());
        }
        now.fail(750, std::move(words));
    }
    access::audit_entry entry;
    entry.who = one->who.principal;
    entry.name = one->who.name;
    entry.peer = one->who.peer;
    entry.action = "model.print";
    entry.target = now.wish().path;
    const bool well = now.stage() == print_stage::started || now.stage() == print_stage::sent;
    entry.outcome = well          ? "ok"
                    : now.fault() ? std::to_string(now.fault()->status)
                                  : std::string(commands::name_of(now.stage()));
    if (now.fault()) entry.detail = now.fault()->text;
    (void)audit_.write(entry);
    // What nobody will fetch is not sliced on.
    if (!well && !now.slice().empty() && !stopping_) net::co_spawn(context_, drop_slice(one), net::detached);
}

void model_prints::forget_old()
{
    const auto now = clock::now();
    std::erase_if(all_, [&](const auto& one) { return !one->carried && one->ended + limits_.keep <= now; });
    while (all_.size() > limits_.kept + limits_.at_once) {
        const auto oldest =
            std::find_if(all_.begin(), all_.end(), [](const auto& one) { return !one->carried; });
        if (oldest == all_.end()) return;
        all_.erase(oldest);
    }
}

std::shared_ptr<model_prints::print> model_prints::find(const std::string& id, const commands::caller& who)
{
    forget_old();
    for (const auto& one : all_)
        if (one->now.id() == id && one->who.principal == who.principal) return one;
    return nullptr;
}

} // namespace layerline::agent
