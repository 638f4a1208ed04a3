// Past jobs and console lines of a printer whose host keeps none.
#include "agent/recorded_link.hpp"
#include "tests/fakes/fake_printer_link.hpp"
#include "tests/fakes/memory_file_store.hpp"
#include "tests/fakes/run_task.hpp"
#include "tests/fakes/scratch_folder.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/co_spawn.hpp>

using namespace layerline::agent;
using layerline::printer::performed;
using layerline::printer::phase;
using layerline::printer::printer_errc;
using layerline::printer::printer_state;
namespace printer = layerline::printer;
namespace fakes = layerline::fakes;
namespace net = layerline::transport::net;

namespace {

constexpr double noon = 1'795'000'000;

printer_state in(phase now, const std::string& id = {}, double elapsed_s = 0)
{
    printer_state state;
    state.now = now;
    if (id.empty()) return state;
    state.job.emplace();
    state.job->id = id;
    state.job->path = "gcode/a.gcode";
    state.job->size_bytes = 4;
    state.job->elapsed_s = elapsed_s;
    return state;
}

struct link_bench {
    fakes::scratch_folder folder;
    net::io_context context;
    fakes::memory_file_store files;
    fakes::fake_printer_link* inner = nullptr;
    std::unique_ptr<recorded_link> link;

    link_bench() { open(); }
    ~link_bench() { close(); }
    void open()
    {
        auto made = std::make_unique<fakes::fake_printer_link>();
        inner = made.get();
        link = std::make_unique<recorded_link>(std::move(made), files, folder.at / "history.json");
    }
    void close()
    {
        if (!link) return;
        link->stop();
        context.restart();
        context.run();
        link.reset();
    }
    void begin()
    {
        net::co_spawn(context, link->run(), [](const std::exception_ptr&) {});
    }
    // The state, until the newest job is known to be so and that is on the disk: the link waits again then.
    void become(const printer_state& state, const std::string& outcome)
    {
        inner->become(state);
        for (;;) {
            const auto page = history();
            if (!page.jobs.empty() && page.jobs[0].status == outcome && inner->waiting > 0) return;
            context.restart();
            REQUIRE(context.run_one_for(std::chrono::seconds(30)) > 0);
        }
    }
    printer::job_page history()
    {
        auto page = fakes::run(context, link->extras().history(0, 100));
        REQUIRE(page.has_value());
        return *page;
    }
};

} // namespace

TEST_CASE("a job is remembered from its start to how it ended", "[history]")
{
    struct ending {
        phase now;
        const char* outcome;
    };
    for (const auto& end : {ending{phase::finished, "completed"}, ending{phase::cancelled, "cancelled"},
                            ending{phase::error, "error"}, ending{phase::idle, "interrupted"}}) {
        job_history jobs;
        CHECK_FALSE(jobs.follow(in(phase::offline), noon));
        CHECK_FALSE(jobs.follow(in(phase::idle), noon));
        CHECK(jobs.follow(in(phase::printing, "j-1"), noon));
        CHECK_FALSE(jobs.follow(in(phase::paused, "j-1", 50), noon + 60));
        CHECK(jobs.page(0, 10).jobs.at(0).status == "in_progress");
        CHECK(jobs.follow(in(end.now, "j-1", 100), noon + 160));
        CHECK_FALSE(jobs.follow(in(end.now, "j-1", 100), noon + 170));
        const auto past = jobs.job("j-1");
        REQUIRE(past);
        CHECK(past->status == end.outcome);
        CHECK(past->started_unix == noon);
        CHECK(past->ended_unix == noon + 160);
        CHECK(past->print_s == 100);
        CHECK(past->total_s == 160);
        CHECK_FALSE(past->filament_mm);
    }
}

TEST_CASE("what happened while the agent was away is not made up", "[history]")
{
    job_history jobs;
    jobs.follow(in(phase::idle), noon);
    REQUIRE(jobs.follow(in(phase::printing, "j-1"), noon));
    auto after = job_history::parse(jobs.text());
    REQUIRE(after);
    SECTION("it prints on")
    {
        CHECK_FALSE(after->follow(in(phase::printing, "j-1", 10), noon + 10));
        CHECK(after->follow(in(phase::finished, "j-1", 20), noon + 20));
        CHECK(after->job("j-1")->ended_unix == noon + 20);
    }
    SECTION("it ended meanwhile")
    {
        CHECK(after->follow(in(phase::finished, "j-1", 20), noon + 9000));
        CHECK(after->job("j-1")->status == "completed");
        CHECK_FALSE(after->job("j-1")->ended_unix);
        CHECK_FALSE(after->job("j-1")->total_s);
    }
    SECTION("another one prints")
    {
        CHECK(after->follow(in(phase::printing, "j-2"), noon + 9000));
        CHECK(after->job("j-1")->status == "interrupted");
        CHECK_FALSE(after->job("j-2")->started_unix); // it began before this agent looked
    }
}

TEST_CASE("a clock that is years off is told as unknown", "[history]")
{
    job_history jobs;
    jobs.follow(in(phase::idle), 100);
    jobs.follow(in(phase::printing, "j-1"), 100);
    jobs.follow(in(phase::finished, "j-1"), noon);
    CHECK_FALSE(jobs.job("j-1")->started_unix);
    CHECK_FALSE(jobs.job("j-1")->total_s);
}

TEST_CASE("the history is bounded and told in pages, the newest first", "[history]")
{
    job_history jobs;
    jobs.follow(in(phase::idle), noon);
    for (int i = 0; i < 510; ++i) {
        jobs.follow(in(phase::printing, "j-" + std::to_string(i)), noon);
        jobs.follow(in(phase::finished, "j-" + std::to_string(i)), noon);
    }
    const auto page = jobs.page(1, 2);
    CHECK(page.total == job_history::most_jobs);
    REQUIRE(page.jobs.size() == 2);
    CHECK(page.jobs[0].id == "j-508");
    CHECK(jobs.page(500, 10).jobs.empty());
    CHECK(jobs.page(~std::uint64_t{0}, 10).jobs.empty());
    const auto text = jobs.text();
    CHECK(job_history::parse(text)->text() == text);
    CHECK_FALSE(job_history::parse(std::string_view(text).substr(0, text.size() / 2)));
    CHECK_FALSE(job_history::parse("{\"version\":2,\"jobs\":[]}"));
}

TEST_CASE("the console keeps what was sent, what was answered and how the printer fared", "[console]")
{
    console_memory console;
    const auto now = std::chrono::steady_clock::now();
    console.sent("M115", now);
    console.heard("FIRMWARE_NAME:x\n\n\x1b[2Jok", now);
    auto state = in(phase::error);
    state.reason = "the wire came off";
    console.follow(state, now);
    console.follow(state, now);
    const auto page = console.page(0, 10);
    REQUIRE(page.lines.size() == 4);
    CHECK(page.lines[0].text == "> M115");
    CHECK(page.lines[1].text == "FIRMWARE_NAME:x");
    CHECK(page.lines[2].text == " [2Jok");
    CHECK(page.lines[3].text == "// error: the wire came off");
    CHECK_FALSE(page.missed);
    CHECK(page.newest == 4);
    CHECK(console.page(3, 10).lines.size() == 1);
    CHECK(console.page(0, 2).missed);
    CHECK(console.page(9, 2).lines.empty());
    for (int i = 0; i < 1000; ++i)
        console.heard(std::string(1000, 'x'), now);
    CHECK(console.page(0, 5000).lines.size() == console_memory::most_lines);
    CHECK(console.page(0, 1).lines[0].text.size() == console_memory::longest_line);
    CHECK(console.page(4, 5000).missed);
}

TEST_CASE("past jobs survive the agent, and tell whether their file is still the one", "[history]")
{
    link_bench desk;
    desk.files.files["gcode/a.gcode"] = "G28\n";
    desk.inner->become(in(phase::idle));
    desk.begin();
    desk.become(in(phase::printing, "j-1"), "in_progress");
    desk.become(in(phase::finished, "j-1", 12), "completed");
    const auto past = desk.history();
    REQUIRE(past.jobs.size() == 1);
    CHECK(past.jobs[0].id == "j-1");
    CHECK(past.jobs[0].file_exists);
    desk.files.files["gcode/a.gcode"] = "another file\n";
    CHECK_FALSE(desk.history().jobs.at(0).file_exists);
    desk.files.files.clear();
    CHECK_FALSE(desk.history().jobs.at(0).file_exists);
    desk.close();
    desk.open();
    CHECK(desk.history().jobs.size() == 1);
    CHECK(fakes::run(desk.context, desk.link->extras().job("j-1"))->path == "gcode/a.gcode");
    CHECK(fakes::run(desk.context, desk.link->extras().job("j-9")).error().code ==
          printer_errc::no_such_file);
}

TEST_CASE("a line by the console is kept with its answer; other actions leave no line", "[console]")
{
    link_bench desk;
    desk.inner->answers = [](const auto&) -> printer::printer_result<performed> {
        performed done;
        done.reply = "ok T:20";
        return done;
    };
    printer::action line = printer::run_gcode{"M105"};
    fakes::run(desk.context, desk.link->perform(line, {}));
    printer::action home = printer::home_axes{};
    fakes::run(desk.context, desk.link->perform(home, {}));
    desk.inner->answers = [](const auto&) -> printer::printer_result<performed> {
        return printer::printer_failure{printer_errc::refused, "Not now."};
    };
    fakes::run(desk.context, desk.link->perform(line, {}));
    const auto page = desk.link->extras().console(0, 10);
    REQUIRE(page.has_value());
    REQUIRE(page->lines.size() == 4);
    CHECK(page->lines[1].text == "ok T:20");
    CHECK(page->lines[3].text == "!! Not now.");
    CHECK(desk.link->extras().macros().error().code == printer_errc::unsupported);
}
