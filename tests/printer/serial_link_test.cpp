// The link over a real unix socket, with a scripted print host behind it.
#include "fakes/fake_print_host.hpp"
#include "fakes/run_task.hpp"
#include "printer/serial/serial_link.hpp"
#include "transport/error.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>

#include <cstdlib>

using namespace layerline;
using namespace layerline::printer;
using namespace std::chrono_literals;
namespace net = layerline::transport::net;

namespace {

struct folder {
    folder()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "layerline-link-XXXXXX").string();
        REQUIRE(mkdtemp(pattern.data()));
        path = pattern;
    }
    ~folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

struct link_fixture {
    net::io_context context;
    folder place;
    std::filesystem::path socket = place.path / "host.sock";
    std::unique_ptr<printer_link> link;

    link_fixture()
    {
        serial::link_settings settings;
        settings.socket_path = socket.string();
        settings.first_retry = 1ms;
        settings.last_retry = 5ms;
        link = serial::make_serial_link(context, settings);
        net::co_spawn(context, link->run(), net::detached);
    }
    ~link_fixture()
    {
        link->stop();
        context.restart();
        context.run_for(2s);
    }
    transport::task<void> until(phase wanted)
    {
        while (link->state().now != wanted) {
            const auto seen = link->state().sequence;
            auto news = co_await link->changed(seen);
            if (!news) throw std::runtime_error("the link stopped");
        }
    }
};

} // namespace

TEST_CASE_METHOD(link_fixture, "the link follows its host through a restart", "[serial_link]")
{
    CHECK(link->state().now == phase::offline);
    auto host = std::make_unique<fakes::fake_print_host>(context, socket);
    host->state.now = phase::idle;
    fakes::run(context, until(phase::idle));
    host->state.now = phase::printing;
    host->tell();
    fakes::run(context, until(phase::printing));
    const auto before = link->state().sequence;

    host->close();
    fakes::run(context, until(phase::offline));
    CHECK(link->state().away == printer_errc::host_gone);
    CHECK(link->state().sequence > before);

    host = std::make_unique<fakes::fake_print_host>(context, socket);
    host->state.now = phase::printing;
    fakes::run(context, until(phase::printing));
    CHECK(link->state().sequence > before + 1);
}

TEST_CASE_METHOD(link_fixture, "a link with nothing to do rests", "[serial_link]")
{
    fakes::fake_print_host host(context, socket);
    host.state.now = phase::idle;
    fakes::run(context, until(phase::idle));
    context.restart();
    CHECK(context.run_for(100ms) < 100); // handlers: a few for what was under way
}

TEST_CASE_METHOD(link_fixture, "actions are answered by their host", "[serial_link]")
{
    fakes::fake_print_host host(context, socket);
    host.state.now = phase::idle;
    host.on_action = [](const action& what) -> std::optional<printer_result<performed>> {
        if (std::holds_alternative<resume_job>(what))
            return printer_failure{printer_errc::wrong_state, "Nothing is paused."};
        return performed{"j-77", "", false};
    };
    fakes::run(context, until(phase::idle));
    terms how;
    how.principal = "t-abc";
    auto good = fakes::run(context, link->perform(start_job{"gcode/a.gcode", true}, how));
    REQUIRE(good.has_value());
    CHECK(good->job_id == "j-77");
    REQUIRE(host.actions().size() == 1);
    CHECK(host.actions()[0].how.principal == "t-abc");
    auto bad = fakes::run(context, link->perform(resume_job{}, {}));
    REQUIRE(bad.has_error());
    CHECK(bad.error().code == printer_errc::wrong_state);
}

TEST_CASE_METHOD(link_fixture, "a host that dies over a request leaves it in doubt, and it is not sent again",
                 "[serial_link]")
{
    fakes::fake_print_host host(context, socket);
    host.state.now = phase::printing;
    host.on_action = [&](const action&) -> std::optional<printer_result<performed>> {
        net::post(context, [&] { host.drop(); });
        return std::nullopt;
    };
    fakes::run(context, until(phase::printing));
    auto answer = fakes::run(context, link->perform(pause_job{}, {}));
    REQUIRE(answer.has_error());
    CHECK(answer.error().code == printer_errc::no_answer);
    CHECK(answer.error().detail.find("not known whether") != std::string::npos);
    fakes::run(context, until(phase::printing)); // back again
    host.on_action = nullptr;
    REQUIRE(fakes::run(context, link->perform(resume_job{}, {})).has_value());
    CHECK(host.actions().size() == 2); // the pause once, the resume once
}

TEST_CASE_METHOD(link_fixture, "an answer that never comes ends with the command's time", "[serial_link]")
{
    fakes::fake_print_host host(context, socket);
    host.state.now = phase::printing;
    host.on_action = [](const action&) { return std::optional<printer_result<performed>>(); };
    fakes::run(context, until(phase::printing));
    terms how;
    how.time_left = 50ms;
    auto answer = fakes::run(context, link->perform(pause_job{}, how));
    REQUIRE(answer.has_error());
    CHECK(answer.error().code == printer_errc::no_answer);
}

TEST_CASE_METHOD(link_fixture, "without a host an action fails at once", "[serial_link]")
{
    auto answer = fakes::run(context, link->perform(pause_job{}, {}));
    REQUIRE(answer.has_error());
    CHECK(answer.error().code == printer_errc::host_gone);
}

TEST_CASE_METHOD(link_fixture, "stop ends every wait", "[serial_link]")
{
    fakes::fake_print_host host(context, socket);
    host.state.now = phase::idle;
    host.on_action = [](const action&) { return std::optional<printer_result<performed>>(); };
    fakes::run(context, until(phase::idle));
    net::post(context, [&] { link->stop(); });
    auto answer = fakes::run(context, link->perform(pause_job{}, {}));
    CHECK(answer.has_error());
    auto news = fakes::run(context, link->changed(link->state().sequence));
    REQUIRE(news.has_error());
    CHECK(news.error() == transport::errc::shutting_down);
}

TEST_CASE("a path too long for a socket is a state, not a crash", "[serial_link]")
{
    net::io_context context;
    serial::link_settings settings;
    settings.socket_path = "/tmp/" + std::string(200, 'x');
    auto link = serial::make_serial_link(context, settings);
    net::co_spawn(context, link->run(), net::detached);
    REQUIRE(fakes::run(context, link->changed(link->state().sequence)).has_value());
    CHECK(link->state().now == phase::offline);
    CHECK(link->state().reason.find("cannot be reached") != std::string::npos);
    link->stop();
    context.restart();
    context.run_for(2s);
}
