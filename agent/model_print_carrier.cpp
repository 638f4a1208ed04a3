#include "agent/model_print_carrier.hpp"

#include "agent/workshop_mount.hpp"
#include "commands/file_use.hpp"
#include "transport/http_client.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace layerline::agent {

namespace net = transport::net;
using commands::fail;
using commands::print_stage;
using net::experimental::awaitable_operators::operator||;
using transport::clock;
using transport::task;

namespace {

constexpr std::size_t most_answer = 4UL * 1024 * 1024; // JSON of the workshop's
constexpr std::chrono::seconds answer_within{30};

task<void> pause(net::io_context& context, clock::duration length)
{
    net::steady_timer timer(context, length);
    co_await timer.async_wait(net::use_awaitable);
}

bool away(commands::model_print& now)
{
    now.fail(503, "The workshop cannot be reached; see that layerline-workshop runs, then print again.");
    return false;
}

bool worth_another_try(unsigned http)
{
    return http == 429 || http == 503;
}

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

model_print_carrier::model_print_carrier(net::io_context& context, const std::filesystem::path& socket,
                                         printer::printer_link& printer, commands::file_store& files,
                                         carrier_limits limits, book into)
    : context_(context), printer_(printer), files_(files), limits_(limits), book_(std::move(into))
{
    transport::client_options options;
    options.connect_timeout = std::chrono::seconds(5);
    workshop_ = transport::make_http_client(context, "unix:" + socket.string(), options);
}

transport::request_head model_print_carrier::head_for(const model_errand& one, const char* method,
                                                      std::string target) const
{
    transport::request_head asked;
    asked.method = method;
    auto head = head_for_workshop(asked, std::move(target), one.who);
    head.deadline = clock::now() + answer_within;
    return head;
}

task<std::optional<model_print_carrier::said>> model_print_carrier::ask(std::shared_ptr<model_errand> one,
                                                                        const char* method,
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
        co_await pause(context_, limits_.between_tries);
    }
}

task<void> model_print_carrier::carry(std::shared_ptr<model_errand> one)
{
    const auto& now = one->now;
    if (now.stage() == print_stage::starting) {
        co_await find_out_start(one);
        co_return;
    }
    // Before anything is done for it, its idempotency key among the rest.
    co_await book_.keep();
    if (now.stage() == print_stage::requested) {
        const bool begun = co_await begin_slice(one);
        if (!begun) co_return;
    }
    if (now.stage() == print_stage::slicing) {
        const bool sliced = co_await wait_for_slice(one);
        if (!sliced) co_return;
        co_await book_.keep();
    }
    const bool starts = co_await send(one);
    if (!starts) co_return;
    // From here on nobody starts it a second time.
    co_await book_.keep();
    co_await start(one);
}

task<bool> model_print_carrier::begin_slice(std::shared_ptr<model_errand> one)
{
    auto& now = one->now;
    const auto made = co_await ask(one, "POST", "/slices/v1/requests", now.profile_request());
    if (!made) co_return away(now);
    auto request = now.request_made(made->http, made->body, printer_.capabilities());
    if (!request) co_return false;
    one->asking_slice = true;
    const auto begun = co_await ask(one, "POST", "/slices/v1", std::move(*request));
    one->asking_slice = false;
    if (!begun) co_return away(now);
    const bool goes_on = now.slice_begun(begun->http, begun->body);
    if (goes_on) co_await book_.keep(); // who is told of a slice finds it after a restart, too
    book_.tell();
    co_return goes_on;
}

task<bool> model_print_carrier::wait_for_slice(std::shared_ptr<model_errand> one)
{
    auto& now = one->now;
    const auto until = clock::now() + limits_.slicing;
    for (;;) {
        const auto told = co_await ask(one, "GET", "/slices/v1/" + now.slice(), std::string());
        if (!told) co_return away(now);
        const bool ended = now.slice_told(told->http, told->body);
        book_.tell();
        if (ended) co_return !now.over();
        if (clock::now() >= until) {
            now.fail(504, "The slice took too long; it was given up.");
            co_return false;
        }
        co_await pause(context_, limits_.look);
    }
}

// Until the printer is there, or it is too late for that.
task<void> model_print_carrier::printer_seen(clock::time_point until)
{
    for (;;) {
        const auto state = printer_.state();
        const bool seen = state.now != printer::phase::offline && state.now != printer::phase::connecting;
        if (seen || clock::now() >= until) co_return;
        auto news = printer_.changed(state.sequence);
        auto late = pause(context_, until - clock::now());
        (void)co_await (std::move(news) || std::move(late));
    }
}

task<bool> model_print_carrier::send(std::shared_ptr<model_errand> one)
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
            co_await pause(context_, limits_.between_tries);
            continue;
        }
        if (!now.result_opened(answer->head.status, answer->body->remaining(), files_.max_file_bytes()))
            co_return false;
        if (one->resumed) co_await printer_seen(clock::now() + limits_.starting);
        if (commands::is_in_use(printer_.state(), now.wish().path)) {
            now.fail(409, "A file of that name is being printed by now; give another Name.");
            co_return false;
        }
        auto body = std::make_shared<counted_body>(std::move(answer->body), [this, one](std::uint64_t done) {
            one->now.sending(done), book_.tell();
        });
        auto writing = files_.write(now.wish().path, std::move(body));
        auto late = pause(context_, limits_.sending);
        auto first = co_await (std::move(writing) || std::move(late));
        if (first.index() == 1) {
            now.fail(504, "The G-code did not reach the printer's files in time.");
            co_return false;
        }
        const auto& written = std::get<0>(first);
        if (written) {
            const bool starts = now.stored();
            book_.tell();
            co_return starts;
        }
        const auto why = fail(written.error());
        now.fail(why.status, "The G-code was not stored: " + why.error);
        co_return false;
    }
}

task<void> model_print_carrier::start(std::shared_ptr<model_errand> one)
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

// The agent ended between asking the printer and its answer: the printer alone knows.
task<void> model_print_carrier::find_out_start(std::shared_ptr<model_errand> one)
{
    auto& now = one->now;
    const auto until = clock::now() + limits_.starting;
    co_await printer_seen(until);
    const auto state = printer_.state();
    const bool seen = state.now != printer::phase::offline && state.now != printer::phase::connecting;
    if (seen && commands::is_in_use(state, now.wish().path)) {
        now.started(state.job ? state.job->id : std::string());
        co_return;
    }
    now.fail(seen ? 409 : 504,
             "The agent was restarted while it asked the printer to start; " +
                 std::string(seen ? "the printer does not print it." : "the printer is not there.") +
                 " The G-code is stored: see the printer, then start it.");
}

task<void> model_print_carrier::drop_slice(std::shared_ptr<model_errand> one)
{
    auto answer =
        co_await workshop_->send(head_for(*one, "DELETE", "/slices/v1/" + one->now.slice()), nullptr);
    // A workshop that is away, or has forgotten it, needs no more.
    if (answer) (void)co_await transport::read_all(*answer->body, most_answer);
}

} // namespace layerline::agent
