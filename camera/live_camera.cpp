// Three coroutines beside each other carry a session: one takes the pictures, one watches for silence, one
// for the last viewer's leaving. Whichever comes to its end first says why and ends the board; that wakes all
// who look.
#include "camera/live_camera.hpp"

#include "camera/frame_body.hpp"
#include "camera/picture_check.hpp"
#include "transport/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include <exception>
#include <utility>

namespace layerline::camera {

namespace net = transport::net;
using net::experimental::awaitable_operators::operator||;
using transport::clock;
using transport::errc;
using transport::task;

namespace {

constexpr auto as_tuple = net::as_tuple(net::use_awaitable);

std::string seconds_of(std::chrono::milliseconds time)
{
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count()) + " s";
}

// What an error on the way means; `streaming`: pictures had come already.
trouble trouble_of(const transport::error_code& code, bool streaming)
{
    if (code == errc::too_large)
        return {trouble_kind::too_large,
                "sent a picture of more than " + std::to_string(max_picture_bytes >> 20U) + " MiB"};
    if (code == errc::malformed)
        return {trouble_kind::no_pictures, "sent something that is no stream of pictures"};
    if (!code || (streaming && code != errc::timed_out))
        return {trouble_kind::broke_off,
                streaming ? "broke its stream off" : "ended its stream before there was a picture"};
    if (code == errc::timed_out) return {trouble_kind::silent, "did not answer in time"};
    return {trouble_kind::away, "cannot be reached: " + code.message()};
}

answer_facts facts_of(const transport::response_head& head)
{
    answer_facts facts;
    facts.status = head.status;
    facts.type = head.headers.find("content-type").value_or("");
    facts.encoding = head.headers.find("content-encoding").value_or("");
    return facts;
}

// A whole snapshot's worth.
std::variant<frame, trouble> picture_of(const transport::response_head& head,
                                        transport::result<std::string> bytes)
{
    if (!bytes && bytes.error() == errc::too_large) return trouble_of(bytes.error(), false);
    if (!bytes) return trouble{trouble_kind::broke_off, "broke its picture off: " + bytes.error().message()};
    frame_part part;
    part.type = head.headers.find("content-type").value_or("");
    part.bytes = std::move(*bytes);
    if (!mend_picture(part)) return trouble{trouble_kind::no_pictures, "sent something that is no picture"};
    return std::make_shared<const frame_part>(std::move(part));
}

} // namespace

struct live_camera::session {
    explicit session(const net::io_executor& executor)
        : board(std::make_shared<frame_board>(executor)), leave(executor, clock::time_point::max())
    {
    }
    trouble reason() const
    {
        if (why) return *why;
        return trouble_of(board->ended().value_or(transport::error_code()), board->number() != 0);
    }

    std::shared_ptr<frame_board> board;
    net::steady_timer leave; // when nobody will have looked for long enough
    std::size_t viewers = 0;
    std::optional<trouble> why; // set before the board ends
};

struct live_camera::shot {
    explicit shot(const net::io_executor& executor) : done(executor, clock::time_point::max()) {}
    net::steady_timer done; // used as an event
    std::optional<std::variant<frame, trouble>> got;
};

// A viewer's place in a session.
class live_camera::place {
public:
    place(std::shared_ptr<session> in, std::chrono::milliseconds linger) : in_(std::move(in)), linger_(linger)
    {
        if (++in_->viewers == 1) in_->leave.expires_at(clock::time_point::max());
    }
    ~place()
    {
        if (--in_->viewers == 0 && !in_->board->ended()) in_->leave.expires_after(linger_);
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    session& in() const { return *in_; }

private:
    std::shared_ptr<session> in_;
    std::chrono::milliseconds linger_;
};

class live_camera::watched_body final : public transport::body_source {
public:
    explicit watched_body(std::unique_ptr<place> here) : here_(std::move(here)), body_(here_->in().board) {}
    task<transport::result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        return body_.read_some(into);
    }
    std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

private:
    std::unique_ptr<place> here_;
    frame_body body_;
};

live_camera::live_camera(const net::io_executor& executor, std::shared_ptr<camera_way> way, live_times times,
                         std::function<void(const trouble&)> tell)
    : executor_(executor), way_(std::move(way)), times_(times), tell_(std::move(tell))
{
}

live_camera::~live_camera() = default;

std::size_t live_camera::viewers() const
{
    return now_ ? now_->viewers : 0;
}

bool live_camera::streaming() const
{
    return now_ != nullptr;
}

void live_camera::stop(std::string why)
{
    if (now_) end(now_, trouble{trouble_kind::broke_off, std::move(why)}, errc::closed);
}

void live_camera::end(const std::shared_ptr<session>& one, std::optional<trouble> why,
                      transport::error_code code)
{
    if (!one->why) {
        one->why = std::move(why);
        // Who has seen pictures can no longer be told; its owner can.
        if (tell_ && one->why && one->viewers != 0 && one->board->number() != 0) tell_(*one->why);
    }
    one->board->end(code);
    one->leave.cancel();
    if (now_ == one) now_.reset();
}

std::shared_ptr<live_camera::session> live_camera::join()
{
    auto now = now_;
    if (!now) {
        now_ = now = std::make_shared<session>(executor_);
        auto work = run(shared_from_this(), now);
        net::co_spawn(executor_, std::move(work),
                      [self = shared_from_this(), now](const std::exception_ptr& thrown) {
                          // A bug, or the program's end: nobody must wait for ever.
                          if (thrown) self->end(now, std::nullopt, errc::shutting_down);
                      });
    }
    return now; // now_ may be over already
}

task<std::variant<std::shared_ptr<transport::body_source>, trouble>>
live_camera::watch(std::shared_ptr<live_camera> of)
{
    auto here = std::make_unique<place>(of->join(), of->times_.linger);
    const auto board = here->in().board;
    while (board->number() == 0 && !board->ended())
        co_await board->change();
    if (board->number() == 0) co_return here->in().reason();
    std::shared_ptr<transport::body_source> body = std::make_shared<watched_body>(std::move(here));
    co_return body;
}

task<std::variant<frame, trouble>> live_camera::snapshot(std::shared_ptr<live_camera> of)
{
    if (of->now_ && of->now_->board->number() != 0) co_return of->now_->board->newest();
    if (of->way_->has_snapshot()) co_return co_await fetch(of);
    const place here(of->join(), of->times_.linger);
    const auto board = here.in().board;
    while (board->number() == 0 && !board->ended())
        co_await board->change();
    if (board->number() == 0) co_return here.in().reason();
    co_return board->newest();
}

task<void> live_camera::run(std::shared_ptr<live_camera> self, std::shared_ptr<session> now)
{
    auto pictures = self->way_->has_stream() ? take_stream(self, now) : take_snapshots(self, now);
    auto silence = wait_for_silence(self, now);
    auto unwanted = wait_until_unwanted(self, now);
    co_await (std::move(pictures) || std::move(silence) || std::move(unwanted));
}

task<void> live_camera::take_stream(std::shared_ptr<live_camera> self, std::shared_ptr<session> now)
{
    const auto answer = co_await self->way_->ask_stream();
    if (!answer) {
        self->end(now, trouble_of(answer.error(), false), answer.error());
        co_return;
    }
    auto boundary = stream_boundary(facts_of(answer->head));
    if (auto* fault = std::get_if<trouble>(&boundary)) {
        self->end(now, std::move(*fault), errc::malformed);
        co_return;
    }
    co_await feed(answer->body, std::get<std::string>(std::move(boundary)), now->board, mend_picture);
    // Its end is what feed() says, unless somebody else was first.
    const auto code = now->board->ended().value_or(transport::error_code());
    self->end(now, trouble_of(code, now->board->number() != 0), code);
}

task<void> live_camera::take_snapshots(std::shared_ptr<live_camera> self, std::shared_ptr<session> now)
{
    net::steady_timer pause(self->executor_);
    while (!now->board->ended()) {
        auto one = co_await fetch(self);
        if (auto* fault = std::get_if<trouble>(&one)) {
            self->end(now, std::move(*fault), errc::closed);
            co_return;
        }
        now->board->put(*std::get<frame>(one));
        pause.expires_after(self->times_.poll);
        co_await pause.async_wait(as_tuple);
    }
}

task<void> live_camera::wait_for_silence(std::shared_ptr<live_camera> self, std::shared_ptr<session> now)
{
    net::steady_timer timer(self->executor_);
    const auto board = now->board;
    auto patience = self->times_.first;
    auto until = clock::now() + patience;
    std::uint64_t seen = 0;
    while (!board->ended()) {
        timer.expires_at(until);
        auto late = timer.async_wait(as_tuple);
        auto change = board->change();
        co_await (std::move(late) || std::move(change));
        if (board->number() != seen) {
            seen = board->number();
            patience = self->times_.stall;
            until = clock::now() + patience;
        } else if (clock::now() >= until) {
            auto text = seen == 0 ? "sent no picture within " + seconds_of(patience)
                                  : "has sent no picture for " + seconds_of(patience);
            self->end(now, trouble{trouble_kind::silent, std::move(text)}, errc::timed_out);
        }
    }
}

task<void> live_camera::wait_until_unwanted(std::shared_ptr<live_camera> self, std::shared_ptr<session> now)
{
    while (!now->board->ended()) {
        const auto [code] = co_await now->leave.async_wait(as_tuple);
        if (!code && now->viewers == 0)
            self->end(now, trouble{trouble_kind::broke_off, "is no longer looked at"}, errc::closed);
    }
}

task<std::variant<frame, trouble>> live_camera::fetch(std::shared_ptr<live_camera> of)
{
    auto one = of->shot_;
    if (!one) {
        of->shot_ = one = std::make_shared<shot>(of->executor_);
        // On its own: it serves all who have asked meanwhile, whoever of them goes away.
        auto work = take_shot(of, one);
        net::co_spawn(of->executor_, std::move(work), [of, into = one](const std::exception_ptr& thrown) {
            if (!thrown) return;
            into->got = trouble_of(errc::shutting_down, false);
            of->shot_.reset();
            into->done.cancel();
        });
    }
    while (!one->got)
        co_await one->done.async_wait(as_tuple);
    co_return *one->got;
}

task<void> live_camera::take_shot(std::shared_ptr<live_camera> self, std::shared_ptr<shot> into)
{
    net::steady_timer timer(self->executor_, self->times_.first);
    auto reading = read_snapshot(self->way_, into);
    auto late = timer.async_wait(as_tuple);
    const auto first = co_await (std::move(reading) || std::move(late));
    if (first.index() == 1)
        into->got = trouble{trouble_kind::silent, "sent no picture within " + seconds_of(self->times_.first)};
    self->shot_.reset();
    into->done.cancel();
}

task<void> live_camera::read_snapshot(std::shared_ptr<camera_way> way, std::shared_ptr<shot> into)
{
    const auto answer = co_await way->ask_snapshot();
    if (!answer) {
        into->got = trouble_of(answer.error(), false);
        co_return;
    }
    if (auto fault = snapshot_fault(facts_of(answer->head))) {
        into->got = *std::move(fault);
        co_return;
    }
    auto bytes = co_await transport::read_all(*answer->body, max_picture_bytes);
    into->got = picture_of(answer->head, std::move(bytes));
}

} // namespace layerline::camera
