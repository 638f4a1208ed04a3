// Surprises of real firmware that have cost other hosts prints: each as a conversation, word for word.
#include "machine_bench.hpp"

#include <catch2/catch.hpp>

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
