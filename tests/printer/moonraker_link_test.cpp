// The link over a real WebSocket, with a fake Moonraker behind it.
#include "fakes/fake_moonraker.hpp"
#include "fakes/run_task.hpp"
#include "printer/moonraker/moonraker_link.hpp"
#include "transport/error.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <vector>

using namespace layerline;
using namespace layerline::printer;
using namespace std::chrono_literals;
namespace net = layerline::transport::net;

namespace {

struct folder {
    folder()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "layerline-moon-XXXXXX").string();
        REQUIRE(mkdtemp(pattern.data()));
        path = pattern;
    }
    ~folder() { std::filesystem::remove_all(path); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    std::filesystem::path path;
};

struct moonraker_fixture {
    net::io_context context;
    folder place;
    std::unique_ptr<fakes::fake_moonraker> far = std::make_unique<fakes::fake_moonraker>(context);
    moonraker::link_settings settings;
    std::unique_ptr<printer_link> link;

    moonraker_fixture()
    {
        settings.state_folder = place.path;
        settings.desk.first_retry = 1ms;
        settings.desk.last_retry = 5ms;
        settings.desk.refused_retry = 1ms;
        settings.desk.poll = 5ms;
    }
    ~moonraker_fixture() { end(); }
    moonraker_fixture(const moonraker_fixture&) = delete;
    moonraker_fixture& operator=(const moonraker_fixture&) = delete;

    void begin()
    {
        settings.wire.place = *moonraker::parse_moonraker_url(far->url());
        auto made = moonraker::make_moonraker_link(context, settings);
        REQUIRE(made.has_value());
        link = std::move(*made);
        net::co_spawn(context, link->run(), net::detached);
    }
    void end()
    {
        if (!link) return;
        link->stop();
        context.restart();
        context.run_for(200ms);
        link.reset();
    }
    transport::task<void> until(phase wanted)
    {
        while (link->state().now != wanted) {
            const auto seen = link->state().sequence;
            auto news = co_await link->changed(seen);
            if (!news) throw std::runtime_error("the link stopped");
        }
    }
    void reach(phase wanted) { fakes::run(context, until(wanted)); }
    printer_result<performed> perform(action what, terms how = {})
    {
        return fakes::run(context, link->perform(std::move(what), std::move(how)));
    }
};

} // namespace

TEST_CASE("addresses of Moonraker are read in their usual forms", "[moonraker_link]")
{
    const auto plain = moonraker::parse_moonraker_url("http://127.0.0.1:7125");
    REQUIRE(plain);
    CHECK(plain->websocket == "ws://127.0.0.1:7125/websocket");
    CHECK(plain->http == "http://127.0.0.1:7125");
    const auto behind = moonraker::parse_moonraker_url("wss://pi.example/printer1/websocket");
    REQUIRE(behind);
    CHECK(behind->websocket == "wss://pi.example/printer1/websocket");
    CHECK(behind->http == "https://pi.example/printer1");
    CHECK(moonraker::parse_moonraker_url("/run/moonraker.sock")->unix_socket == "/run/moonraker.sock");
    CHECK(moonraker::parse_moonraker_url("unix:/run/moonraker.sock")->unix_socket == "/run/moonraker.sock");
    for (const auto* bad : {"", "ftp://a", "ws://host/other", "ws://host/websocket?token=1", "unix:relative"})
        CHECK_FALSE(moonraker::parse_moonraker_url(bad));
}

namespace {

// Writes what it reads, byte by byte as it comes, until the far end leaves.
transport::task<void> echo_once(net::local::stream_protocol::acceptor& door)
{
    auto socket = co_await door.async_accept(net::use_awaitable);
    std::array<char, 64> part{};
    for (;;) {
        auto [code, count] =
            co_await socket.async_read_some(net::buffer(part), net::as_tuple(net::use_awaitable));
        if (code) co_return;
        co_await net::async_write(socket, net::buffer(part, count), net::use_awaitable);
    }
}

transport::task<std::vector<std::string>> through_socket(std::filesystem::path path)
{
    moonraker::wire_options options;
    options.place = *moonraker::parse_moonraker_url(path.string());
    auto wire = co_await moonraker::open_wire(options);
    if (!wire) throw std::runtime_error(wire.error().detail);
    std::vector<std::string> got;
    for (const auto& text : {std::string("{\"id\":1}"), std::string(300, 'x')}) {
        auto sent = co_await (*wire)->write(text);
        if (!sent) throw std::runtime_error("not written");
    }
    for (int i = 0; i < 2; ++i) {
        auto text = co_await (*wire)->read(1000);
        got.push_back(text ? *text : text.error().message());
    }
    auto sent = co_await (*wire)->write(std::string(300, 'y'));
    auto long_one = co_await (*wire)->read(100);
    got.push_back(!sent || long_one ? "taken" : long_one.error().message());
    (*wire)->abort();
    co_return got;
}

} // namespace

TEST_CASE("texts on Moonraker's unix socket end with 0x03 and have a bound", "[moonraker_link]")
{
    net::io_context context;
    const folder place;
    const auto path = place.path / "moonraker.sock";
    net::local::stream_protocol::acceptor door(context, net::local::stream_protocol::endpoint(path.string()));
    net::co_spawn(context, echo_once(door), net::detached);
    const auto got = fakes::run(context, through_socket(path));
    REQUIRE(got.size() == 3);
    CHECK(got[0] == "{\"id\":1}");
    CHECK(got[1] == std::string(300, 'x'));
    CHECK(got[2] == make_error_code(transport::errc::too_large).message());
}

TEST_CASE_METHOD(moonraker_fixture, "a print from its start to its cancel", "[moonraker_link]")
{
    begin();
    reach(phase::idle);
    const auto begun = perform(start_job{"gcode/a b.gcode", true});
    REQUIRE(begun.has_value());
    CHECK(begun->job_id == "m-000001");
    CHECK(link->state().now == phase::printing);
    REQUIRE(perform(pause_job{}).has_value());
    reach(phase::paused);
    CHECK(perform(start_job{"gcode/other.gcode", true}).error().code == printer_errc::wrong_state);
    REQUIRE(perform(resume_job{}).has_value());
    reach(phase::printing);
    REQUIRE(perform(cancel_job{}).has_value());
    reach(phase::cancelled);
    CHECK(perform(pause_job{}).error().code == printer_errc::wrong_state);
    CHECK(far->count("printer.print.start") == 1);
    REQUIRE(perform(set_temperature{"tool0", 200}).has_value());
}

TEST_CASE_METHOD(moonraker_fixture, "the link subscribes anew after a restart of Klipper and of Moonraker",
                 "[moonraker_link]")
{
    begin();
    reach(phase::idle);
    far->restart_klippy();
    reach(phase::offline);
    far->klippy_ready();
    reach(phase::idle);
    CHECK(far->count("printer.objects.subscribe") == 2);
    far->drop();
    reach(phase::offline);
    CHECK(link->state().away == printer_errc::host_gone);
    reach(phase::idle);
    far->change({{"print_stats", {{"state", "printing"}, {"filename", "a.gcode"}}}});
    reach(phase::printing);
}

TEST_CASE_METHOD(moonraker_fixture, "a key opens what is closed, by its header, by identifying or by a token",
                 "[moonraker_link]")
{
    far->api_key = "k3y";
    begin();
    reach(phase::offline);
    fakes::run(context, far->received("server.connection.identify"));
    while (link->state().away != printer_errc::port_forbidden) {
        context.restart();
        REQUIRE(context.run_one() == 1);
    }
    end();
    settings.wire.api_key = "k3y";
    begin();
    reach(phase::idle);
    end();
    far->refuses_upgrades = true;
    begin();
    reach(phase::idle);
}

TEST_CASE_METHOD(moonraker_fixture, "a half-open line is noticed and replaced", "[moonraker_link]")
{
    settings.desk.ask_after = 20ms;
    settings.desk.silence = 60ms;
    begin();
    reach(phase::idle);
    far->deaf = true;
    reach(phase::offline);
    CHECK(link->state().reason.find("has said nothing") != std::string::npos);
    far->deaf = false;
    reach(phase::idle);
}

TEST_CASE_METHOD(moonraker_fixture,
                 "a pause behind Klipper's lock holds neither its caller nor an emergency stop",
                 "[moonraker_link]")
{
    settings.desk.accept_within = 20ms;
    begin();
    reach(phase::idle);
    REQUIRE(perform(start_job{"gcode/a.gcode", true}).has_value());
    far->held.insert("printer.print.pause");
    const auto pause = perform(pause_job{});
    REQUIRE(pause.has_value());
    CHECK_FALSE(pause->note.empty());
    CHECK(link->state().now == phase::pausing);
    REQUIRE(perform(emergency_stop{}).has_value());
    reach(phase::error);
    CHECK(link->state().reason.starts_with("Shutdown due to webhooks request"));
    CHECK(far->objects["print_stats"]["state"] == "paused");
    CHECK(far->count("printer.print.pause") == 1);
}

TEST_CASE_METHOD(moonraker_fixture, "a command with a known key does nothing, not even after a restart",
                 "[moonraker_link]")
{
    begin();
    reach(phase::idle);
    terms how;
    how.idempotency_key = "once";
    REQUIRE(perform(start_job{"gcode/a.gcode", true}, how).has_value());
    end();
    begin();
    reach(phase::printing);
    CHECK_FALSE(link->state().bed_clear);
    const auto again = perform(start_job{"gcode/a.gcode", true}, how);
    REQUIRE(again.has_value());
    CHECK(again->repeated);
    CHECK(far->count("printer.print.start") == 1);
}

TEST_CASE_METHOD(moonraker_fixture, "nothing at the address is said with the address", "[moonraker_link]")
{
    begin();
    end();
    const auto url = far->url();
    far.reset();
    settings.wire.place = *moonraker::parse_moonraker_url(url);
    auto made = moonraker::make_moonraker_link(context, settings);
    REQUIRE(made.has_value());
    link = std::move(*made);
    net::co_spawn(context, link->run(), net::detached);
    while (link->state().reason.find(url) == std::string::npos) {
        context.restart();
        REQUIRE(context.run_one() == 1);
    }
    CHECK(link->state().now == phase::offline);
    CHECK(link->state().away == printer_errc::host_gone);
}

TEST_CASE_METHOD(moonraker_fixture, "Moonraker's unix socket needs no key, and carries a print",
                 "[moonraker_link]")
{
    far->api_key = "k3y";
    const auto path = (place.path / "moonraker.sock").string();
    far->listen_at(path);
    settings.wire.place = *moonraker::parse_moonraker_url("unix:" + path);
    auto made = moonraker::make_moonraker_link(context, settings);
    REQUIRE(made.has_value());
    link = std::move(*made);
    net::co_spawn(context, link->run(), net::detached);
    reach(phase::idle);
    REQUIRE(perform(start_job{"gcode/a.gcode", true}).has_value());
    reach(phase::printing);
    far->drop();
    reach(phase::offline);
    reach(phase::printing);
}

TEST_CASE_METHOD(moonraker_fixture, "what Moonraker tells beside the state is kept or asked for",
                 "[moonraker_link]")
{
    far->webcams = {{{"name", "door"}, {"uid", "u1"}, {"stream_url", "/webcam/"}}};
    far->power = {{{"device", "psu"}, {"status", "on"}}};
    for (int i = 0; i < 5; ++i)
        far->history.push_back({{"job_id", "00000" + std::to_string(i)}, {"filename", "a.gcode"}});
    begin();
    auto& extras = link->extras();
    CHECK(extras.webcams().error().code == printer_errc::host_gone);
    CHECK(fakes::run(context, extras.history(0, 10)).error().code == printer_errc::host_gone);
    reach(phase::idle);
    fakes::run(context, far->received("machine.device_power.devices"));
    while (!extras.power_devices()) {
        context.restart();
        REQUIRE(context.run_one() == 1);
    }
    REQUIRE(extras.webcams().has_value());
    CHECK(extras.webcams()->front().name == "door");
    const auto page = fakes::run(context, extras.history(1, 2));
    REQUIRE(page.has_value());
    CHECK(page->total == 5);
    REQUIRE(page->jobs.size() == 2);
    CHECK(page->jobs.front().id == "m-000001");
    const auto one = fakes::run(context, extras.job("m-000003"));
    REQUIRE(one.has_value());
    CHECK(one->path == "gcode/a.gcode");
    CHECK(fakes::run(context, extras.job("m-0000ff")).error().code == printer_errc::no_such_file);
    CHECK(fakes::run(context, extras.job("j-0123")).error().code == printer_errc::no_such_file);
    CHECK(fakes::run(context, extras.mesh()).error().code == printer_errc::unsupported);

    REQUIRE(far->call_remote("layerline_notify", {{"message", "warm"}}));
    while (!link->state().wants) {
        context.restart();
        REQUIRE(context.run_one() == 1);
    }
    CHECK(link->state().wants->text == "warm");
    REQUIRE(perform(set_power{"psu", false}).has_value());
    CHECK(far->power[0]["status"] == "off");
}

TEST_CASE("a printer without more to tell says so", "[moonraker_link]")
{
    net::io_context context;
    printer_extras none;
    CHECK(none.webcams().error().code == printer_errc::unsupported);
    CHECK(none.power_devices().error().code == printer_errc::unsupported);
    CHECK(none.macros().error().code == printer_errc::unsupported);
    CHECK(none.console(0, 10).error().code == printer_errc::unsupported);
    CHECK(fakes::run(context, none.history(0, 10)).error().code == printer_errc::unsupported);
    CHECK(fakes::run(context, none.job("j-1")).error().code == printer_errc::unsupported);
    CHECK(fakes::run(context, none.mesh()).error().code == printer_errc::unsupported);
}
