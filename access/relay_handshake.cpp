// The relay's end of the handshake on a stream.
#include "access/crypto.hpp"
#include "access/handshake_machine.hpp"
#include "access/stream_deadline.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace layerline::access {

namespace {

namespace net = transport::net;
using transport::task;
using steady = std::chrono::steady_clock;

// How long after its code's end an agent may take to send the next one.
constexpr std::chrono::seconds next_code_within{30};

// Tells the agent why, and ends the stream.
task<handshake_failure> refuse(std::shared_ptr<transport::message_stream> stream, handshake_failure failure)
{
    const auto text = relay_machine::refused(failure);
    auto sent = co_await stream->write_message(net::buffer(text));
    const bool ours = failure.code.category() == error_category();
    std::string reason(row_of(ours ? static_cast<errc>(failure.code.value()) : errc::refused).name);
    const std::uint16_t code = failure.permanent ? 1008 : 1013;
    if (sent)
        co_await stream->close(code, std::move(reason));
    else
        stream->abort();
    co_return failure;
}

// A store that does not answer is the relay's trouble, not the agent's fault.
handshake_failure trouble(const transport::error_code& why)
{
    if (why.category() == error_category()) {
        auto failure = make_failure(static_cast<errc>(why.value()));
        if (is_store_failure(why)) failure.permanent = false;
        return failure;
    }
    handshake_failure failure;
    failure.code = why;
    failure.text = why.message();
    return failure;
}

// Rung from any thread, heard on the stream's context.
class bell final : public claim_signal, public std::enable_shared_from_this<bell> {
public:
    explicit bell(const net::io_executor& executor) : executor_(executor), timer_(executor)
    {
        timer_.expires_at(steady::time_point::max());
    }
    void ring(relay_facts facts) override
    {
        net::post(executor_, [self = shared_from_this(), told = std::move(facts)]() mutable {
            if (!self->claimed) self->claimed = std::move(told);
            self->wake();
        });
    }
    // The rest on the context only.
    void wake() { timer_.cancel(); }
    task<void> wait()
    {
        transport::error_code rung;
        co_await timer_.async_wait(net::redirect_error(net::use_awaitable, rung));
    }
    std::optional<relay_facts> claimed;

private:
    net::io_executor executor_;
    net::steady_timer timer_;
};

// The wait for a claim: one coroutine reads, the other is the only one that writes.
class claim_wait {
public:
    claim_wait(const net::io_executor& executor, std::shared_ptr<transport::message_stream> stream,
               const handshake_times& times, agent_registry& registry, const agent_facts& agent,
               stream_deadline& deadline)
        : stream_(std::move(stream)), times_(times), registry_(registry), agent_(agent), deadline_(deadline),
          bell_(std::make_shared<bell>(executor))
    {
    }
    ~claim_wait()
    {
        if (offered_) registry_.withdraw(agent_.agent_id, bell_);
    }
    claim_wait(const claim_wait&) = delete;
    claim_wait& operator=(const claim_wait&) = delete;

    // Nothing once the agent is ready for the tunnel.
    task<std::optional<handshake_failure>> run()
    {
        using net::experimental::awaitable_operators::operator&&;
        co_await (read() && write());
        if (!failed_) co_return std::nullopt;
        if (tell_) co_return co_await refuse(stream_, *failed_);
        co_return *failed_;
    }

private:
    void over()
    {
        over_ = true;
        bell_->wake();
    }
    // The connection broke: nobody is there to be told.
    void broke(const transport::error_code& why)
    {
        if (!failed_) failed_ = deadline_.explain(why);
        stream_->abort();
        over();
    }
    void reject(handshake_failure why)
    {
        if (!failed_) {
            failed_ = std::move(why);
            tell_ = true;
        }
        over();
    }

    task<void> read()
    {
        while (!over_) {
            deadline_.set(times_.silence);
            auto text = co_await stream_->read_message(max_handshake_message);
            if (!text) {
                broke(text.error());
                co_return;
            }
            auto heard = relay_machine::on_waiting(*text, told_);
            if (!heard) {
                reject(heard.error());
                co_return;
            }
            if (std::holds_alternative<relay_machine::agent_ready>(*heard)) {
                over();
                co_return;
            }
            if (!told_) co_await take(std::get<relay_machine::code_offer>(*heard));
        }
    }

    task<void> take(relay_machine::code_offer offer)
    {
        const auto now = steady::now();
        if (!code_ || *code_ != offer.code) {
            offered_ = true; // from here on there may be something to withdraw
            auto taken = co_await registry_.offer_code(agent_, offer.code, offer.life, bell_);
            if (!taken) {
                reject(trouble(taken.error()));
                co_return;
            }
            code_ = offer.code;
            until_ = now + offer.life;
        } else if (now > until_ + next_code_within) {
            reject(make_failure(errc::not_claimed));
            co_return;
        }
        answer_due_ = true;
        bell_->wake();
    }

    task<void> write()
    {
        while (!over_) {
            std::string text;
            if (bell_->claimed && !told_) {
                told_ = true; // before the write: the agent may answer before it is reported done
                text = relay_machine::claimed(*bell_->claimed);
            } else if (answer_due_ && !told_) { // after `claimed` the next bytes are the tunnel's
                answer_due_ = false;
                text = relay_machine::waiting();
            } else {
                co_await bell_->wait();
                continue;
            }
            auto sent = co_await stream_->write_message(net::buffer(text));
            if (!sent) {
                broke(sent.error());
                co_return;
            }
        }
    }

    std::shared_ptr<transport::message_stream> stream_;
    const handshake_times& times_;
    agent_registry& registry_;
    const agent_facts& agent_;
    stream_deadline& deadline_;
    std::shared_ptr<bell> bell_;
    bool offered_ = false, over_ = false, told_ = false, answer_due_ = false, tell_ = false;
    std::optional<code_hash> code_;
    steady::time_point until_;
    std::optional<handshake_failure> failed_;
};

} // namespace

task<handshake_result<relay_session>> relay_handshake(std::shared_ptr<transport::message_stream> stream,
                                                      relay_handshake_options options,
                                                      agent_registry& registry)
{
    const net::io_executor executor = co_await net::this_coro::executor;
    nonce fresh{};
    if (!random_bytes(fresh)) co_return co_await refuse(stream, make_failure(errc::crypto_failed));
    stream_deadline deadline(executor, stream);
    deadline.set(options.times.to_welcome);
    relay_machine machine(options, stream->channel_binding(), fresh);

    const auto challenge = machine.challenge();
    auto asked = co_await stream->write_message(net::buffer(challenge));
    if (!asked) co_return deadline.explain(asked.error());
    auto text = co_await stream->read_message(max_handshake_message);
    if (!text) co_return deadline.explain(text.error());
    auto proven = machine.on_hello(*text);
    if (!proven) co_return co_await refuse(stream, proven.error());
    relay_session session;
    session.agent = std::move(*proven);
    session.agent.peer = stream->peer();

    auto decided = co_await registry.admit(session.agent);
    if (const auto* refusal = std::get_if<handshake_failure>(&decided)) {
        auto failure = *refusal;
        if (is_store_failure(failure.code)) failure.permanent = false;
        co_return co_await refuse(stream, std::move(failure));
    }
    const auto& known = std::get<admission>(decided);
    if (auto against = machine.judge(known)) co_return co_await refuse(stream, std::move(*against));
    auto welcome = machine.welcome(known);
    if (!welcome) co_return co_await refuse(stream, welcome.error());
    auto said = co_await stream->write_message(net::buffer(*welcome));
    if (!said) co_return deadline.explain(said.error());
    if (machine.claimed(known)) co_return session;

    claim_wait wait(executor, stream, options.times, registry, session.agent, deadline);
    auto failed = co_await wait.run();
    if (failed) co_return std::move(*failed);
    session.newly_paired = true;
    co_return session;
}

} // namespace layerline::access
