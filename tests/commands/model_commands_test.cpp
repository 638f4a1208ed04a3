#include "tests/commands/api_desk.hpp"

#include "commands/model_print_events.hpp"
#include "commands/model_printer.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

using namespace layerline::commands;

namespace {

constexpr const char* good = R"({"FileId":"f-1","Printer":"ender-3","Material":"pla","Quality":"0.2",
    "Settings":{"infill":{"amount":40}},"BedClear":true,"ExpectedState":"idle"})";

struct noting_printer final : model_printer {
    std::vector<model_wish> wishes;
    layerline::printer::terms how;
    outcome<json> begin(model_wish wish, const caller&, layerline::printer::terms terms) override
    {
        wishes.push_back(std::move(wish));
        how = std::move(terms);
        return outcome<json>(boost::system::in_place_value, json{{"PrintId", "p-1"}});
    }
    outcome<json> look(const std::string& id, const caller&) override { return fail(404, id); }
    outcome<json> cancel(const std::string& id, const caller&) override { return fail(409, id); }
    json look_all(const caller& who) override { return who.principal == "t-abc" ? prints : json::array(); }
    std::uint64_t sequence() const override { return sequence_; }
    layerline::transport::task<layerline::transport::result<void>> changed(std::uint64_t known) override
    {
        co_await bell_.until([this, known] { return sequence_ != known; });
        co_return layerline::transport::result<void>();
    }
    void become(json now)
    {
        prints = std::move(now);
        ++sequence_;
        bell_.ring();
    }
    json prints = json::array();

private:
    std::uint64_t sequence_ = 1;
    layerline::fakes::event_flag bell_;
};

struct model_desk : api_desk {
    noting_printer models;
    model_desk()
    {
        plugin_parts parts;
        parts.models = &models;
        api = make_plugin_api(printer, files, {"agent-1", "0.1.0"}, parts);
    }
};

} // namespace

TEST_CASE("model/print hands its wish and its terms on, and starts nothing by itself")
{
    model_desk desk;
    CHECK(desk.call("POST", "model/print", "", good)->body["Result"]["PrintId"] == "p-1");
    REQUIRE(desk.models.wishes.size() == 1);
    const auto& wish = desk.models.wishes[0];
    CHECK(wish.path == "gcode/f-1.gcode");
    CHECK(wish.start);
    CHECK(wish.bed_clear);
    CHECK(json::parse(wish.settings)["infill"]["amount"] == 40);
    CHECK(desk.models.how.expected_state == layerline::printer::phase::idle);
    CHECK(desk.printer.orders.empty());
}

TEST_CASE("model/print needs control and files, and a name that the printer's files can have")
{
    model_desk desk;
    for (const char* name : {"../x.gcode", "a.stl", "/etc/x.gcode"}) {
        CAPTURE(name);
        auto body = json::parse(good);
        body["Name"] = name;
        CHECK(desk.call("POST", "model/print", "", body.dump())->status() == 400);
    }
    for (const auto one : {layerline::access::scope::control, layerline::access::scope::files}) {
        desk.who.scopes = {layerline::access::scope::view, one};
        CHECK(desk.call("POST", "model/print", "", good)->status() == 403);
    }
    CHECK(desk.models.wishes.empty());
}

TEST_CASE("without a workshop model/print says so")
{
    api_desk desk;
    const auto said = desk.call("POST", "model/print", "", good);
    CHECK(said->status() == 788);
    CHECK_THAT(said->error(), Catch::Contains("workshop"));
}

TEST_CASE("a viewer of the events is told of its own prints from models as they change")
{
    model_desk desk;
    desk.models.prints =
        json::parse(R"([{"PrintId":"p-0","Stage":"failed"},{"PrintId":"p-1","Stage":"slicing"}])");
    layerline::fakes::memory_exchange call("GET", "/plugin-api/v1/events");
    namespace net = layerline::transport::net;
    net::cancellation_signal leave;
    bool ended = false;
    auto done = [&](const std::exception_ptr&) {
        ended = true;
        call.changed.ring();
    };
    net::co_spawn(desk.context, desk.api->serve(call, desk.who, desk.how, "events"),
                  net::bind_cancellation_slot(leave.slot(), done));
    const auto wait = [&](const std::string& text) {
        layerline::fakes::run(desk.context,
                              call.changed.until([&] { return call.sent.find(text) != std::string::npos; }));
    };
    wait(R"(event: model-print)"
         "\n"
         R"(data: {"PrintId":"p-1","Stage":"slicing"})");
    CHECK(call.sent.find("p-0") == std::string::npos); // was over before anyone looked
    desk.models.become(json::parse(R"([{"PrintId":"p-1","Stage":"started"}])"));
    wait(R"(data: {"PrintId":"p-1","Stage":"started"})");
    desk.models.become(json::array());
    leave.emit(net::cancellation_type::terminal);
    layerline::fakes::run(desk.context, call.changed.until([&] { return ended; }));
}

TEST_CASE("a print from a model is told when it is new or stands otherwise, and once")
{
    model_print_events viewer;
    const auto slicing = json::parse(R"([{"PrintId":"p-1","Stage":"slicing","Progress":0.5}])");
    CHECK(viewer.next(slicing) ==
          "event: model-print\ndata: {\"PrintId\":\"p-1\",\"Progress\":0.5,\"Stage\":\"slicing\"}\n\n");
    CHECK(viewer.next(slicing).empty());
    auto over = slicing;
    over[0]["Stage"] = "failed";
    CHECK_FALSE(viewer.next(over).empty());
    // One that began and ended between two looks is news as well.
    over.push_back(json::parse(R"({"PrintId":"p-2","Stage":"cancelled"})"));
    CHECK(viewer.next(over).find("p-2") != std::string::npos);
    CHECK(viewer.next(json::array()).empty());
}
