// Every fault on every hop while a file prints, another is fetched, a third is sent, events are followed and
// a WebSocket of a local UI is open: what each of them sees. docs/operations.md has the table in words.
#include "faulty_way.hpp"
#include "open_call.hpp"
#include "open_socket.hpp"
#include "rig.hpp"
#include "tests/fakes/fake_ui.hpp"
#include "ui_rig.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <map>

using namespace layerline::tests;
using nlohmann::json;

namespace {

enum class seen {
    whole, // came to its end as if nothing had happened
    broken // ended early, and the client was told: by an answer or by the end of its connection
};

using enum seen;

enum class hop { phone, relay, tunnel, agent, host, printer };
enum class fault { kill, stop, cut, hold, slow, garble };

struct row {
    hop at;
    fault what;
    seen download, upload, events, socket;
    std::vector<int> ping; // one of these is the answer once the fault is there; 0: no answer at all
    bool print_goes_on;    // while the fault is there
    bool mend;             // the fault stays until somebody mends it
};

const char* name_of(hop at)
{
    static const std::map<hop, const char*> names{{hop::phone, "phone-relay"}, {hop::relay, "relay"},
                                                  {hop::tunnel, "tunnel"},     {hop::agent, "agent"},
                                                  {hop::host, "print host"},   {hop::printer, "printer"}};
    return names.at(at);
}

const char* name_of(fault what)
{
    static const std::map<fault, const char*> names{{fault::kill, "killed"}, {fault::stop, "stopped"},
                                                    {fault::cut, "cut"},     {fault::hold, "silent"},
                                                    {fault::slow, "slow"},   {fault::garble, "garbled"}};
    return names.at(what);
}

// Everything that goes on at once when the fault strikes.
struct scene {
    rig at;
    std::unique_ptr<faulty_way> phone_way, tunnel_way;
    std::string url; // the printer, as the phone reaches it
    std::string large, job_id;
    std::unique_ptr<open_call> download, upload, events;
    layerline::fakes::fake_ui ui;
    std::unique_ptr<open_socket> socket;

    scene()
        : at({.relay_toml = "[limits]\nrequests_per_minute = 100000\n"
                            "[host_mode]\ndomain = \"print.test\"\nscheme = \"http\"\n",
              .speed = "5"})
    {
        allow_ui(at, ui.url());
        at.start_printer();
        at.start_host();
        at.start_relay();
        phone_way = std::make_unique<faulty_way>(at.port_of(at.relay_url()));
        tunnel_way = std::make_unique<faulty_way>(at.port_of(at.relay_url()));
        at.options().relay_through = tunnel_way->port();
        at.start_agent();
        at.pair();
        (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
        url = "/printers/" + at.agent_id() + "/plugin-api/v1/";
        large = small_job(1'000'000); // about 17 MB: more than all buffers on the way hold
        at.put_file("large.gcode", large);
        at.put_file("job.gcode", small_job(20'000));
    }

    void begin()
    {
        const auto started = at.at_agent("POST", "start", R"({"Path":"gcode/job.gcode","BedClear":true})");
        INFO(started.body);
        REQUIRE(started.code() == 200);
        const auto state = wait_for_state(at.agent_url(), at.agent_token(), [](const json& now) {
            return now["now"] == "printing" && now["job"]["lines_acknowledged"].get<int>() > 50;
        });
        job_id = state["job"].value("id", "");
        const auto port = phone_way->port();
        download = std::make_unique<open_call>(port, "GET", url + "files/download?Path=gcode/large.gcode",
                                               at.relay_token());
        REQUIRE(download->read_head() == 200);
        REQUIRE(download->read_some(64 * 1024) > 0);
        events = std::make_unique<open_call>(port, "GET", url + "events", at.relay_token());
        REQUIRE(events->read_head() == 200);
        REQUIRE(events->read_some(1024) > 0);
        socket = std::make_unique<open_socket>(port, at.agent_id() + ".print.test",
                                               basic(at.make_relay_token("ui").secret));
        REQUIRE(socket->echoes("before"));
        upload = std::make_unique<open_call>(port, "PUT", url + "files/upload?Path=gcode/sent.gcode",
                                             at.relay_token(), large.size());
        upload->send(std::string_view(large).substr(0, large.size() / 4));
        REQUIRE(at.becomes([&] { return !no_parts(); }));
    }

    // Whether nothing is left of uploads that did not come to their end.
    bool no_parts() const
    {
        const auto parts = at.path("agent/files/gcode/.part");
        return !std::filesystem::exists(parts) || std::filesystem::is_empty(parts);
    }

    int ping() const
    {
        web_request asked;
        asked.url = "http://127.0.0.1:" + std::to_string(phone_way->port()) + url + "ping";
        asked.token = at.relay_token();
        asked.patience = seconds(40);
        return web(asked).code();
    }
};

void strike(scene& on, const row& what)
{
    auto& way = what.at == hop::phone ? *on.phone_way : *on.tunnel_way;
    auto& victim = what.at == hop::relay   ? on.at.relay
                   : what.at == hop::agent ? on.at.agent
                   : what.at == hop::host  ? on.at.host
                                           : on.at.printer;
    switch (what.what) {
    case fault::kill:
        victim->signal(SIGKILL);
        (void)victim->wait();
        break;
    case fault::stop:
        victim->signal(SIGSTOP);
        break;
    case fault::cut:
        if (what.at == hop::printer)
            on.at.printer->signal(SIGUSR2); // the cable is out
        else
            way.cut();
        break;
    case fault::hold:
        way.hold(true);
        break;
    case fault::slow:
        way.slow(2048UL * 1024);
        break;
    case fault::garble:
        way.garble();
        break;
    }
}

void mend(scene& on, const row& what)
{
    auto& way = what.at == hop::phone ? *on.phone_way : *on.tunnel_way;
    if (what.what == fault::hold) way.hold(false);
    if (what.what == fault::slow) way.slow(0);
    if (what.what == fault::stop) {
        const auto& victim = what.at == hop::relay   ? on.at.relay
                             : what.at == hop::agent ? on.at.agent
                             : what.at == hop::host  ? on.at.host
                                                     : on.at.printer;
        victim->signal(SIGCONT);
    }
    if (what.what == fault::kill) {
        if (what.at == hop::relay) on.at.start_relay();
        if (what.at == hop::agent) on.at.start_agent();
        if (what.at == hop::host) on.at.start_host();
    }
    if (what.at == hop::printer && what.what != fault::stop) {
        on.at.printer->stop();
        on.at.start_printer();
    }
}

// Everything under way, then the fault; checks what each of them sees, mends it, and checks that all is well
// again.
void check(const row& one)
{
    INFO(name_of(one.at) << " " << name_of(one.what));
    scene on;
    on.begin();
    strike(on, one);

    const auto ping = on.ping();
    INFO("ping " << ping);
    CHECK(std::find(one.ping.begin(), one.ping.end(), ping) != one.ping.end());

    // Those that were under way: each comes to an end that the client sees, within the keep-alive's time.
    const auto fetched = on.download->read_to_end(on.large.size());
    CHECK_FALSE(fetched.hangs);
    CHECK((fetched.bytes == on.large.size()) == (one.download == whole));
    on.upload->send(std::string_view(on.large).substr(on.large.size() / 4));
    const auto stored = on.upload->read_head();
    INFO("upload answered " << stored << " " << on.upload->why());
    CHECK_FALSE(on.upload->hangs());
    CHECK((stored == 200) == (one.upload == whole));
    if (one.events == whole) {
        CHECK(on.events->read_some(1) > 0); // the state changes, or the stream says that it lives
    } else {
        const auto told = on.events->read_to_end(SIZE_MAX);
        CHECK_FALSE(told.hangs);
        CHECK(told.ended);
    }

    if (one.socket == whole)
        CHECK(on.socket->echoes("still there"));
    else
        CHECK(on.socket->ends());

    if (one.print_goes_on) {
        const auto before = on.at.report()["executed_count"].get<int>();
        CHECK(on.at.becomes([&] { return on.at.report()["executed_count"].get<int>() >= before + 50; }));
    }
    if (one.mend) mend(on, one);
    CHECK(on.at.becomes([&] { return on.ping() == 200; }, seconds(20)));
    if (one.print_goes_on || one.what == fault::stop) {
        const auto state = wait_for_phase(on.at.agent_url(), on.at.agent_token(), "printing");
        CHECK(state["job"].value("id", "") == on.job_id);
    }
    if (one.upload == broken) {
        CHECK(on.at.becomes([&] { return on.no_parts(); }));
        CHECK_FALSE(std::filesystem::exists(on.at.path("agent/files/gcode/sent.gcode")));
    } else {
        CHECK(content_of(on.at.path("agent/files/gcode/sent.gcode")).size() == on.large.size());
    }
}

} // namespace

TEST_CASE("whatever breaks between the phone and the agent, each client sees an answer or an end", "[matrix]")
{
    check(GENERATE(values<row>({
        {hop::phone, fault::cut, broken, broken, broken, broken, {200}, true, false},
        {hop::phone, fault::slow, whole, whole, whole, whole, {200}, true, true},
        {hop::relay, fault::kill, broken, broken, broken, broken, {0}, true, true},
        {hop::tunnel, fault::cut, broken, broken, broken, broken, {200, 601}, true, false},
        {hop::tunnel, fault::hold, broken, broken, broken, broken, {601, 602}, true, true},
        {hop::tunnel, fault::slow, whole, whole, whole, whole, {200}, true, true},
        {hop::tunnel, fault::garble, broken, broken, broken, broken, {200, 601, 612}, true, false},
    })));
}

TEST_CASE("whatever breaks at the agent or behind it, each client sees an answer or an end", "[matrix]")
{
    check(GENERATE(values<row>({
        {hop::agent, fault::kill, broken, broken, broken, broken, {601}, true, true},
        {hop::agent, fault::stop, broken, broken, broken, broken, {601, 602}, true, true},
        {hop::host, fault::kill, whole, whole, whole, whole, {200}, false, true},
        {hop::host, fault::stop, whole, whole, whole, whole, {200}, false, true},
        {hop::printer, fault::stop, whole, whole, whole, whole, {200}, false, true},
        {hop::printer, fault::cut, whole, whole, whole, whole, {200}, false, true},
    })));
}
