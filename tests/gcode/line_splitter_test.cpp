#include "gcode/line_splitter.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace layerline::gcode;

namespace {

std::vector<std::string> split(std::string_view file, std::size_t slice)
{
    line_splitter splitter;
    std::vector<std::string> lines;
    const auto take = [&] {
        while (const auto line = splitter.next())
            lines.push_back(line->too_long ? "<too long>" : std::string(line->text));
    };
    for (std::size_t at = 0; at < file.size(); at += slice) {
        splitter.push(file.substr(at, slice));
        take();
    }
    splitter.finish();
    take();
    return lines;
}

} // namespace

TEST_CASE("every kind of line end, the mark at the start and a missing last end, in any slicing")
{
    const std::string file = "\xEF\xBB\xBFG28\r\nG1 X1\rG1 X2\n\nG1 X3";
    const std::vector<std::string> expected{"G28", "G1 X1", "G1 X2", "", "G1 X3"};
    for (std::size_t slice = 1; slice <= file.size(); ++slice)
        CHECK(split(file, slice) == expected);
}

TEST_CASE("a line over the limit is skipped and said, the ones around it are whole")
{
    const std::string file = "G1 X1\n" + std::string(200'000, 'A') + "\nG1 X2\n";
    const std::vector<std::string> expected{"G1 X1", "<too long>", "G1 X2"};
    CHECK(split(file, 4096) == expected);
    CHECK(split(file, file.size()) == expected);
    CHECK(split(std::string(100'000, 'B'), 1000) == std::vector<std::string>{"<too long>"});
}

TEST_CASE("offsets and numbers say where each line ends")
{
    line_splitter splitter;
    splitter.push("G28\r\nG1\nX");
    splitter.finish();
    CHECK(splitter.next()->end_offset == 5);
    CHECK(splitter.next()->end_offset == 8);
    const auto last = splitter.next();
    CHECK(last->end_offset == 9);
    CHECK(last->number == 3);
    CHECK_FALSE(splitter.next());
}

TEST_CASE("an empty file has no line")
{
    CHECK(split("", 1).empty());
}

TEST_CASE("of a line over the limit it is known whether it is only a comment, in any slicing")
{
    const std::string huge(200'000, 'x');
    for (const std::size_t slice : {1000UL, 70'000UL, 1'000'000UL}) {
        line_splitter lines;
        const auto text = " ;" + huge + "\nG1 X1\nM117 " + huge + "\n;" + huge;
        std::vector<raw_line> seen;
        for (std::size_t at = 0; at < text.size(); at += slice) {
            lines.push(std::string_view(text).substr(at, slice));
            while (auto line = lines.next())
                seen.push_back({{}, line->end_offset, line->number, line->too_long, line->only_comment});
        }
        lines.finish();
        while (auto line = lines.next())
            seen.push_back({{}, line->end_offset, line->number, line->too_long, line->only_comment});
        REQUIRE(seen.size() == 4);
        CHECK((seen[0].too_long && seen[0].only_comment));
        CHECK_FALSE(seen[1].too_long);
        CHECK((seen[2].too_long && !seen[2].only_comment));
        CHECK((seen[3].too_long && seen[3].only_comment));
        CHECK(seen[3].number == 4);
        CHECK(seen[3].end_offset == text.size());
    }
}
