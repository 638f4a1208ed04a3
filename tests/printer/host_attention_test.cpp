// What needs a person: told once, answered at the right moment, by those who may, and never by the firmware.
#include "host_bench.hpp"

#include <catch2/catch.hpp>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;

namespace {

// A bench in the middle of a print, with lines owed.
struct printing_bench : host_bench {
    explicit printing_bench(std::vector<std::string> capabilities = {"EMERGENCY_PARSER"})
    {
        connect(std::move(capabilities));
        most_sent = 12;
        std::vector<std::string> lines{"G28", "G1 Z1 F600"};
        for (int i = 0; i < 200; ++i)
            lines.push_back("G1 X" + std::to_string(i) + " F1800");
        REQUIRE(done(start(lines)));
        acknowledges = false;
        window = 4;
        most_sent = 1'000'000;
        run();
        REQUIRE(where_now() == phase::printing);
        REQUIRE_FALSE(owed.empty());
    }
    void act(const std::vector<std::string>& texts)
    {
        for (const auto& text : texts)
            hear(host_action{text});
    }
    // The firmware took one more line.
    void accept_one()
    {
        const auto tag = owed.front();
        owed.pop_front();
        hear(acknowledged{tag});
    }
    std::optional<attention> wants() { return core.state(now).wants; }
    std::string why(std::uint64_t ticket) { return std::get<printer_failure>(answers.at(ticket)).detail; }
};

} // namespace

TEST_CASE("a firmware that says no more than paused for user shows as paused, and goes on by M108")
{
    printing_bench bench;
    bench.hear(busy{false});
    CHECK(bench.where_now() == phase::printing);
    bench.hear(busy{true});
    CHECK(bench.where_now() == phase::paused);
    REQUIRE(bench.wants());
    CHECK(*bench.wants() == attention{"user_wait", "the printer waits for a person", {"Continue"}});
    const auto before = bench.sent.size();
    for (int i = 0; i < 300; ++i) {
        bench.pass(2s);
        bench.hear(busy{true});
    }
    CHECK(bench.sent.size() == before);
    CHECK(bench.where_now() == phase::paused);
    CHECK(bench.done(bench.ask(answer_prompt{0})));
    CHECK(bench.urgent == std::vector<std::string>{"M108"});
    bench.hear(busy{false});
    bench.accept_one();
    CHECK(bench.where_now() == phase::printing);
    CHECK_FALSE(bench.wants());
    CHECK(bench.sent.size() == before + 1);
}

TEST_CASE("whoever goes on at the printer itself has nothing left to answer elsewhere")
{
    printing_bench bench;
    bench.hear(busy{true});
    bench.accept_one();
    CHECK(bench.where_now() == phase::printing);
    CHECK_FALSE(bench.wants());
    CHECK(bench.urgent.empty());
}

TEST_CASE("a pause that the firmware told of ends when it says so, whatever lines it takes meanwhile")
{
    printing_bench bench;
    bench.act({"paused"});
    bench.accept_one();
    CHECK(bench.where_now() == phase::paused);
    bench.act({"resumed"});
    CHECK(bench.where_now() == phase::printing);
}

TEST_CASE("an answer is given only to a question that is shown: sooner the firmware would lose it")
{
    printing_bench bench;
    bench.act({"paused", "prompt_end", "prompt_begin Nozzle Parked", "prompt_button Continue"});
    CHECK(bench.refusal(bench.ask(answer_prompt{0})) == printer_errc::wrong_state);
    const auto early = bench.ask(resume_job{});
    CHECK(bench.refusal(early) == printer_errc::wrong_state);
    CHECK(bench.why(early).find("it will ask") != std::string::npos);
    CHECK(bench.urgent.empty());
    bench.act({"prompt_show"});
    CHECK(bench.done(bench.ask(answer_prompt{0})));
    CHECK(bench.urgent == std::vector<std::string>{"M876 S0"});
    // It moves filament now, and asks its next question later.
    bench.hear(busy{false});
    CHECK(bench.refusal(bench.ask(answer_prompt{0})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(resume_job{})) == printer_errc::wrong_state);
    bench.act({"prompt_begin Paused", "prompt_button PurgeMore", "prompt_button Continue", "prompt_show"});
    CHECK(bench.done(bench.ask(resume_job{})));
    CHECK(bench.urgent.back() == "M876 S1");
    bench.act({"resumed", "prompt_begin Resuming", "prompt_button Dismiss", "prompt_show"});
    CHECK(bench.where_now() == phase::printing);
    bench.accept_one();
    CHECK_FALSE(bench.wants()); // nobody has to press that
}

TEST_CASE("a firmware that reads nothing while it waits is not sent an answer, and that is said")
{
    printing_bench bench(std::vector<std::string>{});
    bench.act({"paused", "prompt_begin Paused", "prompt_button Continue", "prompt_show"});
    const auto ticket = bench.ask(answer_prompt{0});
    CHECK(bench.refusal(ticket) == printer_errc::unsupported);
    CHECK(bench.why(ticket).find("own panel") != std::string::npos);
    CHECK(bench.refusal(bench.ask(resume_job{})) == printer_errc::unsupported);
    CHECK(bench.urgent.empty());
    const auto cancel = bench.ask(cancel_job{});
    REQUIRE(bench.done(cancel));
    CHECK(std::get<performed>(bench.answers.at(cancel)).note.find("own panel") != std::string::npos);
}

TEST_CASE("a cancel answers every wait that the firmware still has, until it lets go")
{
    printing_bench bench;
    bench.act({"paused", "prompt_begin Nozzle Parked", "prompt_button Continue", "prompt_show"});
    CHECK(bench.done(bench.ask(cancel_job{})));
    CHECK(bench.urgent == std::vector<std::string>{"M108"});
    bench.pass(5s);
    bench.act({"prompt_begin Paused", "prompt_button PurgeMore", "prompt_button Continue", "prompt_show"});
    CHECK(bench.urgent == std::vector<std::string>{"M108", "M108"});
    bench.hear(busy{true}); // at once after it: the answer is on its way
    CHECK(bench.urgent.size() == 2);
    bench.pass(3s);
    bench.hear(busy{true});
    CHECK(bench.urgent.size() == 3);
    bench.acknowledges = true;
    bench.run();
    CHECK(bench.where_now() == phase::cancelled);
    CHECK_FALSE(bench.wants());
}

TEST_CASE("a runout pauses the print even where the firmware only reports it")
{
    printing_bench bench;
    bench.act({"out_of_filament T0"});
    REQUIRE(bench.wants());
    CHECK(bench.wants()->kind == "runout");
    bench.pass(5s);
    CHECK(bench.where_now() == phase::printing);
    bench.pass(6s);
    CHECK(bench.where_now() == phase::pausing);
    bench.acknowledges = true;
    bench.run();
    CHECK(bench.where_now() == phase::paused);
    CHECK(bench.wants()->kind == "runout");
    CHECK(bench.done(bench.ask(answer_prompt{0})));
    CHECK_FALSE(bench.wants());
}

TEST_CASE("a firmware that pauses for a runout itself is left to it, and the reason is shown")
{
    for (const auto* text : {"paused filament_runout 0", "pause filament_runout 0"}) {
        INFO(text);
        printing_bench bench;
        bench.act({text});
        CHECK(bench.where_now() == (text[5] == 'd' ? phase::paused : phase::pausing));
        CHECK(bench.core.state(bench.now).reason == "the printer ran out of filament");
        CHECK(bench.wants()->kind == "runout");
    }
}

TEST_CASE("text of the firmware cannot end a print: it pauses, and a person says it a second time")
{
    for (const int choice : {0, 1}) {
        printing_bench bench;
        bench.act({"cancel"});
        CHECK(bench.where_now() == phase::pausing);
        REQUIRE(bench.wants());
        CHECK(bench.wants()->buttons == std::vector<std::string>{"Cancel the print", "Go on with the print"});
        bench.acknowledges = true;
        bench.most_sent = bench.sent.size() + 12;
        bench.run();
        REQUIRE(bench.where_now() == phase::paused);
        bench.act({"cancel", "cancel", "resume"});
        bench.pass(1h);
        CHECK(bench.where_now() == phase::paused);
        bench.act({"cancel"});
        bench.most_sent = 1'000'000;
        CHECK(bench.done(bench.ask(answer_prompt{choice})));
        CHECK(bench.where_now() == (choice == 0 ? phase::cancelled : phase::finished));
    }
}

TEST_CASE("a pause asked for from afar is not ended by the printer, one asked for there is")
{
    printing_bench far;
    far.acknowledges = true;
    far.most_sent = far.sent.size() + 12;
    far.ask(pause_job{});
    REQUIRE(far.where_now() == phase::paused);
    far.act({"resume"});
    CHECK(far.where_now() == phase::paused);
    REQUIRE(far.wants());
    CHECK(far.wants()->buttons == std::vector<std::string>{"Go on"});

    printing_bench there;
    there.acknowledges = true;
    there.most_sent = there.sent.size() + 12;
    there.act({"pause"});
    REQUIRE(there.where_now() == phase::paused);
    there.act({"resume"});
    CHECK(there.where_now() != phase::paused);
}

TEST_CASE("what the firmware says cannot take away a question of the host's")
{
    host_bench bench;
    bench.connect();
    bench.start({"M0 Insert magnets", "G1 X5"});
    bench.hear(host_action{"prompt_end"});
    bench.hear(host_action{"notification Hello"});
    REQUIRE(bench.core.state(bench.now).wants);
    CHECK(*bench.core.state(bench.now).wants == attention{"user_wait", "Insert magnets", {"Continue"}});
    CHECK(bench.done(bench.ask(answer_prompt{0})));
    CHECK(bench.where_now() == phase::finished);
    CHECK_FALSE(bench.core.state(bench.now).wants);
}

TEST_CASE("a change of filament that the firmware does not know becomes a pause of the host's")
{
    printing_bench bench;
    bench.hear(unknown_command{"echo:Unknown command: \"M600\""});
    CHECK(bench.where_now() == phase::pausing);
    REQUIRE(bench.wants());
    CHECK(bench.wants()->kind == "user_wait");
    CHECK(bench.wants()->text.find("change it by hand") != std::string::npos);
}

TEST_CASE("what was asked for a job goes with the job")
{
    host_bench bench;
    bench.connect();
    bench.start({"M0 Insert magnets", "G1 X5"});
    REQUIRE(bench.core.state(bench.now).wants);
    bench.ask(cancel_job{});
    bench.run();
    CHECK(bench.where_now() == phase::cancelled);
    CHECK_FALSE(bench.core.state(bench.now).wants);
    CHECK(bench.refusal(bench.ask(answer_prompt{0})) == printer_errc::wrong_state);
}
