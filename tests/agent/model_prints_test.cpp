// Prints from models: how many, how long they are known, and what an agent that begins anew makes of them.
#include "agent/model_prints.hpp"

#include "tests/fakes/event_flag.hpp"
#include "tests/fakes/fake_printer_link.hpp"
#include "tests/fakes/memory_file_store.hpp"
#include "tests/fakes/run_task.hpp"
#include "tests/fakes/scratch_folder.hpp"
#include "transport/http_server.hpp"

#include <boost/asio/detached.hpp>
#include <nlohmann/json.hpp>

using namespace layerline::agent;
using layerline::commands::model_wish;
using layerline::printer::phase;
using nlohmann::json;
namespace commands = layerline::commands;
namespace fakes = layerline::fakes;
namespace net = layerline::transport::net;
namespace printer = layerline::printer;
namespace transport = layerline::transport;

namespace {

// Says of every slice what the test wants; its G-code is one line.
class scripted_workshop final : public transport::service {
public:
    std::string state = "running"; // of all slices
    std::vector<std::string> asked;
    fakes::event_flag heard;

    scripted_workshop(net::io_context& context, const std::filesystem::path& socket)
    {
        transport::listen_options options;
        options.unix_path = socket;
        options.via = transport::edge::local;
        auto made = transport::listen_http(context, options, *this);
        REQUIRE(made.has_value());
        server_ = std::move(*made);
        net::co_spawn(context, server_->run(), net::detached);
    }
    void end() { server_->stop(std::chrono::milliseconds(0)); }
    std::size_t count(const std::string& what) const
    {
        return static_cast<std::size_t>(std::count(asked.begin(), asked.end(), what));
    }

    transport::task<void> serve(transport::exchange& call) override
    {
        auto target = call.request().target;
        asked.push_back(call.request().method + ' ' + target);
        heard.ring();
        transport::response_head head;
        std::string body = json{{"id", "s-1"}, {"state", state}, {"data", json::object()}}.dump();
        if (target == "/slices/v1/requests") body = R"({"type":"slice","data":{}})";
        if (target == "/slices/v1") head.status = 202;
        if (target.ends_with("/result")) body = "G28\n";
        (void)co_await transport::respond_with(call, std::move(head), std::move(body));
    }

private:
    std::unique_ptr<transport::http_server> server_;
};

struct kept_audit final : layerline::access::audit_log {
    std::vector<layerline::access::audit_entry> all;
    boost::system::error_code write(const layerline::access::audit_entry& entry) override
    {
        all.push_back(entry);
        return {};
    }
};

model_wish wish(const std::string& name = "a")
{
    model_wish all;
    all.file_id = "f-1";
    all.printer = "ender-3";
    all.material = "pla";
    all.quality = "0.2";
    all.path = "gcode/" + name + ".gcode";
    all.bed_clear = true;
    return all;
}

const commands::caller owner{
    "t-1", {layerline::access::scope::control, layerline::access::scope::files}, "Ann", "127.0.0.1"};

struct bench {
    fakes::scratch_folder folder;
    net::io_context context;
    fakes::memory_file_store files;
    fakes::fake_printer_link printer;
    kept_audit audit;
    model_print_limits limits;
    std::unique_ptr<scripted_workshop> shop;
    std::unique_ptr<model_prints> prints;

    bench()
    {
        limits.each.look = std::chrono::milliseconds(5);
        limits.each.between_tries = std::chrono::milliseconds(5);
        limits.each.patience = std::chrono::milliseconds(50);
        printer::printer_state idle;
        idle.now = phase::idle;
        printer.become(idle);
        begin();
    }
    ~bench() { end(); }
    void begin()
    {
        shop = std::make_unique<scripted_workshop>(context, folder.at / "w.sock");
        prints = std::make_unique<model_prints>(
            context, model_prints::places{folder.at / "w.sock", folder.at / "prints.json"}, printer, files,
            audit, limits);
    }
    // As the agent's own end: what is under way stays where it is.
    void end()
    {
        prints->stop();
        context.restart();
        while (prints->at_work() > 0)
            REQUIRE(context.run_one_for(std::chrono::seconds(30)) > 0);
        prints.reset();
        shop->end();
        context.run();
        shop.reset();
    }

    std::string take(const model_wish& what, const std::string& key = {})
    {
        printer::terms how;
        if (!key.empty()) how.idempotency_key = key;
        auto told = prints->begin(what, owner, how);
        REQUIRE(told.has_value());
        return (*told)["PrintId"];
    }
    json look(const std::string& id)
    {
        auto told = prints->look(id, owner);
        REQUIRE(told.has_value());
        return *told;
    }
    json wait_for(const std::string& id, const std::string& stage)
    {
        fakes::run(context, reaches(id, stage));
        return look(id);
    }

private:
    transport::task<void> reaches(std::string id, std::string stage)
    {
        for (;;) {
            const auto known = prints->sequence();
            if (look(id)["Stage"] == stage) co_return;
            (void)co_await prints->changed(known);
        }
    }
};

} // namespace

TEST_CASE("a print from a model is sliced, stored and started, and its file is what was sliced", "[model]")
{
    bench all;
    all.shop->state = "succeeded";
    const auto id = all.take(wish());
    const auto told = all.wait_for(id, "started");
    CHECK(told["SliceId"] == "s-1");
    CHECK(all.files.files.at("gcode/a.gcode") == "G28\n");
    REQUIRE(all.printer.orders.size() == 1);
    const auto* start = std::get_if<printer::start_job>(&all.printer.orders[0].what);
    REQUIRE(start != nullptr);
    CHECK(start->path == "gcode/a.gcode");
    CHECK(start->bed_clear);
    REQUIRE(all.audit.all.size() == 1);
    CHECK(all.audit.all[0].outcome == "ok");
    CHECK(all.audit.all[0].name == "Ann");
}

TEST_CASE("no more prints are carried at once than the limit says, and an end makes room", "[model]")
{
    bench all;
    const auto first = all.take(wish("a"));
    for (const char* name : {"b", "c", "d"})
        (void)all.take(wish(name));
    const auto fifth = all.prints->begin(wish("e"), owner, {});
    REQUIRE(fifth.has_error());
    CHECK(fifth.error().status == 503);
    all.wait_for(first, "slicing");
    REQUIRE(all.prints->cancel(first, owner).has_value());
    // The slice of a cancelled one is deleted.
    fakes::run(all.context,
               all.shop->heard.until([&] { return all.shop->count("DELETE /slices/v1/s-1") == 1; }));
    CHECK(all.prints->begin(wish("e"), owner, {}).has_value());
}

TEST_CASE("ended prints are known for their time and up to their number, the oldest go first", "[model]")
{
    bench all;
    all.end();
    all.limits.kept = 2;
    all.limits.at_once = 1;
    all.begin();
    all.shop->state = "succeeded";
    std::vector<std::string> ids;
    for (const char* name : {"a", "b", "c", "d", "e"}) {
        ids.push_back(all.take(wish(name)));
        all.wait_for(ids.back(), "started");
    }
    CHECK(all.prints->look(ids[0], owner).error().status == 404);
    CHECK(all.prints->look(ids[4], owner).has_value());
    CHECK(all.prints->look_all(owner).size() == 3);
    CHECK(all.prints->look_all({"t-2", {layerline::access::scope::view}}).empty());
    all.end();
    all.limits.keep = std::chrono::seconds(0);
    all.begin();
    CHECK(all.prints->look(ids[4], owner).error().status == 404);
}

TEST_CASE("the same idempotency key is the same print, also for an agent that began anew", "[model]")
{
    bench all;
    all.shop->state = "succeeded";
    const auto id = all.take(wish(), "k-1");
    all.wait_for(id, "started");
    const auto again = [&] {
        printer::terms how;
        how.idempotency_key = "k-1";
        const auto told = all.prints->begin(wish(), owner, how);
        REQUIRE(told.has_value());
        CHECK((*told)["Repeated"] == true);
        CHECK((*told)["PrintId"] == id);
    };
    again();
    all.end();
    all.begin();
    all.prints->resume();
    again();
    CHECK(all.printer.orders.size() == 1);
}

TEST_CASE("an agent that begins anew goes on with its prints, but starts none of them", "[model]")
{
    bench all;
    const auto id = all.take(wish());
    all.wait_for(id, "slicing");
    fakes::run(all.context, all.shop->heard.until([&] { return all.shop->count("GET /slices/v1/s-1") > 0; }));
    all.end();
    all.begin();
    all.shop->state = "succeeded";
    all.prints->resume();
    const auto told = all.wait_for(id, "sent");
    CHECK(all.shop->count("POST /slices/v1") == 0); // it is the same slice
    CHECK(all.files.files.contains("gcode/a.gcode"));
    CHECK(all.printer.orders.empty());
    CHECK_THAT(told["Notes"].dump(), Catch::Contains("not started"));
    CHECK(all.prints->look(id, {"t-2", {layerline::access::scope::view}}).error().status == 404);
}

TEST_CASE("a start that nobody saw answered is looked up at the printer, and never made again", "[model]")
{
    bench all;
    commands::model_print one("p-1", wish());
    REQUIRE(one.request_made(200, R"({"data":{}})", {}));
    REQUIRE(one.slice_begun(202, R"({"id":"s-1"})"));
    REQUIRE(one.slice_told(200, R"({"state":"succeeded"})"));
    REQUIRE(one.result_opened(200, 5, 1000));
    REQUIRE(one.stored());
    all.end();
    all.folder.put("prints.json", text_of({{one, owner, "k-1", 0}}));
    printer::printer_state now;
    std::string stage = "started";
    SECTION("it prints")
    {
        now.now = phase::printing;
        now.job.emplace();
        now.job->id = "j-9";
        now.job->path = "gcode/a.gcode";
    }
    SECTION("it does not")
    {
        now.now = phase::idle;
        stage = "failed";
    }
    SECTION("it cannot be seen")
    {
        now.now = phase::offline;
        all.limits.each.starting = std::chrono::milliseconds(20);
        stage = "failed";
    }
    all.printer.become(now);
    all.begin();
    all.prints->resume();
    const auto told = all.wait_for("p-1", stage);
    CHECK(all.printer.orders.empty());
    if (now.now == phase::printing) CHECK(told["JobId"] == "j-9");
    if (now.now == phase::idle) CHECK(told["Error"]["Status"] == 409);
    if (now.now == phase::offline) CHECK(told["Error"]["Status"] == 504);
}

TEST_CASE("a workshop that stays away fails the print in words", "[model]")
{
    bench all;
    all.shop->end();
    const auto id = all.take(wish());
    const auto told = all.wait_for(id, "failed");
    CHECK(told["Error"]["Status"] == 503);
    CHECK_THAT(told["Error"]["Text"].get<std::string>(), Catch::Contains("layerline-workshop"));
}

TEST_CASE("kept prints come back as they were, and what is damaged is none", "[model]")
{
    commands::model_print one("p-1", wish());
    REQUIRE(one.request_made(200, R"({"data":{"bed":{"temperature":90}}})", {}));
    const std::vector<kept_model_print> all{{one, owner, "k-1", 0}};
    const auto text = text_of(all);
    const auto read = parse_kept_prints(text);
    REQUIRE(read);
    REQUIRE(read->size() == 1);
    CHECK(read->front().now.told() == one.told());
    CHECK(read->front().who.scopes == owner.scopes);
    CHECK(read->front().key == "k-1");
    CHECK(text_of(*read) == text);
    for (std::size_t cut = 0; cut + 2 < text.size(); ++cut)
        CHECK_FALSE(parse_kept_prints(text.substr(0, cut)));
    auto other = json::parse(text);
    other["prints"][0]["print"]["stage"] = "flying";
    CHECK_FALSE(parse_kept_prints(other.dump()));
    other["prints"][0]["print"]["stage"] = "slicing"; // of which slice?
    CHECK_FALSE(parse_kept_prints(other.dump()));
    other["prints"][0]["print"]["slice"] = "../x";
    CHECK_FALSE(parse_kept_prints(other.dump()));
    other["prints"] = json::array();
    for (std::size_t i = 0; i <= most_kept_prints; ++i)
        other["prints"].push_back(json::object());
    CHECK_FALSE(parse_kept_prints(other.dump()));
}
