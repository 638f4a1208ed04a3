// The host's own waits for heat, heaters that do not get warm, and what a pause does to a hotend.
#include "host_bench.hpp"

#include <catch2/catch.hpp>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

std::string reason(host_bench& bench)
{
    return bench.core.state(bench.now).reason;
}

// Temperatures come each second, as with M155.
void hold(host_bench& bench, std::chrono::seconds time, double tool, double tool_target, double bed = 22,
          double bed_target = 0)
{
    for (auto left = time; left.count() > 0; --left) {
        bench.heat(tool, tool_target, bed, bed_target);
        bench.pass(1s);
    }
}

host_bench& hot_print(host_bench& bench, std::vector<std::string> file)
{
    bench.connect();
    REQUIRE(bench.done(bench.start(file)));
    return bench;
}

} // namespace

TEST_CASE("a cancel in a wait for heat is done at once, whatever firmware is at the other end")
{
    for (const auto* line : {"M109 S200", "M190 S60", "M116"}) {
        INFO(line);
        host_bench bench;
        bench.connect({}); // no emergency parser, no way past a blocking command
        bench.start({"M140 S60", line, "G28"});
        hold(bench, 20s, 40, 200, 30, 60);
        REQUIRE(bench.where_now() == phase::printing);
        CHECK_THAT(reason(bench), Contains("waiting for the"));
        CHECK(bench.done(bench.ask(cancel_job{})));
        CHECK(bench.where_now() == phase::cancelled);
        CHECK(bench.was_sent("M104 S0"));
        CHECK(bench.was_sent("M140 S0"));
        CHECK_FALSE(bench.was_sent("G28"));
        CHECK(bench.urgent.empty());
        CHECK_FALSE(bench.was_sent(line));
    }
}

TEST_CASE("M116 waits for every heater that the file has set")
{
    host_bench bench;
    bench.connect();
    bench.start({"M104 S200", "M140 S60", "M116", "G28"});
    hold(bench, 10s, 200, 200, 40, 60);
    CHECK_FALSE(bench.was_sent("G28"));
    CHECK_THAT(reason(bench), Contains("waiting for the bed to reach 60 C"));
    hold(bench, 10s, 150, 200, 60, 60);
    CHECK_FALSE(bench.was_sent("G28"));
    CHECK_THAT(reason(bench), Contains("waiting for the tool0 to reach 200 C"));
    hold(bench, 10s, 200, 200, 60, 60);
    CHECK(bench.was_sent("G28"));
    CHECK_THAT(reason(bench), !Contains("waiting"));
}

TEST_CASE("a heater that the printer has not got is not waited for, and that is logged")
{
    host_bench bench;
    bench.connect();
    bench.start({"M191 S40", "M190 S60", "G28"});
    hold(bench, 10s, 22, 0, 60, 60);
    CHECK(bench.was_sent("G28"));
    CHECK(std::any_of(bench.logs.begin(), bench.logs.end(),
                      [](const std::string& text) { return text.find("no chamber") != std::string::npos; }));
}

TEST_CASE("a hotend that does not get warmer for a minute fails the job in cold, a bed after five")
{
    for (const bool tool : {true, false}) {
        host_bench bench;
        hot_print(bench, {tool ? "M109 S200" : "M190 S60", "G28"});
        const auto told = [&](std::chrono::seconds time) {
            tool ? hold(bench, time, 30, 200) : hold(bench, time, 22, 0, 30, 60);
        };
        told(tool ? 58s : 298s);
        CHECK(bench.where_now() == phase::printing);
        told(4s);
        CHECK(bench.where_now() == phase::error);
        CHECK_THAT(reason(bench), Contains("does not get warmer"));
        CHECK(bench.was_sent("M104 S0"));
        CHECK(bench.was_sent("M140 S0"));
        REQUIRE(bench.core.state(bench.now).wants);
        CHECK(bench.core.state(bench.now).wants->kind == "notice");
        CHECK_FALSE(bench.was_sent("G28"));
    }
}

TEST_CASE("a heater that gets warmer slowly, or was let cool before, is left alone")
{
    host_bench bench;
    hot_print(bench, {"M190 S100", "G28"});
    for (int minute = 0; minute < 30; ++minute) // a degree a minute
        hold(bench, 60s, 22, 0, 30 + minute, 100);
    CHECK(bench.where_now() == phase::printing);

    host_bench cooled;
    hot_print(cooled, {"M109 S200", "G28"});
    for (int second = 0; second < 50; second += 10) // falls first
        hold(cooled, 10s, 100 - second, 200);
    for (int second = 0; second < 140; second += 10)
        hold(cooled, 10s, 50 + second, 200);
    CHECK(cooled.where_now() == phase::printing);
}

TEST_CASE("a sensor that is stuck while somebody heats by hand switches the heaters off")
{
    host_bench bench;
    bench.connect();
    bench.ask(set_temperature{"tool0", 200});
    hold(bench, 62s, 30, 200);
    CHECK(bench.was_sent("M104 S0"));
    CHECK(bench.where_now() == phase::idle);
    CHECK(bench.core.state(bench.now).wants->kind == "notice");
}

TEST_CASE("a paused hotend is let down after its time, which was said before, and is hot again on resume")
{
    host_settings settings;
    settings.standby_after = 20min;
    host_bench bench({}, settings);
    bench.connect();
    bench.start({"M104 S210", "M140 S60", "M109 S210", "G28", "G1 Z1 F600", "M0", "G1 X5"});
    hold(bench, 5s, 210, 210, 60, 60);
    REQUIRE(bench.where_now() == phase::paused);
    CHECK_THAT(reason(bench), Contains("goes down to 150 C after 20 minutes"));
    hold(bench, 14min, 210, 210, 60, 60);
    CHECK_THAT(reason(bench), !Contains("waits at"));
    hold(bench, 2min, 210, 210, 60, 60);
    CHECK(std::any_of(bench.logs.begin(), bench.logs.end(), [](const std::string& text) {
        return text.find("goes down to 150 C in 5 minutes") != std::string::npos;
    }));
    CHECK_FALSE(bench.was_sent("M104 T0 S150"));
    // The file's own question is not covered by it.
    CHECK(bench.core.state(bench.now).wants->kind == "user_wait");
    hold(bench, 5min, 210, 210, 60, 60);
    CHECK(bench.was_sent("M104 T0 S150"));
    CHECK_FALSE(bench.was_sent("M140 S0"));
    CHECK_THAT(reason(bench), Contains("waits at 150 C"));
    bench.sent.clear();
    CHECK(bench.done(bench.ask(resume_job{})));
    CHECK(bench.sent.front() == "M140 S60");
    CHECK(bench.sent.at(1) == "M104 T0 S210");
    CHECK_FALSE(bench.was_sent("G1 X5"));
    hold(bench, 10s, 210, 210, 60, 60);
    CHECK(bench.was_sent("G1 X5"));
    CHECK(bench.where_now() == phase::finished);
}

TEST_CASE("a pause without a question of its own tells of the standby as a notice")
{
    host_bench bench;
    bench.connect();
    bench.most_sent = 12;
    std::vector<std::string> file{"M109 S210", "G28", "G1 Z1 F600"};
    for (int i = 0; i < 100; ++i)
        file.push_back("G1 X" + std::to_string(i));
    bench.start(file);
    hold(bench, 4s, 210, 210);
    REQUIRE(bench.where_now() == phase::printing);
    bench.most_sent = 1000;
    bench.ask(pause_job{});
    REQUIRE(bench.where_now() == phase::paused);
    hold(bench, 26min, 210, 210);
    REQUIRE(bench.core.state(bench.now).wants);
    CHECK_THAT(bench.core.state(bench.now).wants->text, Contains("in 5 minutes"));
    hold(bench, 5min, 210, 210);
    CHECK_THAT(bench.core.state(bench.now).wants->text, Contains("waits at 150 C"));
    CHECK(bench.refusal(bench.ask(answer_prompt{0})) == printer_errc::wrong_state); // nothing to answer
    bench.ask(resume_job{});
    CHECK_FALSE(bench.core.state(bench.now).wants);
}
