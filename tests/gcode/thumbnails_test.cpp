// Pictures in a file's head.
#include "gcode/thumbnails.hpp"

#include <catch2/catch.hpp>

using namespace layerline::gcode;

namespace {

std::vector<thumbnail> read(std::string_view head)
{
    thumbnail_reader reader;
    while (!head.empty()) {
        const auto end = head.find('\n');
        if (!reader.take(head.substr(0, end))) break;
        head = end == std::string_view::npos ? std::string_view{} : head.substr(end + 1);
    }
    return reader.found();
}

} // namespace

TEST_CASE("pictures are read from the comments before the first command")
{
    const auto found = read("; generated\n\n; thumbnail begin 16x12 8\n; iVBO\n; Rw0K\n; thumbnail end\n;\n"
                            "; thumbnail_JPG begin 220X0 4\n; thumbnail_JPG begin 220x124 4\r\n; /9j/\r\n"
                            "; thumbnail_JPG end\r\nG28\n; thumbnail begin 8x8 4\n; AAAA\n; thumbnail end\n");
    REQUIRE(found.size() == 2);
    CHECK(found[0].width == 16);
    CHECK(found[0].height == 12);
    CHECK(found[0].base64 == "iVBORw0K");
    CHECK(found[1].width == 220);
    CHECK(found[1].base64 == "/9j/");
}

TEST_CASE("a damaged, cut or boundless picture is left out")
{
    CHECK(read("; thumbnail begin 16x12 8\n; iVBO\n; thumbnail end\n").empty());   // cut
    CHECK(read("; thumbnail begin 16x12 4\n; iVBOR\n; thumbnail end\n").empty());  // longer than it said
    CHECK(read("; thumbnail begin 16x12 4\n; iV<O\n; thumbnail end\n").empty());   // no base64
    CHECK(read("; thumbnail begin 16x12 99999999\n; iVBO\n").empty());             // over the bound
    CHECK(read("; thumbnail begin 5000x12 4\n; iVBO\n; thumbnail end\n").empty()); // over 4096
    CHECK(read("; thumbnail begin\n; thumbnail end\n; thumbnail\n;\n").empty());
    CHECK(read("; thumbnail begin 16x12 4\n; iVBO\n; other words here\n; thumbnail end\n").empty());
}

TEST_CASE("no more pictures are kept than anybody needs")
{
    std::string head;
    for (int i = 0; i < 40; ++i)
        head += "; thumbnail begin 16x12 4\n; iVBO\n; thumbnail end\n";
    CHECK(read(head).size() == max_thumbnails);
}
