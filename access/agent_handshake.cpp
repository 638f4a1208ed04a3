// The agent's end of the handshake on a stream.
#include "access/crypto.hpp"
#include "access/handshake_machine.hpp"
#include "access/stream_deadline.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace layerline::access {

namespace {

namespace net = transport::net;
using transport::task;
using steady = std::chrono::steady_clock;

// A code that a person could not finish typing is not offered again.
constexpr std::chrono::seconds worth_showing{60};

task<handshake_failure> end(std::shared_ptr<transport::message_stream> stream, handshake_failure failure)
{
    std::string reason;
    if (failure.code.category() == error_category())
        reason = row_of(static_cast<errc>(failure.code.value())).name;
    co_await stream->close(1008, std::move(reason));
    co_return failure;
}

// The wait for a claim: one coroutine reads, one says the code again and again.
class claim_wait {
public:
    claim_wait(const net::io_executor& executor, std::shared_ptr<transport::message_stream> stream,
               const agent_handshake_options& options, agent_desk& desk, stream_deadline& deadline)
        : stream_(std::move(stream)), options_(options), desk_(desk), deadline_(deadline), tick_(executor),
          code_(options.code ? options.code : std::make_shared<shown_code>())
    {
    }
    ~claim_wait() { desk_.hide_code(); }
    claim_wait(const claim_wait&) = delete;
    claim_wait& operator=(const claim_wait&) = delete;

    task<handshake_result<relay_facts>> run()
    {
        using net::experimental::awaitable_operators::operator&&;
        co_await (read() && say());
        if (failed_) co_return *failed_;
        co_return *claimed_;
    }

private:
    void over()
    {
        over_ = true;
        tick_.cancel();
    }
    void fail(handshake_failure failure)
    {
        if (!failed_) failed_ = std::move(failure);
        stream_->abort(); // the other coroutine may be waiting on it
        over();
    }

    task<void> read()
    {
        while (!over_) {
            deadline_.set(options_.times.silence);
            auto text = co_await stream_->read_message(max_handshake_message);
            if (!text) {
                fail(deadline_.explain(text.error()));
                co_return;
            }
            auto heard = agent_machine::on_claim(*text);
            if (!heard) {
                fail(heard.error());
                co_return;
            }
            if (!*heard) continue;
            claimed_ = std::move(**heard);
            code_->code.clear(); // used up
            over();
        }
    }

    task<void> say()
    {
        while (!over_) {
            if (!renew()) {
                fail(make_failure(errc::crypto_failed));
                co_return;
            }
            const auto left = std::chrono::duration_cast<std::chrono::seconds>(code_->until - steady::now());
            const auto text = agent_machine::pairing(code_->code, options_.self->agent_id(), left);
            auto sent = co_await stream_->write_message(net::buffer(text));
            if (!sent) {
                fail(deadline_.explain(sent.error()));
                co_return;
            }
            if (over_) co_return;
            tick_.expires_at(std::min(steady::now() + options_.times.say_every, code_->until));
            transport::error_code rung;
            co_await tick_.async_wait(net::redirect_error(net::use_awaitable, rung));
        }
    }

    // A new code when there is none or its time is over. False without random numbers.
    bool renew()
    {
        const auto now = steady::now();
        const auto least = shown_ ? std::chrono::seconds(0) : worth_showing;
        const bool valid = !code_->code.empty() && code_->until > now + least;
        if (!valid) {
            auto made = make_pairing_code();
            if (!made) return false;
            code_->code = std::move(*made);
            code_->until = now + std::min<steady::duration>(options_.times.code_life, pairing_code_life);
        }
        if (!valid || !shown_)
            desk_.show_code(code_->code, std::chrono::ceil<std::chrono::seconds>(code_->until - now));
        shown_ = true;
        return true;
    }

    std::shared_ptr<transport::message_stream> stream_;
    const agent_handshake_options& options_;
    agent_desk& desk_;
    stream_deadline& deadline_;
    net::steady_timer tick_;
    std::shared_ptr<shown_code> code_;
    bool shown_ = false, over_ = false;
    std::optional<handshake_failure> failed_;
    std::optional<relay_facts> claimed_;
};

} // namespace

task<handshake_result<agent_session>> agent_handshake(std::shared_ptr<transport::message_stream> stream,
                                                      agent_handshake_options options, agent_desk& desk)
{
    const net::io_executor executor = co_await net::this_coro::executor;
    nonce fresh{};
    if (!random_bytes(fresh)) co_return co_await end(stream, make_failure(errc::crypto_failed));
    stream_deadline deadline(executor, stream);
    deadline.set(options.times.to_welcome);
    agent_machine machine(options, stream->channel_binding(), fresh);

    auto challenge = co_await stream->read_message(max_handshake_message);
    if (!challenge) co_return deadline.explain(challenge.error());
    auto hello = machine.on_challenge(*challenge);
    if (!hello) co_return co_await end(stream, hello.error());
    auto said = co_await stream->write_message(net::buffer(*hello));
    if (!said) co_return deadline.explain(said.error());
    auto answer = co_await stream->read_message(max_handshake_message);
    if (!answer) co_return deadline.explain(answer.error());
    auto welcome = machine.on_welcome(*answer);
    if (!welcome) co_return co_await end(stream, welcome.error());

    agent_session session;
    session.relay_key = machine.pin().key;
    session.facts = welcome->facts;
    if (welcome->claimed) co_return session;

    {
        claim_wait wait(executor, stream, options, desk, deadline);
        auto claimed = co_await wait.run();
        if (!claimed) co_return claimed.error();
        session.facts = std::move(*claimed);
    }
    deadline.set(options.times.to_welcome);
    auto kept = co_await desk.keep_pin(machine.pin());
    if (!kept) {
        handshake_failure failure;
        failure.code = kept.error();
        failure.text = "the pairing could not be kept: " + kept.error().message();
        co_return co_await end(stream, failure);
    }
    const auto ready = agent_machine::ready();
    auto told = co_await stream->write_message(net::buffer(ready));
    if (!told) co_return deadline.explain(told.error());
    session.newly_paired = true;
    co_return session;
}

} // namespace layerline::access
