// What a camera's answer is worth, and the words for what it is not.
#include "camera/camera_answer.hpp"

#include <catch2/catch.hpp>

using namespace layerline::camera;

namespace {

std::string boundary_of(const answer_facts& answer)
{
    const auto found = stream_boundary(answer);
    REQUIRE(std::holds_alternative<std::string>(found));
    return std::get<std::string>(found);
}

trouble stream_trouble(const answer_facts& answer)
{
    const auto found = stream_boundary(answer);
    REQUIRE(std::holds_alternative<trouble>(found));
    return std::get<trouble>(found);
}

trouble snapshot_trouble(const answer_facts& answer)
{
    const auto found = snapshot_fault(answer);
    REQUIRE(found);
    return *found;
}

} // namespace

TEST_CASE("a stream is known by its type, whatever its boundary looks like")
{
    CHECK(boundary_of({200, "multipart/x-mixed-replace;boundary=b", ""}) == "b");
    CHECK(boundary_of({200, "Multipart/X-Mixed-Replace; boundary=\"--odd one\"", "identity"}) == "--odd one");
    CHECK(boundary_of({200, "multipart/x-mixed-replace", ""}).empty());
}

TEST_CASE("a picture's type is left to its bytes, unless it is a page")
{
    CHECK_FALSE(snapshot_fault({200, "image/jpeg", ""}));
    CHECK_FALSE(snapshot_fault({200, "", ""}));
    CHECK_FALSE(snapshot_fault({200, "application/octet-stream", "Identity"}));
    CHECK(snapshot_trouble({200, "Text/html; charset=utf-8", ""}).kind == trouble_kind::no_pictures);
}

TEST_CASE("an error of the camera's is told with its code and what usually causes it")
{
    auto why = stream_trouble({401, "text/html", ""});
    CHECK(why.kind == trouble_kind::refused);
    CHECK(why.text.find("HTTP 401: it wants another user") != std::string::npos);
    CHECK(snapshot_trouble({404, "", ""}).text.find("another path") != std::string::npos);
    CHECK(snapshot_trouble({302, "", ""}).text.find("not followed") != std::string::npos);
    CHECK(stream_trouble({503, "", ""}).text == "answered HTTP 503");
}

TEST_CASE("addresses that were given the wrong way round are told as that")
{
    CHECK(stream_trouble({200, "image/jpeg", ""}).text.find("belongs into snapshot_url") !=
          std::string::npos);
    CHECK(snapshot_trouble({200, "multipart/x-mixed-replace; boundary=b", ""})
              .text.find("belongs into stream_url") != std::string::npos);
}

TEST_CASE("encoded pictures are refused, and a camera's own words are made harmless")
{
    CHECK(stream_trouble({200, "multipart/x-mixed-replace; boundary=b", "gzip"}).text.find("\"gzip\"") !=
          std::string::npos);
    CHECK(snapshot_trouble({200, "image/jpeg", "gzip"}).kind == trouble_kind::no_pictures);
    const auto odd = "text/\x1b[31m\"" + std::string(300, 'x');
    const auto text = stream_trouble({200, odd, ""}).text;
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.size() < 200);
    CHECK(stream_trouble({200, "", ""}).text.find("without saying what it sends") != std::string::npos);
}
