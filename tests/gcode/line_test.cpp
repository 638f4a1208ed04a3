#include "gcode/line.hpp"

#include <catch2/catch.hpp>

using namespace layerline::gcode;

TEST_CASE("a move gives its command and words")
{
    const auto line = parse_line("  G1 X10.5 Y-.25 E+3 F1800 ; perimeter");
    CHECK(line.is('G', 1));
    CHECK(line.code == "G1 X10.5 Y-.25 E+3 F1800");
    CHECK(line.comment == " perimeter");
    CHECK(line.value('X') == 10.5);
    CHECK(line.value('Y') == -0.25);
    CHECK(line.value('E') == 3);
    CHECK_FALSE(line.value('Z').has_value());
}

TEST_CASE("words may touch, and E is never an exponent")
{
    const auto line = parse_line("g1x1e5f3000");
    CHECK(line.is('G', 1));
    CHECK(line.value('X') == 1);
    CHECK(line.value('E') == 5);
    CHECK(line.value('F') == 3000);
}

TEST_CASE("inf, nan and huge numbers are no values")
{
    const auto line = parse_line("G1 Xinf Ynan");
    CHECK_FALSE(line.value('X').has_value());
    CHECK_FALSE(line.value('Y').has_value());
}

TEST_CASE("a line number and its checksum are cut off, a star in a text is not")
{
    CHECK(parse_line("N12 G1 X5*71").code == "G1 X5");
    CHECK(parse_line("N7 M117 a*b*33").code == "M117 a*b");
    CHECK(parse_line("M117 5*12").argument == "5*12");
}

TEST_CASE("text arguments are kept as they are")
{
    const auto line = parse_line("M117 Layer 3 of X12");
    CHECK(line.takes_text);
    CHECK(line.argument == "Layer 3 of X12");
    CHECK(line.word_count == 0);
    CHECK(parse_line("M23 /a b.gco").argument == "/a b.gco");
}

TEST_CASE("flags without a value are found")
{
    const auto line = parse_line("G28 X Y");
    CHECK(line.find('X'));
    CHECK_FALSE(line.value('X').has_value());
    CHECK_FALSE(line.find('Z'));
}

TEST_CASE("what is no command has no letter")
{
    for (const char* text :
         {"", "   ", "; only words", "X10 Y10", "START_PRINT BED=60", "G", "M1234567", "*", "N5"})
        CHECK(parse_line(text).letter == 0);
    CHECK(parse_line("START_PRINT BED=60").code == "START_PRINT BED=60");
}

TEST_CASE("a subcode is told from its number")
{
    CHECK(parse_line("G38.2 Z-5").subcode == 2);
    CHECK(parse_line("G92.1").is('G', 92));
}

TEST_CASE("more words than are kept are counted")
{
    std::string text = "G1";
    for (int i = 0; i < 40; ++i)
        text += " X1";
    CHECK(parse_line(text).spare_words == 40 - max_words);
}

TEST_CASE("parentheses are taken out only when asked")
{
    CHECK(parse_line("M117 (hello)").argument == "(hello)");
    CHECK(without_parentheses("G1 (to (the) left) X5 ; (kept)") == "G1  X5 ; (kept)");
    CHECK(without_parentheses("G1 X5 (no end") == "G1 X5 ");
}
