// Cameras' streams taken apart: the well-behaved, the cheap and the hostile, however the bytes are cut.
#include "camera/multipart_parser.hpp"

#include <catch2/catch.hpp>

using namespace layerline::camera;

namespace {

struct outcome {
    std::vector<frame_part> parts;
    std::optional<multipart_fault> fault;
    bool ended = false;
    std::size_t most_held = 0;
    std::vector<std::string> bytes() const
    {
        std::vector<std::string> all;
        for (const auto& part : parts)
            all.push_back(part.bytes);
        return all;
    }
};

outcome taken(const std::string& boundary, std::string_view wire, std::size_t cut,
              multipart_limits limits = {})
{
    multipart_parser parser(boundary, limits);
    outcome out;
    for (std::size_t at = 0; at < wire.size(); at += cut) {
        out.fault = parser.take(wire.substr(at, cut), out.parts);
        out.most_held = std::max(out.most_held, parser.held());
    }
    out.ended = parser.ended();
    return out;
}

using frames = std::vector<std::string>;

// The same frames whole, byte by byte and in between.
frames of(const std::string& boundary, const std::string& wire)
{
    const auto whole = taken(boundary, wire, wire.size()).bytes();
    for (const std::size_t cut : {1, 2, 3, 7, 64})
        CHECK(taken(boundary, wire, cut).bytes() == whole);
    return whole;
}

std::string sized(const std::string& bytes, const std::string& mark = "--b")
{
    return mark + "\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(bytes.size()) +
           "\r\n\r\n" + bytes + "\r\n";
}

std::string unsized(const std::string& bytes, const std::string& mark = "--boundarydonotcross")
{
    return mark + "\r\nContent-Type: image/jpeg\r\n\r\n" + bytes + "\r\n";
}

} // namespace

TEST_CASE("the boundary is read from the content type, whatever its spelling")
{
    CHECK(mixed_replace_boundary("multipart/x-mixed-replace; boundary=abc") == "abc");
    CHECK(mixed_replace_boundary("multipart/x-mixed-replace;boundary=abc") == "abc");
    CHECK(mixed_replace_boundary("Multipart/X-Mixed-Replace; charset=x; BOUNDARY = \"a b;c\"") == "a b;c");
    CHECK(mixed_replace_boundary("multipart/x-mixed-replace;boundary=--abc") == "--abc");
    CHECK(mixed_replace_boundary("multipart/x-mixed-replace; boundary=\"a\\\"b\"") == "a\"b");
    CHECK(mixed_replace_boundary("multipart/x-mixed-replace").value() == "");
    CHECK(mixed_replace_boundary("multipart/x-mixed-replace; boundary=").value() == "");
    CHECK(mixed_replace_boundary("multipart/x-mixed-replace; boundary=" + std::string(70, 'x'))
              .value()
              .size() == 70);
    CHECK(mixed_replace_boundary("multipart/x-mixed-replace; boundary=" + std::string(300, 'x')).value() ==
          "");
    CHECK(mixed_replace_boundary("multipart/x-mixed-replace; boundary=a\x01").value() == "");
    CHECK_FALSE(mixed_replace_boundary("multipart/form-data; boundary=abc"));
    CHECK_FALSE(mixed_replace_boundary("image/jpeg"));
    CHECK_FALSE(mixed_replace_boundary(""));
}

TEST_CASE("parts with a length come whole, with their type and their fields")
{
    const std::string wire =
        "--b\r\nContent-Type: image/png\r\nContent-Length: 4\r\nX-Timestamp: 12.5\r\n\r\n\r\n--\r\n" +
        sized("second") + sized("third") + "--b\r\n";
    CHECK(of("b", wire) == frames{"\r\n--", "second", "third"});
    const auto first = taken("b", wire, wire.size()).parts.at(0);
    CHECK(first.type == "image/png");
    CHECK(first.fields == "X-Timestamp: 12.5\r\n");
}

TEST_CASE("a length that was right once is believed, so that a picture waits for nothing")
{
    const auto first = sized("first"), second = sized("second");
    multipart_parser parser("b");
    std::vector<frame_part> into;
    parser.take(first, into);
    CHECK(into.empty()); // not known yet whether this camera can count
    parser.take(second.substr(0, second.size() - 3), into);
    CHECK(into.size() == 1);
    parser.take(second.substr(second.size() - 3, 1), into);
    REQUIRE(into.size() == 2);
    CHECK(into[1].bytes == "second");
}

TEST_CASE("parts without a length end with the next boundary")
{
    const std::string picture("\xff\xd8 any\r\n-- bytes \0 --boundary \r\n\r\n\xff\xd9", 36);
    const auto wire = unsized(picture) + unsized("b") + unsized("c") + "--boundarydonotcross--\r\nrest";
    CHECK(of("boundarydonotcross", wire) == frames{picture, "b", "c"});
    CHECK(taken("boundarydonotcross", wire, 5).ended);
    CHECK(taken("boundarydonotcross", wire, 5).most_held < wire.size());
}

TEST_CASE("boundaries as cheap cameras write them")
{
    const frames two{"one", "two"};
    const auto with = [&](const std::string& told, const std::string& mark) {
        const auto end = mark + "\r\n";
        return of(told, sized("one", mark) + sized("two", mark) + end) == two &&
               of(told, unsized("one", mark) + unsized("two", mark) + end) == two;
    };
    CHECK(with("abc", "--abc"));
    CHECK(with("--abc", "--abc"));   // the dashes are in the parameter, too
    CHECK(with("--abc", "----abc")); // and in both
    CHECK(with("abc", "abc"));       // in neither
    CHECK(with("", "--abc"));        // not told
    CHECK(with("other", "--abc"));   // another one than told
    CHECK(with(std::string(70, 'x'), "--" + std::string(70, 'x')));
    // Lines that end in LF alone, blank lines and a word before the first, no line's end behind a picture.
    CHECK(of("b", "\n\nhello\n--b\nContent-Type: image/jpeg\nContent-Length: 3\n\none\n--b\n\ntwo\n--b\n") ==
          two);
    CHECK(of("boundary", "--boundary\r\n\r\none--boundary\r\n\r\ntwo--boundary\r\n") == two);
    CHECK(of("b", "--b  \r\nContent-Length:3\r\n\r\none\r\n\r\n--b\t\r\n\r\ntwo\r\n--b \r\n") == two);
}

TEST_CASE("a boundary that goes on, or stands in the middle of a line, is none")
{
    CHECK(of("b", "--b\r\n\r\nx --b \r\n--bc\r\n--b-c\r\nend\r\n--b\r\n") ==
          frames{"x --b \r\n--bc\r\n--b-c\r\nend"});
}

TEST_CASE("wrong lengths cost their own picture, and none is believed from then on")
{
    const auto lies = [](const std::string& bytes, int off) {
        return "--frame-x\r\nContent-Length: " + std::to_string(static_cast<int>(bytes.size()) + off) +
               "\r\n\r\n" + bytes + "\r\n";
    };
    // Too short, by a little and by much; too long, into the next part.
    CHECK(of("frame-x", lies("first", -2) + lies("second", -2) + lies("third", -2) + "--frame-x\r\n") ==
          frames{"second", "third"});
    CHECK(of("frame-x", lies("first", 30) + lies("second", 30) + lies("third", 30) + "--frame-x\r\n") ==
          frames{"second", "third"});
    // Right at first: the picture was given out already, the next one is found again.
    const auto later = of("frame-x", lies("first", 0) + lies("second", 0) + lies("third", -1) +
                                         lies("fourth", 0) + "--frame-x\r\n");
    CHECK(later == frames{"first", "second", "thir", "fourth"});
    // What is no length is none.
    for (const auto* odd : {"-1", "0", "12x", "99999999999999999999", "9000000", ""})
        CHECK(of("frame-x", std::string("--frame-x\r\nContent-Length: ") + odd +
                                "\r\n\r\none\r\n--frame-x\r\n") == frames{"one"});
}

TEST_CASE("a part's fields cannot carry lines of their own")
{
    const auto seen =
        taken("b",
              "--b\r\nX-Good: 1\r\nbad name: 2\r\nno colon\r\nX-Bad: a\x01z\r\nConnection: close\r\n"
              "Content-Type: image/jpeg\x7f\r\nTransfer-Encoding: chunked\r\nX-Long: " +
                  std::string(300, 'x') + "\r\n\r\none\r\n--b\r\n",
              1000);
    REQUIRE(seen.parts.size() == 1);
    CHECK(seen.parts[0].fields == "X-Good: 1\r\n");
    CHECK(seen.parts[0].type == "image/jpeg");
}

TEST_CASE("what never ends is given up at its limit, and holds no more than that")
{
    const multipart_limits small{64, 64, 1000};
    for (const std::size_t cut : {1, 10, 100'000}) {
        const auto preamble = taken("b", std::string(5000, 'x'), cut, small);
        CHECK(preamble.fault == multipart_fault::no_boundary);
        const auto lines = taken(
            "b",
            [] {
                std::string all;
                for (int i = 0; i < 100; ++i)
                    all += "word\n";
                return all;
            }(),
            cut, small);
        CHECK(lines.fault == multipart_fault::no_boundary);
        const auto head = taken("b", "--b\r\nX: " + std::string(5000, 'x'), cut, small);
        CHECK(head.fault == multipart_fault::head_too_large);
        const auto part = taken("b", "--b\r\n\r\n" + std::string(5000, 'x'), cut, small);
        CHECK(part.fault == multipart_fault::part_too_large);
        if (cut <= 10) CHECK(part.most_held < 1000 + 64);
        CHECK(part.parts.empty());
        const auto fits = taken("b", "--b\r\n\r\n" + std::string(1000, 'x') + "\r\n--b\r\n", cut, small);
        CHECK(fits.bytes() == frames{std::string(1000, 'x')});
        const auto over = taken("b", "--b\r\n\r\n" + std::string(1001, 'x') + "\r\n--b\r\n", cut, small);
        CHECK(over.fault == multipart_fault::part_too_large);
        // A wrong length in a stream without a next boundary: skipped for ever, and not kept.
        const auto skipped =
            taken("b", "--b\r\nContent-Length: 3\r\n\r\n" + std::string(50'000, 'x'), cut, small);
        CHECK(skipped.parts.empty());
        if (cut <= 10) CHECK(skipped.most_held < 64);
    }
}

TEST_CASE("half a picture at the end is none, and empty ones are left out")
{
    CHECK(of("b", sized("one") + "--b\r\nContent-Length: 10\r\n\r\nhalf") == frames{"one"});
    CHECK(of("b", "--b\r\n\r\none\r\n--b\r\n\r\nhalf") == frames{"one"});
    CHECK(of("b", "--b\r\n\r\n\r\n--b\r\n\r\none\r\n--b\r\n") == frames{"one"});
}
