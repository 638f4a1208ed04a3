// Surprises of real firmware that have cost other hosts prints: each as a conversation, word for word.
#include "machine_bench.hpp"
#include "printer/serial/reply_parser.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace layerline::tests;
using namespace layerline::printer::serial;

namespace {

std::uint64_t number_of(const std::string& frame)
{
    REQUIRE(frame.starts_with('N'));
    return std::stoull(frame.substr(1));
}

} // namespace

TEST_CASE("an error that no resend follows costs a question, and no line")
{
    for (const auto* complaint : {"Error:No Line Number with checksum, Last Line: 3\n",
                                  "Error:missing linenumber\n", "Error:format error\n"}) {
        INFO(complaint);
        transcript with;
        with.connect();
        with.machine.send("G1 X1", 1, with.now);
        const auto lost = number_of(with.written());
        with.says(complaint);
        CHECK(with.tags().empty());
        with.wait(500ms);
        const auto question = with.written();
        CHECK(question.find("M105") != std::string::npos);
        with.says("Error:Line Number is not Last Line Number+1, Last Line: " + std::to_string(lost - 1) +
                  "\nResend: " + std::to_string(lost) + "\nok\n");
        with.wait(300ms); // the question behind it may cause a request of its own
        CHECK(with.written().find("G1 X1") != std::string::npos);
        with.says("ok\n");
        CHECK(with.tags() == std::vector<std::uint64_t>{1});
    }
}

TEST_CASE("reports of temperatures are no heat-up that would excuse a missing ok")
{
    transcript with;
    with.connect();
    with.machine.send("G1 X1", 1, with.now);
    with.written();
    std::string asked;
    for (int i = 0; i < 20 && asked.empty(); ++i) {
        with.says(" T:20.0 /0.0 B:20.0 /0.0 @:0 B@:0\n");
        with.wait(100ms);
        asked = with.written();
    }
    CHECK(asked.find("M105") != std::string::npos);
}

TEST_CASE("a request after a request for the same line sends it once each, and goes on behind it")
{
    transcript with;
    with.connect();
    with.machine.send("G1 X1", 1, with.now);
    const auto line = number_of(with.written());
    for (int again = 0; again < 3; ++again) {
        with.says("Error:checksum mismatch, Last Line: " + std::to_string(line - 1) +
                  "\nResend: " + std::to_string(line) + "\nok\n");
        const auto sent = with.written();
        CHECK(number_of(sent) == line);
        CHECK(sent.find('\n') == sent.size() - 1); // that line alone
    }
    with.says("ok\n");
    CHECK(with.tags() == std::vector<std::uint64_t>{1});
    with.machine.send("G1 X2", 2, with.now);
    CHECK(number_of(with.written()) == line + 1);
}

TEST_CASE("a list of a card's files is no acknowledgement, however its names look")
{
    transcript with;
    with.connect();
    with.machine.send("M20", 1, with.now);
    with.written();
    with.says(
        "Begin file list\nOKAY.GCO 5\nOK~1.GCO 7 ok then.gcode\nRESEND.GCO 3\nT0.GCO 9\nEnd file list\n");
    CHECK(with.tags().empty());
    CHECK(with.told<resend_asked>().empty());
    with.says("ok\n");
    CHECK(with.tags() == std::vector<std::uint64_t>{1});
}

TEST_CASE("garbage between words neither acknowledges nor ends anything")
{
    transcript with;
    with.connect();
    with.machine.send("G1 X1", 1, with.now);
    with.written();
    with.says("\xfe\xff\x01\x80ko\nT:\x80\x81\n\xff\n//acti\xfeon:cancel\n");
    CHECK(with.tags().empty());
    CHECK(with.told<host_action>().empty());
    CHECK(with.told<temperatures>().empty());
    with.says("\xff\xfe ok\n"); // noise before the first letter is skipped
    CHECK(with.tags() == std::vector<std::uint64_t>{1});
}

TEST_CASE("an ok that was split, or glued to the line before it, is one")
{
    transcript with;
    with.connect();
    with.machine.send("G1 X1", 1, with.now);
    with.written();
    with.says("o");
    with.wait(50ms);
    with.says("k");
    CHECK(with.tags().empty());
    with.says("\r\n");
    CHECK(with.tags() == std::vector<std::uint64_t>{1});
    with.machine.send("M30 /A.GCO", 2, with.now);
    with.written();
    with.says("File deleted:/A.GCOok\n");
    CHECK(with.tags() == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("a request whose number is damaged is followed as the complaint before it says")
{
    transcript with;
    with.connect();
    for (std::uint64_t tag = 1; tag <= 30; ++tag) {
        with.machine.send("G1 X" + std::to_string(tag), tag, with.now);
        const auto line = number_of(with.written());
        if (tag < 30) {
            with.says("ok\n");
            continue;
        }
        with.says("Error:checksum mismatch, Last Line: " + std::to_string(line - 1) +
                  "\nResend: " + std::to_string(line - 20) + "\nok\n");
        CHECK(number_of(with.written()) == line);
    }
}

TEST_CASE("a damaged request that led back too far is left again when the next one says so")
{
    transcript with;
    with.connect();
    std::uint64_t line = 0;
    for (std::uint64_t tag = 1; tag <= 30; ++tag) {
        with.machine.send("G1 X" + std::to_string(tag), tag, with.now);
        line = number_of(with.written());
        if (tag < 30) with.says("ok\n");
    }
    with.says("Resend: " + std::to_string(line - 20) + "\nok\n");
    with.wait(200ms); // the line that was under way may cause a request of its own
    CHECK(number_of(with.written()) == line - 20);
    with.says("Error:Line Number is not Last Line Number+1, Last Line: " + std::to_string(line - 1) +
              "\nResend: " + std::to_string(line) + "\nok\n");
    with.wait(200ms);
    CHECK(number_of(with.written()) == line);
    with.says("ok\n");
    CHECK(with.tags().size() == 30);
    CHECK(with.tags().back() == 30);
}

TEST_CASE("an ok with words of its own that lost the newline before it is one")
{
    transcript with;
    with.connect("Cap:AUTOREPORT_TEMP:1\n", true);
    for (const auto* before :
         {" T:20.0 /0.0 B:20.0 /0.0 @:0 B@:0", "echo:busy: processing", "ok N1 P15 B3"}) {
        with.machine.send("G1 X1", 7, with.now);
        const auto line = number_of(with.written());
        with.says(std::string(before) + "ok N" + std::to_string(line) + " P15 B3\n");
        CHECK(with.tags().size() == 1);
        with.events.clear();
    }
}

TEST_CASE("words that only look like a glued ok are none")
{
    for (const auto* line : {"ok N12 P15 B3", "ok T:20.1 /0.0 ok", "tok:3 block ok", "echo:busy: processing",
                             " T:20.0 /0.0 B:20.0 /0.0 @:0 B@:0ok", "okok", "BOOK~1.GCO 12 ok then", ""})
        CHECK(reply::glued_ok(line) == 0);
    CHECK(reply::glued_ok(" T:20.0 /0.0ok N5 P1 B2") == 12);
    CHECK(reply::glued_ok("ok N4 P15 B3ok T:20.0") == 12);
}

TEST_CASE("bytes without sense and then nothing end a connection as soon as silence does")
{
    transcript with;
    with.connect();
    with.machine.send("G1 X1", 1, with.now);
    with.written();
    with.wait(100ms);
    with.says("\xf7\x81\xff\xfe\x03\n\x80\x80\x80");
    std::size_t asked = 0;
    for (int tenths = 0; tenths < 310; ++tenths) {
        with.wait(100ms);
        asked += with.written().find("M105") != std::string::npos ? 1 : 0;
    }
    CHECK(asked >= 2); // it was asked, more and more seldom
    CHECK(asked <= 8);
    REQUIRE(with.told<gone_silent>().size() == 1);
    CHECK(with.tags().empty());
}

TEST_CASE("the burst of acknowledgements that ends a wait for a person gives no credit")
{
    transcript with;
    with.connect();
    with.machine.send("M600", 1, with.now);
    with.written();
    for (int seconds = 0; seconds < 60; ++seconds) {
        with.says("echo:busy: paused for user\n");
        with.wait(1000ms);
    }
    with.written();
    std::string burst;
    for (int i = 0; i < 9; ++i)
        burst += "ok\n";
    with.says(burst);
    CHECK(with.tags() == std::vector<std::uint64_t>{1});
    with.machine.send("G1 X1", 2, with.now);
    CHECK_FALSE(with.machine.can_send()); // one line at a time, as before
    const auto sent = with.written();
    CHECK(sent.find("G1 X1") != std::string::npos);
    CHECK(with.tags() == std::vector<std::uint64_t>{1});
    with.says("ok\n");
    CHECK(with.tags() == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("a port that takes a byte at a time, and often none, gets each line whole and once")
{
    transcript with;
    with.connect();
    std::string arrived, expected;
    for (std::uint64_t tag = 1; tag <= 20; ++tag) {
        with.machine.send("G1 X" + std::to_string(tag), tag, with.now);
        for (int turn = 0; !with.machine.output().empty(); ++turn) {
            if (turn % 3 == 0) { // EAGAIN: nothing is consumed, and nothing is put in its place
                const std::string waits(with.machine.output());
                with.wait(3ms);
                CHECK(with.machine.output() == waits);
                continue;
            }
            arrived += with.machine.output().front();
            with.machine.consumed(1, with.now);
        }
        CHECK(arrived.back() == '\n');
        CHECK(arrived.find("G1 X" + std::to_string(tag) + "*") != std::string::npos);
        with.says("ok\n");
    }
    CHECK(std::count(arrived.begin(), arrived.end(), '\n') == 20);
    CHECK(with.tags().size() == 20);
    CHECK(with.machine.probes() == 0);
}

TEST_CASE("a tool change that takes two minutes without a word is waited for")
{
    transcript with;
    with.connect("Cap:AUTOREPORT_TEMP:0\n");
    with.machine.send("T1", 1, with.now);
    with.written();
    for (int seconds = 0; seconds < 120; ++seconds) {
        with.wait(1000ms);
        with.written();
    }
    CHECK(with.told<gone_silent>().empty());
    with.says("ok\n");
    CHECK(with.tags() == std::vector<std::uint64_t>{1});
}

TEST_CASE("names in a card's list answer nothing, whatever they look like")
{
    transcript with;
    with.connect();
    with.machine.listen(true);
    with.machine.send("M20 L", 1, with.now);
    with.written();
    with.says("Begin file list\nok.g 62\nstart.gco 5 start\nresend.5 1 Resend: 1\nB.GCO 7 Error:Printer "
              "halted.g\n");
    CHECK(with.tags().empty());
    CHECK(with.told<was_reset>().empty());
    CHECK(with.told<killed>().empty());
    CHECK(with.told<resend_asked>().empty());
    const auto said_so_far = with.told<said>();
    REQUIRE(said_so_far.size() == 5); // with the list's first line
    CHECK(said_so_far[1].text == "ok.g 62");
    with.says("End file list\nok\n");
    CHECK(with.tags() == std::vector<std::uint64_t>{1});
    // Behind the list an ok is an ok, and outside of one these words mean what they say.
    with.machine.send("G1 X1", 2, with.now);
    with.written();
    with.says("ok\n");
    CHECK(with.tags() == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("noise is told from a firmware that is understood")
{
    protocol_machine machine({});
    const time_point now{1000s};
    machine.opened(now);
    machine.receive("\xff\x81\x93\xa0\xfe\n", now);
    CHECK(machine.heard_noise());
    CHECK_FALSE(machine.makes_sense());
    machine.receive("echo:busy: processing\n", now);
    CHECK(machine.makes_sense());
}
