// Range headers.
#include "commands/byte_range.hpp"

#include <catch2/catch.hpp>

using namespace layerline::commands;

TEST_CASE("one range of bytes is understood, everything else means the whole file")
{
    const auto range = [](const char* header) { return std::get<byte_range>(parse_range(header, 100)); };
    CHECK(range("bytes=0-9") == byte_range{0, 10});
    CHECK(range("bytes=90-") == byte_range{90, 10});
    CHECK(range("bytes=90-500") == byte_range{90, 10});
    CHECK(range("bytes=-10") == byte_range{90, 10});
    CHECK(range("bytes=-500") == byte_range{0, 100});
    for (const char* header : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-1", "bytes=0-1,5-6",
                               "lines=0-1", "bytes=99999999999999999999-", "bytes=0x1-2", "bytes= 0-1"})
        CHECK(std::holds_alternative<whole_file>(parse_range(header, 100)));
    for (const char* header : {"bytes=100-", "bytes=100-200", "bytes=-0"})
        CHECK(std::holds_alternative<no_such_range>(parse_range(header, 100)));
    CHECK(std::holds_alternative<no_such_range>(parse_range("bytes=-5", 0)));
}
