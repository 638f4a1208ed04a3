// The coroutine shell of the link: a connection, a clock, a disk thread and a desk.
#include "printer/moonraker/moonraker_link.hpp"

#include "printer/link_waits.hpp"
#include "printer/moonraker/moonraker_extras.hpp"
#include "printer/serial/action_messages.hpp"
#include "transport/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <utility>

namespace layerline::printer::moonraker {

namespace net = transport::net;
using transport::clock;
using transport::error_code;

namespace {

constexpr auto as_tuple = net::as_tuple(net::use_awaitable);

class moonraker_link final : public printer_link {
public:
    moonraker_link(net::io_context& context, link_settings settings, serial::durable_state kept,
                   serial::idempotency_keys keys)
        : context_(context), settings_(std::move(settings)), desk_(settings_.desk, std::move(kept)),
          keys_(std::make_shared<serial::idempotency_keys>(std::move(keys))), changed_(context),
          messages_(context), work_(context), retry_(context), keeping_(context),
          extras_(desk_, [this](std::string method, nlohmann::json params) {
              return question(std::move(method), std::move(params));
          })
    {
        for (auto* timer : {&messages_, &work_, &keeping_})
            timer->expires_at(clock::time_point::max());
    }
    ~moonraker_link() override { disk_.join(); }
    moonraker_link(const moonraker_link&) = delete;
    moonraker_link& operator=(const moonraker_link&) = delete;

    transport::task<void> run() override
    {
        using namespace net::experimental::awaitable_operators; // NOLINT(google-build-using-namespace)
        co_await (follow_moonraker() || keep_what_must_be());
        desk_.disconnected(printer_errc::host_gone, "This agent is shutting down.", clock::now());
        settle();
        // What is left is small, and nothing waits any more.
        while (const auto last = desk_.next_to_keep())
            (void)serial::save_durable_state(settings_.state_folder.string(), last->state);
    }

    void stop() override
    {
        stopping_ = true;
        if (wire_) wire_->abort();
        changed_.stop();
        for (auto* timer : {&messages_, &work_, &retry_, &keeping_})
            timer->cancel();
    }

    printer_state state() const override { return desk_.state(clock::now()); }

    transport::task<transport::result<void>> changed(std::uint64_t since) override
    {
        auto sequence = [this] { return desk_.sequence(); };
        co_return co_await changed_.changed(sequence, since);
    }

    transport::task<printer_result<performed>> perform(action what, terms how) override
    {
        if (stopping_) co_return printer_failure{printer_errc::host_gone, "This agent is shutting down."};
        const bool urgent = std::holds_alternative<emergency_stop>(what);
        const auto key = urgent ? std::nullopt : how.idempotency_key;
        if (key) {
            const auto began = clock::now();
            auto fresh = co_await claim(*key, serial::action_mark(what));
            if (!fresh) co_return fresh.error();
            if (!*fresh) {
                performed before;
                before.note = "done before";
                before.repeated = true;
                co_return before;
            }
            if (how.time_left)
                *how.time_left -= std::chrono::ceil<std::chrono::milliseconds>(clock::now() - began);
        }
        auto done = co_await ask(std::move(what), std::move(how));
        // What was refused did nothing: it may come again.
        if (key && !done && done.error().code != printer_errc::no_answer)
            net::post(disk_, [keys = keys_, key = *key] { keys->release(key); });
        co_return done;
    }

    link_capabilities capabilities() const override { return desk_.capabilities(); }
    printer_extras& extras() override { return extras_; }

private:
    // One piece of work on the disk's thread, which may outlive whoever waits for it.
    struct disk_work {
        explicit disk_work(const net::io_executor& executor) : bell(executor, clock::time_point::max()) {}
        net::steady_timer bell;
        bool done = false;
        printer_result<bool> out = false;
    };

    // Card and disk may take seconds for one write: the connection does not wait for them.
    transport::task<printer_result<bool>> on_disk(std::function<printer_result<bool>()> work)
    {
        auto job = std::make_shared<disk_work>(context_.get_executor());
        net::post(disk_, [job, work = std::move(work), &home = context_] {
            auto out = work();
            net::post(home, [job, out = std::move(out)]() mutable {
                job->out = std::move(out);
                job->done = true;
                job->bell.cancel();
            });
        });
        while (!job->done) {
            co_await job->bell.async_wait(as_tuple);
            const auto cancel = co_await net::this_coro::cancellation_state;
            if (cancel.cancelled() != net::cancellation_type::none)
                co_return printer_failure{printer_errc::no_answer, "The caller went away."};
        }
        co_return std::move(job->out);
    }

    transport::task<printer_result<bool>> claim(std::string key, std::string command)
    {
        std::function<printer_result<bool>()> work = [keys = keys_, key = std::move(key),
                                                      command = std::move(command)] {
            return keys->claim(key, command);
        };
        co_return co_await on_disk(std::move(work));
    }

    transport::task<printer_result<performed>> ask(action what, terms how)
    {
        const auto id = desk_.ask(std::move(what), std::move(how), clock::now());
        auto mine = waiting_.open(id, context_.get_executor());
        settle();
        std::function<void(std::uint64_t)> forget = [this](std::uint64_t gone) { desk_.forget(gone); };
        co_return co_await waiting_.wait(id, std::move(mine), std::move(forget), "Moonraker");
    }

    transport::task<printer_result<nlohmann::json>> question(std::string method, nlohmann::json params)
    {
        if (stopping_) co_return printer_failure{printer_errc::host_gone, "This agent is shutting down."};
        const auto id = desk_.query(method, params, settings_.desk.answer_within, clock::now());
        auto mine = questions_.open(id, context_.get_executor());
        settle();
        std::function<void(std::uint64_t)> forget = [this](std::uint64_t gone) { desk_.forget_query(gone); };
        co_return co_await questions_.wait(id, std::move(mine), std::move(forget), "Moonraker");
    }

    transport::task<void> follow_moonraker()
    {
        using namespace net::experimental::awaitable_operators; // NOLINT(google-build-using-namespace)
        while (!stopping_) {
            auto opened = co_await open_wire(settings_.wire);
            if (stopping_) break;
            if (!opened) {
                desk_.disconnected(opened.error().code, opened.error().detail, clock::now());
            } else {
                wire_ = std::move(*opened);
                gone_because_ = "Moonraker closed the connection.";
                desk_.connected(clock::now());
                settle();
                co_await (read_messages() || write_messages() || keep_time());
                wire_->abort();
                wire_.reset();
                desk_.disconnected(printer_errc::host_gone, gone_because_, clock::now());
            }
            settle();
            if (stopping_) break;
            retry_.expires_after(desk_.retry_delay());
            co_await retry_.async_wait(as_tuple);
        }
    }

    // Each of the three ends the connection when it ends, so that the others end too.
    transport::task<void> read_messages()
    {
        const auto wire = wire_;
        for (;;) {
            auto text = co_await wire->read(max_rpc_message);
            if (!text) {
                if (text.error() == transport::errc::too_large)
                    gone_because_ = "Moonraker sent a message over 4 MiB.";
                break;
            }
            const bool good = desk_.receive(*text, clock::now());
            settle();
            if (!good) break;
        }
        wire->abort();
    }

    transport::task<void> write_messages()
    {
        const auto wire = wire_;
        for (;;) {
            auto text = desk_.next_message(clock::now());
            hand_out();
            if (!text) {
                messages_.expires_at(clock::time_point::max());
                co_await messages_.async_wait(as_tuple);
                const auto cancel = co_await net::this_coro::cancellation_state;
                if (cancel.cancelled() != net::cancellation_type::none) break;
                continue;
            }
            // Moonraker that does not read is found by keep_time(): it says nothing either.
            const auto sent = co_await wire->write(std::move(*text));
            if (!sent) break;
            work_.cancel(); // what was sent has deadlines of its own
        }
        wire->abort();
    }

    transport::task<void> keep_time()
    {
        const auto wire = wire_;
        for (;;) {
            work_.expires_at(desk_.next_wakeup().value_or(clock::time_point::max()));
            co_await work_.async_wait(as_tuple);
            const auto cancel = co_await net::this_coro::cancellation_state;
            if (cancel.cancelled() != net::cancellation_type::none || stopping_) break;
            const bool alive = desk_.tick(clock::now());
            hand_out();
            messages_.cancel();
            if (!alive) {
                gone_because_ = "Moonraker has said nothing for " +
                                std::to_string(settings_.desk.silence.count() / 1000) + " s.";
                break;
            }
        }
        wire->abort();
    }

    transport::task<void> keep_what_must_be()
    {
        while (!stopping_) {
            auto next = desk_.next_to_keep();
            if (!next) {
                keeping_.expires_at(clock::time_point::max());
                co_await keeping_.async_wait(as_tuple);
                const auto cancel = co_await net::this_coro::cancellation_state;
                if (cancel.cancelled() != net::cancellation_type::none) co_return;
                continue;
            }
            std::function<printer_result<bool>()> work = [folder = settings_.state_folder.string(),
                                                          state = next->state]() -> printer_result<bool> {
                if (auto saved = serial::save_durable_state(folder, state); !saved) return saved.error();
                return true;
            };
            const auto saved = co_await on_disk(std::move(work));
            if (!next->commit) continue;
            printer_result<void> how;
            if (!saved) how = saved.error();
            desk_.kept(*next->commit, how, clock::now());
            settle();
        }
    }

    // After news from outside: hands out what the desk decided and wakes the writer, the clock and the
    // keeper.
    void settle()
    {
        hand_out();
        messages_.cancel();
        work_.cancel();
    }

    void hand_out()
    {
        while (auto outcome = desk_.next_outcome())
            waiting_.settle(outcome->id, std::move(outcome->what));
        while (auto reply = desk_.next_reply())
            questions_.settle(reply->id, std::move(reply->what));
        keeping_.cancel();
        if (desk_.sequence() != told_) {
            told_ = desk_.sequence();
            changed_.ring();
        }
    }

    net::io_context& context_;
    link_settings settings_;
    moonraker_desk desk_;
    std::shared_ptr<serial::idempotency_keys> keys_; // used by the disk's thread alone
    net::thread_pool disk_{1};
    std::shared_ptr<rpc_wire> wire_;
    change_bell changed_;
    net::steady_timer messages_; // wakes the writer
    net::steady_timer work_;     // wakes keep_time()
    net::steady_timer retry_;
    net::steady_timer keeping_; // wakes keep_what_must_be()
    open_answers<performed> waiting_;
    open_answers<nlohmann::json> questions_;
    moonraker_extras extras_;
    std::string gone_because_;
    std::uint64_t told_ = 0;
    bool stopping_ = false;
};

} // namespace

printer_result<std::unique_ptr<printer_link>> make_moonraker_link(net::io_context& context,
                                                                  link_settings settings)
{
    const auto folder = settings.state_folder.string();
    auto keys = serial::idempotency_keys::open(folder);
    if (!keys) return keys.error();
    auto kept = serial::load_durable_state(folder);
    serial::note_boot(kept.state, serial::boot_of_machine());
    settings.desk.api_key = settings.wire.api_key;
    std::unique_ptr<printer_link> made = std::make_unique<moonraker_link>(
        context, std::move(settings), std::move(kept.state), std::move(*keys));
    return made;
}

} // namespace layerline::printer::moonraker
