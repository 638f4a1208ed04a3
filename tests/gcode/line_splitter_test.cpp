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
