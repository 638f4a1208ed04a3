// One connection for all viewers, its begin and its end, and what is told when the camera does not do its
// part.
#include "camera/live_camera.hpp"

#include "tests/fakes/event_flag.hpp"
#include "tests/fakes/run_task.hpp"
#include "transport/error.hpp"

#include <boost/asio/detached.hpp>

#include <cstring>
#include <deque>

using namespace layerline;
using namespace layerline::camera;
namespace net = transport::net;
using std::chrono::hours;
using std::chrono::milliseconds;
using transport::errc;
using transport::task;

namespace {

std::string jpeg(const std::string& what)
{
    return "\xff\xd8\xff\xe0" + what + "\xff\xd9";
}

// A body whose bytes the test gives when it likes.
class told_body final : public transport::body_source {
public:
    void say(const std::string& more)
    {
        waiting_ += more;
        changed_.ring();
    }
    void end()
    {
        over_ = true;
        changed_.ring();
    }
    task<transport::result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        co_await changed_.until([this] { return over_ || !waiting_.empty(); });
        const auto count = std::min(into.size(), waiting_.size());
        std::memcpy(into.data(), waiting_.data(), count);
        waiting_.erase(0, count);
        co_return count;
    }
    std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

private:
    std::string waiting_;
    bool over_ = false;
    fakes::event_flag changed_;
};

// A camera that does what the test says.
class told_way final : public camera_way {
public:
    bool streams = true, snapshots = false;
    int asked_stream = 0, asked_snapshot = 0;
    unsigned status = 200;
    std::string type = "multipart/x-mixed-replace; boundary=odd";
    std::optional<transport::error_code> fault;
    std::string picture = jpeg("snapshot");
    bool silent = false; // no answer at all
    std::shared_ptr<told_body> body;
    fakes::event_flag changed;

    bool has_stream() const override { return streams; }
    bool has_snapshot() const override { return snapshots; }
    task<transport::result<transport::response>> ask_stream() override
    {
        ++asked_stream;
        changed.ring();
        if (silent) co_await changed.until([this] { return !silent; });
        if (fault) co_return *fault;
        body = std::make_shared<told_body>();
        co_return answer(body);
    }
    task<transport::result<transport::response>> ask_snapshot() override
    {
        ++asked_snapshot;
        changed.ring();
        if (silent) co_await changed.until([this] { return !silent; });
        if (fault) co_return *fault;
        co_return answer(transport::make_body(picture));
    }

private:
    transport::response answer(std::shared_ptr<transport::body_source> with) const
    {
        transport::response made;
        made.head.status = status;
        made.head.headers.set("content-type", type);
        made.body = std::move(with);
        return made;
    }
};

using watched = std::variant<std::shared_ptr<transport::body_source>, trouble>;

struct desk {
    explicit desk(live_times times = patient())
        : live(std::make_shared<live_camera>(context.get_executor(), way, times,
                                             [this](const trouble& why) { told.push_back(why); }))
    {
    }
    ~desk()
    {
        // Everything ends here: nothing is left on the context.
        live->stop("is no more");
        way->silent = false;
        way->changed.ring();
        context.restart();
        context.run();
    }
    desk(const desk&) = delete;
    desk& operator=(const desk&) = delete;

    // Nothing happens by the clock but what a test wants to.
    static live_times patient()
    {
        live_times times;
        times.first = times.stall = times.linger = times.poll = hours(1);
        return times;
    }

    // A viewer who waits for the first picture, while the test goes on.
    struct waiting {
        std::optional<watched> got;
        fakes::event_flag changed;
    };
    std::shared_ptr<waiting> begin_to_watch()
    {
        auto one = std::make_shared<waiting>();
        net::co_spawn(context, live_camera::watch(live), [one](const std::exception_ptr&, watched got) {
            one->got = std::move(got);
            one->changed.ring();
        });
        return one;
    }
    void until(fakes::event_flag& flag, std::function<bool()> holds)
    {
        fakes::run(context, flag.until(std::move(holds)));
    }
    std::shared_ptr<transport::body_source> watching(const std::shared_ptr<waiting>& one)
    {
        until(one->changed, [&] { return one->got.has_value(); });
        REQUIRE(std::holds_alternative<std::shared_ptr<transport::body_source>>(*one->got));
        return std::get<std::shared_ptr<transport::body_source>>(
            std::exchange(one->got, std::nullopt).value());
    }
    trouble refused(const std::shared_ptr<waiting>& one)
    {
        until(one->changed, [&] { return one->got.has_value(); });
        REQUIRE(std::holds_alternative<trouble>(*one->got));
        return std::get<trouble>(*one->got);
    }
    // The camera sends a picture, framed in its own odd way.
    void show(const std::string& what)
    {
        way->body->say("odd\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg(what) + "\r\n--odd\r\n\r\n");
    }
    static task<std::string> until_seen(std::shared_ptr<transport::body_source> from, std::string what)
    {
        std::string all;
        while (all.find(what) == std::string::npos) {
            std::string part(512, '\0');
            const auto count = co_await from->read_some(net::buffer(part));
            if (!count || *count == 0) co_return "broke off";
            all.append(part, 0, *count);
        }
        co_return all;
    }
    std::string see(const std::shared_ptr<transport::body_source>& from, const std::string& what)
    {
        return fakes::run(context, until_seen(from, what));
    }
    std::variant<frame, trouble> snapshot() { return fakes::run(context, live_camera::snapshot(live)); }
    // A viewer of a stream that has begun.
    std::shared_ptr<transport::body_source> first_viewer()
    {
        way->body = nullptr;
        const auto one = begin_to_watch();
        until(way->changed, [this] { return way->body != nullptr; });
        way->body->say("--odd\r\n\r\n");
        way->body->say(jpeg("first") + "\r\n--odd\r\n\r\n");
        return watching(one);
    }
    void let_pass() { fakes::run(context, net::post(context, net::use_awaitable)); }

    net::io_context context{1};
    std::shared_ptr<told_way> way = std::make_shared<told_way>();
    std::vector<trouble> told; // of streams that somebody looked at
    std::shared_ptr<live_camera> live;
};

} // namespace

TEST_CASE("two viewers look through one connection, each at the newest picture")
{
    desk at;
    const auto one = at.first_viewer();
    const auto two = at.watching(at.begin_to_watch());
    CHECK(at.live->viewers() == 2);
    CHECK(at.see(one, "first").find("Content-Type: image/jpeg\r\nContent-Length: 11\r\n\r\n") !=
          std::string::npos);
    at.see(two, "first");
    at.way->body->say(jpeg("second") + "\r\n--odd\r\n\r\n");
    at.see(one, "second");
    at.way->body->say(jpeg("third") + "\r\n--odd\r\n\r\n");
    at.see(one, "third");
    CHECK(at.see(two, "third").find("second") == std::string::npos); // it was slow: newest wins
    CHECK(at.way->asked_stream == 1);
}

TEST_CASE("the connection ends once the last viewer has been gone for long enough")
{
    auto times = desk::patient();
    times.linger = milliseconds(0);
    desk at(times);
    auto one = at.first_viewer();
    auto two = at.watching(at.begin_to_watch());
    one.reset();
    at.let_pass();
    CHECK(at.live->streaming());
    two.reset();
    CHECK(at.live->viewers() == 0);
    at.context.restart();
    at.context.run(); // runs dry: the connection has ended
    CHECK_FALSE(at.live->streaming());
    at.first_viewer();
    CHECK(at.way->asked_stream == 2);
}

TEST_CASE("who comes back soon finds the connection still there")
{
    desk at;
    at.first_viewer().reset();
    at.let_pass();
    CHECK(at.live->viewers() == 0);
    CHECK(at.live->streaming());
    const auto again = at.watching(at.begin_to_watch());
    at.see(again, "first");
    CHECK(at.way->asked_stream == 1);
}

TEST_CASE("a camera that goes away ends all its viewers, and the next one asks it anew")
{
    desk at;
    const auto one = at.first_viewer();
    at.see(one, "--layerline-frame\r\n");
    at.way->body->end();
    CHECK(at.see(one, "never") == "broke off");
    CHECK_FALSE(at.live->streaming());
    REQUIRE(at.told.size() == 1);
    CHECK(at.told[0].text == "broke its stream off");
    at.way->fault = errc::unreachable;
    const auto why = at.refused(at.begin_to_watch());
    CHECK(why.kind == trouble_kind::away);
    CHECK(why.text.find("cannot be reached") == 0);
    CHECK(at.way->asked_stream == 2);
}

TEST_CASE("a camera that sends no picture is silent, before its answer and behind it")
{
    auto times = desk::patient();
    times.first = milliseconds(0);
    desk at(times);
    at.way->silent = true;
    const auto why = at.refused(at.begin_to_watch());
    CHECK(why.kind == trouble_kind::silent);
    CHECK(why.text == "sent no picture within 0 s");
    at.way->silent = false;
    CHECK(at.refused(at.begin_to_watch()).kind == trouble_kind::silent);
}

TEST_CASE("a stream that stands still is ended")
{
    auto times = desk::patient();
    times.stall = milliseconds(1);
    desk at(times);
    const auto one = at.first_viewer();
    CHECK(at.see(one, "never") == "broke off");
    CHECK_FALSE(at.live->streaming());
}

TEST_CASE("an answer that is no stream is told as what it is")
{
    desk at;
    at.way->type = "text/html";
    CHECK(at.refused(at.begin_to_watch()).kind == trouble_kind::no_pictures);
    at.way->type = "multipart/x-mixed-replace";
    at.way->status = 401;
    CHECK(at.refused(at.begin_to_watch()).kind == trouble_kind::refused);
    CHECK_FALSE(at.live->streaming());
}

TEST_CASE("a part that is no picture is left out, and the next is shown")
{
    desk at;
    const auto waiting = at.begin_to_watch();
    at.let_pass();
    at.way->body->say("--odd\r\n\r\n<html>wait</html>\r\n--odd\r\n\r\n");
    at.let_pass();
    CHECK_FALSE(waiting->got);
    at.way->body->say(jpeg("good") + "\r\n--odd\r\n\r\n");
    CHECK(at.see(at.watching(waiting), "good").find("html") == std::string::npos);
}

TEST_CASE("a snapshot comes from the stream that runs, though the camera has one of its own")
{
    desk at;
    at.way->snapshots = true;
    const auto one = at.first_viewer();
    const auto got = at.snapshot();
    REQUIRE(std::holds_alternative<frame>(got));
    CHECK(std::get<frame>(got)->bytes == jpeg("first"));
    CHECK(at.way->asked_snapshot == 0);
}

TEST_CASE("without a stream that runs a snapshot is the camera's own, one for all who ask at once")
{
    desk at;
    at.way->snapshots = true;
    at.way->type = "image/jpeg";
    at.way->silent = true;
    int got = 0;
    fakes::event_flag changed;
    const auto note = [&](const std::exception_ptr&, std::variant<frame, trouble> one) {
        if (std::holds_alternative<frame>(one) && std::get<frame>(one)->bytes == jpeg("snapshot")) ++got;
        changed.ring();
    };
    net::co_spawn(at.context, live_camera::snapshot(at.live), note);
    net::co_spawn(at.context, live_camera::snapshot(at.live), note);
    at.until(at.way->changed, [&] { return at.way->asked_snapshot > 0; });
    at.way->silent = false;
    at.way->changed.ring();
    at.until(changed, [&] { return got == 2; });
    CHECK(at.way->asked_snapshot == 1);
    CHECK(at.way->asked_stream == 0);
    (void)at.snapshot();
    CHECK(at.way->asked_snapshot == 2);
}

TEST_CASE("a camera without snapshots gives the first picture of its stream")
{
    desk at;
    std::optional<std::variant<frame, trouble>> got;
    fakes::event_flag changed;
    net::co_spawn(at.context, live_camera::snapshot(at.live),
                  [&](const std::exception_ptr&, std::variant<frame, trouble> one) {
                      got = std::move(one);
                      changed.ring();
                  });
    at.until(at.way->changed, [&] { return at.way->asked_stream == 1; });
    at.way->body->say("--odd\r\n\r\n" + jpeg("one").substr(0, 7) + "\r\n--odd\r\n\r\n"); // without its end
    at.until(changed, [&] { return got.has_value(); });
    REQUIRE(std::holds_alternative<frame>(*got));
    CHECK(std::get<frame>(*got)->bytes == jpeg("one"));
    CHECK(at.live->viewers() == 0);
    CHECK(at.live->streaming()); // whoever polls finds it again
}

TEST_CASE("a camera without a stream is shown as one, picture by picture")
{
    auto times = desk::patient();
    times.poll = milliseconds(0);
    times.linger = milliseconds(0);
    desk at(times);
    at.way->streams = false;
    at.way->snapshots = true;
    at.way->type = "image/jpeg";
    auto one = at.watching(at.begin_to_watch());
    at.see(one, "snapshot");
    at.way->picture = jpeg("newer");
    at.see(one, "newer");
    at.way->fault = errc::unreachable;
    CHECK(at.see(one, "never") == "broke off");
}

TEST_CASE("a snapshot that is none, or too large, or never comes, is told")
{
    desk at;
    at.way->snapshots = true;
    at.way->type = "application/octet-stream";
    const auto kind = [&] {
        const auto got = at.snapshot();
        REQUIRE(std::holds_alternative<trouble>(got));
        return std::get<trouble>(got).kind;
    };
    at.way->picture = "no picture at all";
    CHECK(kind() == trouble_kind::no_pictures);
    at.way->picture = jpeg(std::string(max_picture_bytes, 'x'));
    CHECK(kind() == trouble_kind::too_large);
    at.way->status = 500;
    CHECK(kind() == trouble_kind::refused);
    at.way->fault = errc::timed_out;
    CHECK(kind() == trouble_kind::silent);
    CHECK(at.way->asked_stream == 0); // what it says of itself is the cause; its stream would hide it
}

TEST_CASE("a camera that is taken off the list ends its viewers")
{
    desk at;
    const auto one = at.first_viewer();
    at.live->stop("is no longer on the list");
    CHECK(at.see(one, "never") == "broke off");
    at.context.restart();
    at.context.run();
    CHECK(at.live->viewers() == 0);
}
