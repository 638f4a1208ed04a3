// The queue of jobs: its order, what holds it, what it remembers across a crash, and the one gate.
#include "commands/queue_desk.hpp"
#include "tests/commands/api_desk.hpp"
#include "tests/fakes/scratch_folder.hpp"

using namespace layerline::commands;
using layerline::fakes::scratch_folder;
using layerline::printer::performed;
using layerline::printer::phase;
using layerline::printer::printer_errc;
using layerline::printer::printer_failure;
namespace printer = layerline::printer;

namespace {

printer::printer_state with_job(phase now, const std::string& id, const std::string& path)
{
    auto state = in_phase(now);
    state.job.emplace();
    state.job->id = id;
    state.job->path = path;
    return state;
}

std::vector<std::string> paths_of(const print_queue& queue)
{
    std::vector<std::string> all;
    for (const auto& one : queue.waiting())
        all.push_back(one.path);
    return all;
}

print_queue queue_of(std::initializer_list<const char*> names)
{
    print_queue queue;
    for (const auto* name : names)
        REQUIRE(queue.add(std::string("gcode/") + name, "me", 1, std::nullopt).has_value());
    return queue;
}

struct queue_bench : api_desk {
    scratch_folder folder;
    std::vector<std::string> told;
    std::unique_ptr<queue_desk> queue;

    queue_bench()
    {
        for (const auto* name : {"a", "b", "c"})
            files.files["gcode/" + std::string(name) + ".gcode"] = "G28\n";
        printer.answers = [](const auto& order) -> printer::printer_result<performed> {
            if (std::holds_alternative<printer::start_job>(order.what)) return performed{"j-1"};
            return performed{};
        };
        open();
    }
    void open()
    {
        queue = std::make_unique<queue_desk>(printer, files, folder.at / "queue.json",
                                             [this](const auto& news) { told.push_back(news); });
        api = make_plugin_api(printer, files, {"agent-1", "0.1.0"}, {nullptr, nullptr, queue.get()});
    }
    void add(const std::string& name)
    {
        const auto said = call("POST", "queue/add", "", R"({"Path":"gcode/)" + name + ".gcode\"}");
        CAPTURE(said->body);
        REQUIRE(said->status() == 200);
    }
    std::unique_ptr<api_desk::told> start_next(const std::string& key = {}, bool clear = true)
    {
        layerline::transport::fields headers;
        if (!key.empty()) headers.set("idempotency-key", key);
        return call("POST", "queue/start-next", "", clear ? R"({"BedClear":true})" : "{}", headers);
    }
};

} // namespace

TEST_CASE("jobs wait in their order, which can be changed, and the queue is bounded", "[queue]")
{
    auto queue = queue_of({"a.gcode", "b.gcode", "c.gcode"});
    CHECK(queue.move("q-3", 0).has_value());
    CHECK(queue.remove("q-1").has_value());
    CHECK(queue.add("gcode/d.gcode", "me", 1, 1).has_value());
    CHECK(paths_of(queue) == std::vector<std::string>{"gcode/c.gcode", "gcode/d.gcode", "gcode/b.gcode"});
    CHECK(queue.waiting()[1].id == "q-4"); // ids are never used again
    CHECK(queue.move("q-1", 0).error().status == 404);
    CHECK(queue.remove("q-9").error().status == 404);
    CHECK(queue.holds("gcode/b.gcode"));
    CHECK(queue.holds("gcode"));
    CHECK_FALSE(queue.holds("gcode/b"));
    for (std::size_t i = queue.waiting().size(); i < max_queue; ++i)
        CHECK(queue.add("gcode/x.gcode", "me", 1, std::nullopt).has_value());
    CHECK(queue.add("gcode/x.gcode", "me", 1, std::nullopt).error().status == 409);
    CHECK(print_queue::parse(queue.text())->waiting() == queue.waiting());
}

TEST_CASE("a damaged queue is not read", "[queue]")
{
    auto queue = queue_of({"a.gcode"});
    REQUIRE(queue.begin(in_phase(phase::idle), "key").has_value());
    queue.began("j-1");
    const auto text = queue.text();
    REQUIRE(print_queue::parse(text));
    CHECK(print_queue::parse(text)->current() == queue.current());
    for (std::size_t cut = 0; cut < text.size() - 1; ++cut)
        CHECK_FALSE(print_queue::parse(std::string_view(text).substr(0, cut)));
    CHECK_FALSE(print_queue::parse("[]"));
    CHECK_FALSE(print_queue::parse(R"({"version":1,"paused":false,"held":"","doubtful":false,"last":1,)"
                                   R"("waiting":[{"id":"q-1","path":"/etc/passwd","added_by":"",)"
                                   R"("added_unix":1}],"current":null})"));
}

TEST_CASE("a finished job makes room for the next; a failed or cancelled one holds the queue", "[queue]")
{
    struct ending {
        phase now;
        const char* held;
    };
    for (const auto& end : {ending{phase::finished, ""}, ending{phase::cancelled, "was cancelled"},
                            ending{phase::error, "failed: the wire came off"}}) {
        auto queue = queue_of({"a.gcode", "b.gcode"});
        REQUIRE(queue.begin(in_phase(phase::idle), "").has_value());
        CHECK(queue.begin(in_phase(phase::idle), "").error().status == 786); // one at a time
        queue.began("j-1");
        CHECK_FALSE(queue.follow(with_job(phase::printing, "j-1", "gcode/a.gcode")));
        CHECK_FALSE(queue.follow(in_phase(phase::offline)));
        auto over = with_job(end.now, "j-1", "gcode/a.gcode");
        over.reason = "the wire came off";
        CHECK(queue.follow(over));
        CHECK_FALSE(queue.current());
        CHECK_THAT(queue.held(), Catch::Contains(end.held));
        CHECK(queue.held().empty() == (end.now == phase::finished));
        CHECK(queue.begin(over, "").has_value() == (end.now == phase::finished));
        if (end.now == phase::finished) continue;
        queue.resume();
        CHECK_FALSE(queue.follow(over)); // the same ending does not hold it again
        CHECK(queue.begin(over, "").has_value());
    }
}

TEST_CASE("a job that was started elsewhere and fails holds what waits", "[queue]")
{
    auto queue = queue_of({"a.gcode"});
    CHECK_FALSE(queue.follow(with_job(phase::error, "j-0", "gcode/old.gcode"))); // before our time
    CHECK_FALSE(queue.follow(with_job(phase::printing, "j-7", "gcode/other.gcode")));
    CHECK(queue.follow(with_job(phase::cancelled, "j-7", "gcode/other.gcode")));
    CHECK_THAT(queue.held(), Catch::Contains("gcode/other.gcode was cancelled"));
    print_queue empty;
    CHECK_FALSE(empty.follow(with_job(phase::printing, "j-7", "gcode/other.gcode")));
    CHECK_FALSE(empty.follow(with_job(phase::cancelled, "j-7", "gcode/other.gcode")));
}

TEST_CASE("a job whose end nobody saw holds the queue", "[queue]")
{
    auto queue = queue_of({"a.gcode", "b.gcode"});
    REQUIRE(queue.begin(with_job(phase::finished, "j-0", "gcode/o.gcode"), "").has_value());
    queue.began("j-1");
    // A state from just before the start says nothing.
    CHECK_FALSE(queue.follow(with_job(phase::finished, "j-0", "gcode/o.gcode")));
    CHECK(queue.follow(with_job(phase::printing, "j-2", "gcode/c.gcode")));
    CHECK_THAT(queue.held(), Catch::Contains("was not seen"));
}

TEST_CASE("a start without a job's id is recognised by what is printed then", "[queue]")
{
    auto queue = queue_of({"a.gcode"});
    REQUIRE(queue.begin(with_job(phase::finished, "j-0", "gcode/a.gcode"), "").has_value());
    CHECK_FALSE(queue.follow(with_job(phase::printing, "j-1", "gcode/a.gcode"))); // not answered yet
    queue.began("");
    CHECK_FALSE(queue.follow(with_job(phase::finished, "j-0", "gcode/a.gcode")));
    CHECK(queue.follow(with_job(phase::printing, "j-1", "gcode/a.gcode")));
    CHECK(queue.current()->job == "j-1");
}

TEST_CASE("a crash in mid-start leaves a queue that does not start it twice", "[queue]")
{
    auto queue = queue_of({"a.gcode", "b.gcode"});
    REQUIRE(queue.begin(in_phase(phase::idle), "").has_value());
    auto after = print_queue::parse(queue.text());
    REQUIRE(after);
    CHECK_THAT(after->held(), Catch::Contains("gcode/a.gcode"));
    CHECK(after->begin(in_phase(phase::idle), "").error().status == 786);
    SECTION("the printer shows that it prints")
    {
        CHECK(after->follow(with_job(phase::printing, "j-1", "gcode/a.gcode")));
        CHECK(after->held().empty());
        CHECK(after->follow(with_job(phase::finished, "j-1", "gcode/a.gcode")));
        CHECK(after->begin(in_phase(phase::idle), "")->path == "gcode/b.gcode");
    }
    SECTION("a person says to go on")
    {
        after->resume();
        CHECK(after->begin(in_phase(phase::idle), "")->path == "gcode/b.gcode");
    }
}

TEST_CASE("the queue is listed, and survives the agent", "[queue]")
{
    queue_bench desk;
    desk.add("a");
    desk.add("b");
    CHECK(desk.call("POST", "queue/add", "", R"({"Path":"gcode/none.gcode"})")->status() == 404);
    CHECK(desk.call("POST", "queue/add", "", R"({"Path":"gcode/a.txt"})")->status() == 400);
    CHECK(desk.call("POST", "queue/move", "", R"({"QueueId":"q-2","Position":0})")->status() == 200);
    CHECK(desk.call("POST", "queue/pause")->body["Result"]["Paused"] == true);
    desk.open();
    const auto all = desk.call("GET", "queue/list")->body["Result"];
    CHECK(all["Paused"] == true);
    CHECK(all["Held"].is_null());
    CHECK(all["Current"].is_null());
    REQUIRE(all["Jobs"].size() == 2);
    CHECK(all["Jobs"][0]["VirtualPath"] == "gcode/b.gcode");
    CHECK(all["Jobs"][0]["AddedBy"] == "t-abc");
    CHECK(desk.start_next()->status() == 786);
    CHECK(desk.printer.orders.empty());
    CHECK(desk.call("POST", "queue/resume")->body["Result"]["Paused"] == false);
    CHECK(desk.call("DELETE", "queue/remove", "queueid=q-2")->body["Result"]["Jobs"].size() == 1);
}

TEST_CASE("the next job goes through the printer's gate and waits on when that refuses", "[queue]")
{
    queue_bench desk;
    desk.add("a");
    desk.printer.answers = [](const auto&) -> printer::printer_result<performed> {
        return printer_failure{printer_errc::bed_not_clear, ""};
    };
    const auto refused = desk.start_next({}, false);
    CHECK(refused->status() == 786);
    CHECK(refused->cause() == "bed_not_clear");
    CHECK(std::get<printer::start_job>(desk.printer.orders.at(0).what).bed_clear == false);
    CHECK(desk.call("GET", "queue/list")->body["Result"]["Jobs"].size() == 1);

    desk.printer.answers = [](const auto&) -> printer::printer_result<performed> { return performed{"j-1"}; };
    const auto begun = desk.start_next("k1");
    CHECK(begun->status() == 200);
    CHECK(begun->body["Result"]["JobId"] == "j-1");
    CHECK(begun->body["Result"]["Started"]["VirtualPath"] == "gcode/a.gcode");
    const auto& start = std::get<printer::start_job>(desk.printer.orders.at(1).what);
    CHECK(start.path == "gcode/a.gcode");
    CHECK(start.bed_clear);
    CHECK(desk.printer.orders.at(1).how.idempotency_key == "k1");
    // The same call once more does nothing, also after the agent began anew.
    desk.add("b");
    CHECK(desk.start_next("k1")->body["Result"]["Repeated"] == true);
    desk.open();
    CHECK(desk.start_next("k1")->body["Result"]["Repeated"] == true);
    CHECK(desk.start_next("k2")->status() == 786);
    CHECK(desk.printer.orders.size() == 2);
}

TEST_CASE("a file that is gone is not started, and nothing of the queue is lost", "[queue]")
{
    queue_bench desk;
    desk.add("a");
    desk.files.files.erase("gcode/a.gcode");
    CHECK(desk.start_next()->status() == 404);
    CHECK(desk.printer.orders.empty());
    CHECK(desk.call("GET", "queue/list")->body["Result"]["Jobs"].size() == 1);
}

TEST_CASE("a start whose answer never came holds the queue", "[queue]")
{
    queue_bench desk;
    desk.add("a");
    desk.printer.answers = [](const auto&) -> printer::printer_result<performed> {
        return printer_failure{printer_errc::no_answer, ""};
    };
    CHECK(desk.start_next()->status() == 752);
    const auto all = desk.call("GET", "queue/list")->body["Result"];
    CHECK(all["Current"]["VirtualPath"] == "gcode/a.gcode");
    CHECK(all["Held"].is_string());
    CHECK(desk.start_next()->status() == 786);
    desk.open();
    CHECK(desk.call("GET", "queue/list")->body["Result"]["Held"].is_string());
}

TEST_CASE("a file that waits is neither deleted nor moved", "[queue]")
{
    queue_bench desk;
    desk.add("a");
    CHECK(desk.call("POST", "files/delete", "", R"({"Path":"gcode/a.gcode"})")->status() == 409);
    CHECK(desk.call("POST", "files/move", "", R"({"Path":"gcode/a.gcode","To":"gcode/z.gcode"})")->status() ==
          409);
    CHECK(desk.files.files.contains("gcode/a.gcode"));
    CHECK(desk.call("POST", "files/delete", "", R"({"Path":"gcode/b.gcode"})")->status() == 200);
}

TEST_CASE("the job's end is followed, kept and told", "[queue]")
{
    queue_bench desk;
    desk.add("a");
    desk.add("b");
    REQUIRE(desk.start_next()->status() == 200);
    desk.printer.become(with_job(phase::error, "j-1", "gcode/a.gcode"));
    layerline::transport::net::co_spawn(desk.context, desk.queue->run(), [](const std::exception_ptr&) {});
    layerline::fakes::run(desk.context,
                          desk.printer.waiting_changed.until([&] { return desk.printer.waiting > 0; }));
    REQUIRE(desk.told.size() == 1);
    CHECK_THAT(desk.told[0], Catch::Contains("gcode/a.gcode failed"));
    CHECK(print_queue::parse(desk.folder.text_of("queue.json"))->held() == desk.queue->now().held());
    desk.printer.stop();
    desk.context.restart();
    desk.context.run();
}

TEST_CASE("a queue that cannot be read is said, and one that cannot be written changes nothing", "[queue]")
{
    queue_bench desk;
    desk.folder.put("queue.json", "{");
    desk.open();
    CHECK_THAT(desk.queue->trouble(), Catch::Contains("queue.json"));
    std::filesystem::create_directory(desk.folder.at / "queue.json.new"); // in the way of the temporary name
    const auto said = desk.call("POST", "queue/add", "", R"({"Path":"gcode/a.gcode"})");
    CHECK(said->status() == 750);
    CHECK(desk.call("GET", "queue/list")->body["Result"]["Jobs"].empty());
}
