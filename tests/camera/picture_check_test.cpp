// What cameras call pictures, mended or left out.
#include "camera/picture_check.hpp"

#include <catch2/catch.hpp>

using namespace layerline::camera;
using namespace std::string_literals;

namespace {

const std::string begin = "\xff\xd8\xff\xe0", end = "\xff\xd9", body = "\x10JFIF and so on";

frame_part part(std::string bytes, std::string type = "image/jpeg")
{
    frame_part made;
    made.type = std::move(type);
    made.fields = "Set-Cookie: a=b\r\n";
    made.bytes = std::move(bytes);
    return made;
}

// The bytes that are shown; empty if none are.
std::string mended(std::string bytes, std::string type = "image/jpeg")
{
    auto made = part(std::move(bytes), std::move(type));
    if (!mend_picture(made)) return {};
    CHECK(made.type == "image/jpeg");
    CHECK(made.fields.empty());
    return made.bytes;
}

} // namespace

TEST_CASE("a whole JPEG stays as it is")
{
    CHECK(mended(begin + body + end) == begin + body + end);
}

TEST_CASE("a JPEG without its end gets one")
{
    CHECK(mended(begin + body) == begin + body + end);
    CHECK(mended(begin + body + "\xff"s) == begin + body + "\xff"s + end);
}

TEST_CASE("what stands before and behind a JPEG is cut off")
{
    CHECK(mended("\r\nX-Head: 1\r\n\r\n" + begin + body + end) == begin + body + end);
    CHECK(mended(begin + body + end + std::string(700, '\0') + "\r\n") == begin + body + end);
    CHECK(mended(begin + body + std::string(700, '\0')) == begin + body + end);
}

TEST_CASE("a JPEG is one whatever the camera calls it")
{
    CHECK(mended(begin + body + end, "text/html") == begin + body + end);
    CHECK(mended(begin + body + end, "") == begin + body + end);
}

TEST_CASE("what is no picture is left out")
{
    CHECK(mended("").empty());
    CHECK(mended("<html>camera busy</html>").empty());
    CHECK(mended(begin.substr(0, 3)).empty());
    CHECK(mended(std::string(300, ' ') + begin + body + end).empty());
    auto page = part("<svg onload=alert(1)>", "image/svg+xml");
    CHECK_FALSE(mend_picture(page));
    auto fake = part("<html>", "image/png");
    CHECK_FALSE(mend_picture(fake));
    auto empty = part("", "image/avif");
    CHECK_FALSE(mend_picture(empty));
}

TEST_CASE("another kind of picture stays as it is, without the camera's other fields")
{
    auto png = part("\x89PNG\r\n\x1a\n rest", "image/png");
    REQUIRE(mend_picture(png));
    CHECK(png.type == "image/png");
    CHECK(png.bytes == "\x89PNG\r\n\x1a\n rest");
    CHECK(png.fields.empty());
}
