// Whole prints against the firmware model: every line exactly once and in order, whatever the wire does.
#include "machine_bench.hpp"

using namespace layerline::tests;
using namespace layerline::printer::serial;

namespace {

std::vector<std::string> moves(int count)
{
    std::vector<std::string> lines;
    for (int at = 0; at < count; ++at)
        lines.push_back("G1 X" + std::to_string(at % 200) + "." + std::to_string(at % 1000) + " Y" +
                        std::to_string(at % 180) + " E" + std::to_string(at));
    lines.push_back("M400");
    return lines;
}

// Prints and checks the outcome; returns virtual milliseconds.
std::int64_t print_and_check(model_settings model, int count, std::int64_t limit,
                             machine_settings settings = {})
{
    print_run run(model, settings);
    REQUIRE(run.connect());
    const auto lines = moves(count);
    const auto took = run.print(lines, limit);
    CAPTURE(model.seed, took, run.machine.resends(), run.machine.probes(), run.printer.faults(),
            run.printer.oks_dropped());
    CHECK_FALSE(run.gone);
    CHECK(took < limit);
    REQUIRE(run.printer.executed().size() == lines.size() - 1);
    for (std::size_t at = 0; at + 1 < lines.size(); ++at)
        REQUIRE(run.printer.executed()[at] == lines[at]);
    REQUIRE(run.acknowledged.size() == lines.size());
    for (std::size_t at = 0; at < lines.size(); ++at)
        REQUIRE(run.acknowledged[at] == at);
    CHECK(run.printer.overflows() == 0);
    return took;
}

} // namespace

TEST_CASE("a print without faults sends each line once and suspects nothing")
{
    for (const bool advanced : {false, true}) {
        model_settings model;
        model.advanced_ok = advanced;
        print_run run(model);
        REQUIRE(run.connect());
        const auto lines = moves(2000);
        CHECK(run.print(lines, 60000) < 15000);
        CHECK(run.printer.executed().size() == 2000);
        CHECK(run.machine.resends() == 0);
        CHECK(run.machine.probes() == 0);
    }
}

TEST_CASE("one ok in a hundred lost costs a third of a second each and no line")
{
    for (const bool advanced : {false, true}) {
        model_settings model;
        model.drop_ok = 0.01;
        for (model.seed = 1; model.seed <= 5; ++model.seed) {
            model.advanced_ok = advanced;
            // 10 s of motion, 20 or so acknowledgements lost
            CHECK(print_and_check(model, 2000, 60000) < 10000 + 40 * 300);
        }
    }
}

TEST_CASE("whichever ok is lost, it costs at most two seconds where the firmware says busy or ADVANCED_OK")
{
    // Homing, moves that find room, a dwell, moves that wait for a full planner, and the wait for their end.
    std::vector<std::string> lines{"G28"};
    for (int at = 0; at < 12; ++at)
        lines.push_back("G1 X" + std::to_string(at));
    lines.insert(lines.end(), {"G4 S3", "G1 Y1", "G1 Y2", "M400"});
    for (const bool advanced : {false, true}) {
        model_settings model;
        model.advanced_ok = advanced;
        model.busy = true;
        model.move_ms = 700;
        model.planner = 8;
        print_run calm(model);
        REQUIRE(calm.connect());
        const auto said_hello = calm.printer.oks();
        const auto without = calm.print(lines, 60000);
        const auto oks = calm.printer.oks();
        REQUIRE(oks >= said_hello + lines.size());
        for (model.lose_ok = said_hello + 1; model.lose_ok <= oks; ++model.lose_ok) {
            print_run run(model);
            REQUIRE(run.connect());
            const auto took = run.print(lines, 60000);
            CAPTURE(advanced, model.lose_ok - said_hello, took, without);
            CHECK(run.printer.oks_dropped() == 1);
            CHECK(took <= without + 2000);
            CHECK(run.printer.executed() == calm.printer.executed());
        }
    }
}

TEST_CASE("several lines under way are faster over a slow wire, and lost acknowledgements still lose no line")
{
    machine_settings several;
    several.window_lines = 4;
    model_settings model;
    model.advanced_ok = true;
    model.move_ms = 1;
    model.bytes_per_ms = 5;
    CHECK(print_and_check(model, 2000, 60000, several) < print_and_check(model, 2000, 60000));
    model.drop_ok = 0.02;
    for (model.seed = 1; model.seed <= 5; ++model.seed)
        CHECK(print_and_check(model, 2000, 60000, several) < 15000);
}

TEST_CASE("one line in a hundred corrupted loses and doubles none")
{
    for (const bool advanced : {false, true}) {
        model_settings model;
        model.corrupt = 0.01;
        for (model.seed = 1; model.seed <= 5; ++model.seed) {
            model.advanced_ok = advanced;
            CHECK(print_and_check(model, 2000, 60000) < 20000);
        }
    }
}

TEST_CASE("resend requests without an ok are followed after a short quiet time")
{
    for (const bool advanced : {false, true}) {
        model_settings model;
        model.corrupt = 0.01;
        model.silent_resend = 1;
        for (model.seed = 1; model.seed <= 5; ++model.seed) {
            model.advanced_ok = advanced;
            CHECK(print_and_check(model, 2000, 60000) < 30000);
        }
    }
}

TEST_CASE("lost lines, lost and doubled acknowledgements and damage together are survived")
{
    for (const bool advanced : {false, true}) {
        model_settings model;
        model.corrupt = model.drop_ok = model.lose_line = model.double_ok = 0.01;
        model.silent_resend = 0.3;
        model.advanced_ok = advanced;
        for (model.seed = 1; model.seed <= 10; ++model.seed)
            print_and_check(model, 1000, 120000);
    }
}

TEST_CASE("a very bad cable is slow but loses nothing")
{
    model_settings model;
    model.corrupt = 0.06;
    model.drop_ok = 0.05;
    for (model.seed = 1; model.seed <= 5; ++model.seed)
        print_and_check(model, 500, 120000);
}

TEST_CASE("firmware without busy lines and autoreports prints as well")
{
    model_settings model;
    model.busy = model.autoreport = model.emergency_parser = false;
    model.drop_ok = model.corrupt = 0.01;
    for (model.seed = 1; model.seed <= 5; ++model.seed)
        print_and_check(model, 1000, 60000);
}

TEST_CASE("slow moves with a full planner are not flooded with questions")
{
    model_settings model;
    model.move_ms = 900;
    print_run run(model);
    REQUIRE(run.connect());
    CHECK(run.print(moves(200), 400000) < 200000);
    CHECK(run.printer.executed().size() == 200);
    CHECK(run.machine.resends() == 0);
    CHECK(run.machine.probes() < 40);
}

TEST_CASE("homing for seven seconds raises no suspicion, and a lost ok after it is noticed soon")
{
    model_settings model;
    print_run run(model);
    REQUIRE(run.connect());
    CHECK(run.print({"G28", "G1 X1", "G4 S3", "G1 X2", "M400"}, 60000) < 11000);
    CHECK(run.machine.probes() <= 1);
    CHECK(run.printer.executed() == std::vector<std::string>{"G28", "G1 X1", "G4 S3", "G1 X2"});
}

TEST_CASE("M108 ends a heat-up and its own ok is not taken for another line's")
{
    print_run run({});
    REQUIRE(run.connect());
    run.machine.send("M109 S200", 1, run.now);
    for (int ms = 0; ms < 3500; ++ms)
        run.step();
    CHECK(run.acknowledged.empty());
    REQUIRE(run.machine.send_urgent("M108", run.now));
    for (int ms = 0; ms < 200; ++ms)
        run.step();
    CHECK(run.acknowledged == std::vector<std::uint64_t>{1});
    CHECK(run.print({"G1 X1", "G1 X2", "M400"}, 5000) < 1000);
    CHECK(run.machine.resends() == 0);
}

TEST_CASE("a reset in the middle of a print is told once and a new hello follows")
{
    for (const bool start_seen : {true, false}) {
        CAPTURE(start_seen);
        print_run run({});
        REQUIRE(run.connect());
        run.events.clear();
        const auto lines = moves(400);
        run.print(lines, 500);
        const auto before = run.printer.executed().size();
        CHECK(before > 0);
        run.printer.reset(start_seen);
        // The host stops sending when it learns of the reset; here nothing more is given to the machine.
        for (int ms = 0; ms < 8000; ++ms)
            run.step();
        std::size_t resets = 0, connects = 0;
        for (const auto& one : run.events) {
            resets += std::holds_alternative<was_reset>(one) ? 1 : 0;
            connects += std::holds_alternative<connected>(one) ? 1 : 0;
        }
        CHECK(resets == 1);
        CHECK(connects == 1);
        CHECK(run.machine.is_connected());
        CHECK(run.printer.executed().size() == before);
    }
}

TEST_CASE("M112 halts the printer and nothing but what the owner urges is sent afterwards")
{
    print_run run({});
    REQUIRE(run.connect());
    run.print(moves(200), 300);
    REQUIRE(run.machine.send_urgent("M112", run.now));
    for (int ms = 0; ms < 100; ++ms)
        run.step();
    bool halted = false;
    for (const auto& one : run.events)
        if (const auto* stop = std::get_if<killed>(&one)) {
            halted = true;
            CHECK(stop->text.find("kill() called") != std::string::npos);
        }
    CHECK(halted);
    CHECK_FALSE(run.machine.can_send());
    CHECK_FALSE(run.machine.is_connected());
    CHECK(run.machine.output().empty());
    run.printer.reset();
    for (int ms = 0; ms < 5000 && !run.machine.can_send(); ++ms)
        run.step();
    CHECK(run.machine.can_send());
}
