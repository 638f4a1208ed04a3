// Line numbers, checksums and odd lines, answered as real firmware answers them.
#include "tests/printer/virtual_board.hpp"

using namespace layerline::printer::virtual_printer;
using namespace layerline::printer::virtual_printer::test;

namespace {

// A board that has taken lines up to `last`.
std::unique_ptr<board> after(long last)
{
    auto made = std::make_unique<board>(plain());
    made->exchange(numbered(last, "M110 N" + std::to_string(last)));
    return made;
}

} // namespace

TEST_CASE("a wrong checksum asks for the line again and acknowledges the resend")
{
    auto b = after(2);
    CHECK(b->exchange("N3 M105*99\n") == strings{"Error:checksum mismatch, Last Line: 2", "Resend: 3", "ok"});
    CHECK(b->exchange(numbered(3, "M105")).at(0).rfind("ok T:", 0) == 0);
}

TEST_CASE("a skipped line number asks for the missing line")
{
    auto b = after(3);
    CHECK(b->exchange("N5 M105*34\n") ==
          strings{"Error:Line Number is not Last Line Number+1, Last Line: 3", "Resend: 4", "ok"});
}

TEST_CASE("repeats of the last two lines are dropped without a word")
{
    auto b = after(3);
    CHECK(b->exchange("N4 M105*35\n").size() == 1);
    CHECK(b->exchange("N4 M105*35\n").empty());
    CHECK(b->exchange(numbered(3, "M105")).empty());
    CHECK(b->status().repeats_dropped == 2);
    CHECK(b->exchange(numbered(2, "M105")).at(1) == "Resend: 5");
}

TEST_CASE("a number without a checksum is refused, a checksum without a number taken")
{
    auto b = after(4);
    CHECK(b->exchange("N5 M105\n") ==
          strings{"Error:No Checksum with line number, Last Line: 4", "Resend: 5", "ok"});
    CHECK(b->exchange("M105*36\n").at(0).rfind("ok T:", 0) == 0);
}

TEST_CASE("what came in behind a damaged line is thrown away: one error, one resend, one ok")
{
    auto b = after(4);
    CHECK(b->exchange("N5 M10X*12\nN6 M105*33\nN7 M105*32\n") ==
          strings{"Error:checksum mismatch, Last Line: 4", "Resend: 5", "ok"});
    CHECK(b->exchange("N5 M105*34\n").size() == 1);
}

TEST_CASE("empty lines and comments get no answer")
{
    auto b = after(0);
    CHECK(b->exchange("\n\r\n; a comment\n").empty());
    CHECK(b->exchange("M105\r\n").size() == 1);
}

TEST_CASE("a damaged N loses the line with an ok, and the next line tells")
{
    auto b = after(6);
    CHECK(b->exchange("J7 G1 X7 F6000*12\n") == strings{"echo:Unknown command: \"J7 G1 X7 F6000\"", "ok"});
    CHECK(b->exchange(numbered(8, "M105")).at(1) == "Resend: 7");
    CHECK(b->executed.empty());
    CHECK(b->status().unknown_commands == 1);
}

TEST_CASE("lower case is unknown, missing spaces are not")
{
    auto b = after(0);
    CHECK(b->exchange("m105\n") == strings{"echo:Unknown command: \"m105\"", "ok"});
    CHECK(b->exchange("M9999\n") == strings{"echo:Unknown command: \"M9999\"", "ok"});
    CHECK(b->exchange("G1X5F3000\n") == strings{"ok"});
    CHECK(b->executed == strings{"G1X5F3000"});
}

TEST_CASE("a long unnumbered line is cut and acknowledged, a long numbered line loses its checksum")
{
    auto b = after(0);
    CHECK(b->exchange("M117 " + std::string(120, 'x') + "\n") == strings{"ok"});
    CHECK(b->executed.back().size() == 95);
    CHECK(b->exchange(numbered(1, "M117 " + std::string(120, 'x'))).at(0) ==
          "Error:No Checksum with line number, Last Line: 0");
}

TEST_CASE("M110 sets the line number in each of its forms")
{
    auto settings = plain();
    settings.m110_reports = true;
    board b(settings);
    b.exchange(numbered(100, "M110"));
    CHECK(b.exchange("M110\n") == strings{"Line: 100", "ok"});
    b.exchange("M110 N7\n");
    CHECK(b.exchange("M110\n") == strings{"Line: 7", "ok"});
    b.exchange(numbered(0, "M110 N0"));
    CHECK(b.exchange("M110\n") == strings{"Line: 0", "ok"});
    auto plain_board = after(5);
    CHECK(plain_board->exchange("M110\n") == strings{"ok"});
}

TEST_CASE("an advanced ok names the line and the room, the acknowledged command still in its slot")
{
    auto settings = plain();
    settings.advanced_ok = true;
    board b(settings);
    CHECK(b.exchange(numbered(1, "G90")) == strings{"ok N1 P15 B3"});
    CHECK(b.exchange(numbered(2, "G1 X1 F60")) == strings{"ok N2 P14 B3"});
    CHECK(b.exchange("G91\n") == strings{"ok P14 B3"});
}

TEST_CASE("the number and the checksum are taken off what was executed, and nothing else")
{
    board b(plain());
    b.exchange(numbered(1, "M117 50*2; N4"), 1s);
    b.exchange(numbered(1, "M117 50*2 N4"), 1s);
    CHECK(b.executed == strings{"M117 50*2 N4"});
    CHECK(b.executed_numbers.back() == 1);
}

TEST_CASE("a half line of a dead host spoils the next line and is asked for again")
{
    auto b = after(0);
    b->exchange("N1 G1 X");
    CHECK(b->exchange(numbered(1, "M105")).at(1) == "Resend: 1");
    CHECK(b->exchange(numbered(1, "M105")).size() == 1);
}
