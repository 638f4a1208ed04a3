// From the camera to its viewers: the newest picture wins, and nothing older is kept.
#include "camera/frame_body.hpp"

#include "tests/fakes/memory_exchange.hpp"
#include "tests/fakes/run_task.hpp"

#include <boost/asio/detached.hpp>

using namespace layerline;
using namespace layerline::camera;
namespace net = transport::net;
using transport::task;

namespace {

frame_part picture(const std::string& bytes)
{
    frame_part made;
    made.type = "image/jpeg";
    made.bytes = bytes;
    return made;
}

// What a viewer gets as one part.
std::string shown(const std::string& bytes)
{
    return "Content-Type: image/jpeg\r\nContent-Length: " + std::to_string(bytes.size()) + "\r\n\r\n" +
           bytes + "\r\n--layerline-frame\r\n";
}

const std::string begin = "--layerline-frame\r\n";

struct desk {
    net::io_context context{1};
    std::shared_ptr<frame_board> board = std::make_shared<frame_board>(context.get_executor());
    std::shared_ptr<frame_body> viewer = std::make_shared<frame_body>(board);

    static task<std::string> exactly(std::shared_ptr<frame_body> from, std::size_t bytes)
    {
        std::string all;
        while (all.size() < bytes) {
            std::string part(std::min<std::size_t>(bytes - all.size(), 7), '\0');
            const auto count = co_await from->read_some(net::buffer(part));
            if (!count || *count == 0) break;
            all.append(part, 0, *count);
        }
        co_return all;
    }
    std::string read(std::size_t bytes) { return fakes::run(context, exactly(viewer, bytes)); }
    transport::result<std::string> all() { return fakes::run(context, transport::read_all(*viewer, 10000)); }
};

} // namespace

TEST_CASE("a viewer gets each picture that it has time for, framed as it should be")
{
    desk at;
    at.board->put(picture("one"));
    CHECK(at.read(begin.size() + shown("one").size()) == begin + shown("one"));
    at.board->put(picture("two"));
    CHECK(at.read(shown("two").size()) == shown("two"));
    at.board->end({});
    const auto rest = at.all();
    REQUIRE(rest);
    CHECK(rest->empty());
    CHECK(at.viewer->shown() == 2);
    CHECK(at.viewer->missed() == 0);
}

TEST_CASE("a slow viewer gets the picture that it has begun whole, then the newest, and none between")
{
    desk at;
    at.board->put(picture("first picture"));
    const auto half = begin.size() + 40;
    auto seen = at.read(half);
    std::weak_ptr<const frame_part> third;
    for (int i = 2; i <= 9; ++i) {
        at.board->put(picture("picture " + std::to_string(i)));
        if (i == 3) third = at.board->newest();
    }
    CHECK(third.expired()); // nobody keeps what nobody will see
    at.board->end({});
    const auto rest = at.all();
    REQUIRE(rest);
    CHECK(seen + *rest == begin + shown("first picture") + shown("picture 9"));
    CHECK(at.viewer->shown() == 2);
    CHECK(at.viewer->missed() == 7);
}

TEST_CASE("viewers of one board do not wait for each other")
{
    desk at;
    const auto other = std::make_shared<frame_body>(at.board);
    at.board->put(picture("one"));
    CHECK(at.read(begin.size() + 5).size() == begin.size() + 5);
    CHECK(fakes::run(at.context, desk::exactly(other, begin.size() + shown("one").size())) ==
          begin + shown("one"));
    at.board->put(picture("two"));
    CHECK(fakes::run(at.context, desk::exactly(other, shown("two").size())) == shown("two"));
}

TEST_CASE("a viewer who waits is woken by the next picture and by the end")
{
    desk at;
    std::string got;
    const auto watching = [](std::shared_ptr<frame_body> from, std::string& into) -> task<void> {
        into = co_await desk::exactly(from, 10'000);
    };
    net::co_spawn(at.context, watching(at.viewer, got), net::detached);
    at.context.poll();
    at.board->put(picture("one"));
    at.context.poll();
    at.board->put(picture("two"));
    at.context.poll();
    CHECK(got.empty());
    at.board->end({});
    at.context.poll();
    CHECK(got == begin + shown("one") + shown("two"));
}

TEST_CASE("a camera is read to its end whether anybody watches or not")
{
    desk at;
    std::string wire;
    for (int i = 0; i < 200; ++i)
        wire += "--cam\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, static_cast<char>('a' + i % 26)) +
                "\r\n";
    const auto camera = std::make_shared<fakes::scripted_body>(std::deque<std::string>{wire, "--cam\r\n"});
    fakes::run(at.context, feed(camera, "cam", at.board));
    CHECK(at.board->number() > 5); // of each read the newest
    CHECK(at.board->newest()->bytes == std::string(1000, static_cast<char>('a' + 199 % 26)));
    REQUIRE(at.board->ended());
    CHECK_FALSE(*at.board->ended());
    const auto rest = at.all();
    REQUIRE(rest);
    CHECK(*rest == begin + shown(at.board->newest()->bytes));
}

TEST_CASE("a camera that breaks off or sends nonsense ends its viewers with an error")
{
    {
        desk at;
        const auto camera = std::make_shared<fakes::scripted_body>(
            std::deque<std::string>{"--cam\r\n\r\none\r\n--cam\r\n\r\nhal"}, true);
        fakes::run(at.context, feed(camera, "cam", at.board));
        CHECK(at.read(begin.size() + shown("one").size()) == begin + shown("one"));
        const auto rest = at.all();
        REQUIRE_FALSE(rest);
        CHECK(rest.error() == transport::errc::closed);
    }
    {
        desk at;
        const auto camera =
            std::make_shared<fakes::scripted_body>(std::deque<std::string>{std::string(100'000, 'x')});
        fakes::run(at.context, feed(camera, "cam", at.board));
        const auto rest = at.all();
        REQUIRE_FALSE(rest);
        CHECK(rest.error() == transport::errc::malformed);
    }
    {
        desk at;
        const auto camera = std::make_shared<fakes::scripted_body>(
            std::deque<std::string>{"--cam\r\n\r\n" + std::string(9'000'000, 'x')});
        fakes::run(at.context, feed(camera, "cam", at.board));
        CHECK(at.all().error() == transport::errc::too_large);
    }
}
