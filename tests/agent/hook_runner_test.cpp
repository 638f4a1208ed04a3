// Hooks as real processes: what they read, how they end, and what is never run.
#include "agent/event_watch.hpp"
#include "agent/hook_runner.hpp"
#include "tests/fakes/fake_printer_link.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace layerline;
using namespace layerline::agent;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct hook_bench {
    fs::path folder;
    transport::net::io_context context;
    std::vector<hook_result> results;

    hook_bench()
    {
        std::string name = (fs::temp_directory_path() / "layerline-hooks-XXXXXX").string();
        folder = ::mkdtemp(name.data());
    }
    ~hook_bench() { fs::remove_all(folder); }
    hook_bench(const hook_bench&) = delete;
    hook_bench& operator=(const hook_bench&) = delete;

    // A hook is any executable; these are for the kernel to hand to sh.
    void put(const std::string& name, const std::string& lines, mode_t mode = 0755)
    {
        std::ofstream(folder / name) << "#!/bin/sh\n" << lines << "\n";
        REQUIRE(::chmod((folder / name).c_str(), mode) == 0);
    }
    std::string content(const std::string& name) const
    {
        std::ifstream in(folder / name);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    // Runs one event's hooks to their end.
    void run(const std::string& event, const std::string& json, hook_limits limits = {})
    {
        hook_runner runner(context, folder, limits,
                           [this](const hook_result& one) { results.push_back(one); });
        runner.run(event, json);
        context.restart();
        context.run();
    }
};

} // namespace

TEST_CASE(
    "a hook gets the event as its argument and the JSON on its standard input, and no shell sees either")
{
    hook_bench bench;
    bench.put("10-keep", "cat > " + (bench.folder / "told").string() + "\necho \"$1|$#|$PATH|$(pwd)\"");
    bench.run("print_started", "{\"x\":\"$(touch /tmp/never); `id`\"}\n");
    REQUIRE(bench.results.size() == 1);
    CHECK(bench.results[0].exit_code == 0);
    CHECK(bench.results[0].output == "print_started|1|/usr/local/bin:/usr/bin:/bin|/");
    CHECK(bench.content("told") == "{\"x\":\"$(touch /tmp/never); `id`\"}\n");
}

TEST_CASE("a hook that fails, says much, or hangs is told as such, and holds nobody up")
{
    hook_bench bench;
    bench.put("1-fails", "echo oops >&2; exit 7");
    bench.put("2-talks", "head -c 200000 /dev/zero | tr '\\0' x; exit 0");
    bench.put("3-hangs", "echo before; sleep 600");
    bench.put("4-ignores", "exec 0<&-; exit 0");
    hook_limits limits;
    limits.time = 300ms;
    limits.at_once = 4;
    bench.run("attention", std::string(40'000, 'x'), limits);
    REQUIRE(bench.results.size() == 4);
    std::sort(bench.results.begin(), bench.results.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    CHECK(bench.results[0].exit_code == 7);
    CHECK(bench.results[0].output == "oops");
    CHECK(bench.results[1].output.size() == limits.output);
    CHECK(bench.results[2].timed_out);
    CHECK_FALSE(bench.results[2].exit_code);
    CHECK(bench.results[2].output == "before");
    CHECK(bench.results[3].exit_code == 0);
}

TEST_CASE("what a hook leaves running ends with it")
{
    hook_bench bench;
    bench.put("leaves", "sleep 600 & echo $!");
    bench.run("attention", "{}");
    REQUIRE(bench.results.size() == 1);
    const auto left = std::stoi(bench.results[0].output);
    // Killed with its group: gone, or at its end within a moment.
    const int watched = static_cast<int>(::syscall(SYS_pidfd_open, left, 0));
    if (watched < 0) return;
    pollfd end{watched, POLLIN, 0};
    CHECK(::poll(&end, 1, 10'000) == 1);
    ::close(watched);
}

TEST_CASE("only so many run at once, one after the other by name, and no more wait than may")
{
    hook_bench bench;
    const auto line = "echo b >> " + (bench.folder / ".order").string() + "; echo e >> " +
                      (bench.folder / ".order").string();
    for (const auto* name : {"a", "b", "c"})
        bench.put(name, line);
    hook_limits limits;
    limits.at_once = 1;
    limits.waiting = 2;
    bench.run("attention", "{}", limits);
    REQUIRE(bench.results.size() == 3);
    CHECK(bench.results[0].name == "c");
    CHECK_FALSE(bench.results[0].fault.empty());
    CHECK(bench.results[1].name == "a");
    CHECK(bench.results[2].name == "b");
    CHECK(bench.content(".order") == "b\ne\nb\ne\n");
}

TEST_CASE("files and folders that others may change are not run, nor links, nor what is not executable")
{
    hook_bench bench;
    bench.put("open", "echo no", 0777);
    bench.put("plain", "echo no", 0644);
    bench.put(".hidden", "echo no");
    fs::create_symlink("/bin/true", bench.folder / "link");
    fs::create_directory(bench.folder / "sub");
    bench.run("attention", "{}");
    CHECK(bench.results.size() == 4);
    for (const auto& one : bench.results) {
        INFO(one.name);
        CHECK_FALSE(one.fault.empty());
        CHECK(one.output.empty());
    }
    bench.results.clear();
    REQUIRE(::chmod(bench.folder.c_str(), 0777) == 0);
    bench.put("good", "echo no");
    bench.run("attention", "{}");
    REQUIRE(bench.results.size() == 1);
    CHECK(bench.results[0].fault == "others may write to it");
}

TEST_CASE("stopping kills what runs")
{
    hook_bench bench;
    bench.put("hangs", "echo $$ > " + (bench.folder / ".pid").string() + "; sleep 600");
    hook_runner runner(bench.context, bench.folder, {}, [](const hook_result&) {});
    runner.run("attention", "{}");
    transport::net::steady_timer look(bench.context);
    while (bench.content(".pid").empty()) // its own word that it runs
        bench.context.run_one_for(10ms);
    runner.stop();
    bench.context.restart();
    CHECK(bench.context.run_for(20s) > 0);
    CHECK(bench.context.stopped());
}

TEST_CASE("scripts go through the printer's link line by line, and hooks hear of the same events")
{
    hook_bench bench;
    bench.put("keep", "cat > " + (bench.folder / ".told").string());
    configuration settings;
    settings.hooks_folder = bench.folder;
    settings.scripts.on_pause = {"M117 {file}", "M106 S0"};
    fakes::fake_printer_link link;
    printer::printer_state state;
    state.now = printer::phase::printing;
    state.job.emplace();
    state.job->path = "gcode/part.gcode";
    link.become(state);
    link.answers = [](const auto&) -> printer::printer_result<printer::performed> {
        return printer::printer_failure{printer::printer_errc::wrong_state, "not now"};
    };
    event_watch watch(bench.context, link, settings, "agent-1");
    CHECK(watch.wanted());
    transport::net::co_spawn(bench.context, watch.run(), transport::net::detached);
    transport::net::co_spawn(bench.context, watch.send_scripts(), transport::net::detached);
    bench.context.poll();
    state.now = printer::phase::paused;
    link.become(state);
    while (link.orders.size() < 2 || bench.content(".told").find('}') == std::string::npos)
        bench.context.run_one_for(10ms);
    REQUIRE(link.orders.size() == 2); // the second, though the first was refused
    CHECK(std::get<printer::run_gcode>(link.orders[0].what).text == "M117 part.gcode");
    CHECK(std::get<printer::run_gcode>(link.orders[1].what).text == "M106 S0");
    CHECK(link.orders[0].how.principal == "script");
    const auto told = nlohmann::json::parse(bench.content(".told"), nullptr, false);
    REQUIRE(told.is_object());
    CHECK(told.at("event") == "print_paused");
    CHECK(told.at("agent_id") == "agent-1");
    CHECK(told.at("printer").at("now") == "paused");
    watch.stop();
    link.stop();
    bench.context.restart();
    bench.context.run_for(20s);
    configuration off;
    CHECK_FALSE(event_watch(bench.context, link, off, "a").wanted());
}

TEST_CASE("an event with a plate of very many parts is told without them")
{
    printer::printer_state state;
    for (int i = 0; i < 256; ++i)
        state.objects.push_back({std::string(120, 'p') + std::to_string(i), false, false});
    const auto text = hook_json("attention", state, "a", 0);
    CHECK(text.size() < 48UL * 1024);
    CHECK_FALSE(nlohmann::json::parse(text).at("printer").contains("objects"));
}
