// The chunked coding, split at every byte, and what it refuses.
#include "transport/chunk_decoder.hpp"

#include <catch2/catch.hpp>

#include <string>

using layerline::transport::chunk_decoder;

namespace {

// Decodes, showing the decoder at most `window` bytes at a time. "!" at the end: malformed; "..." : not
// ended.
std::string decoded(std::string_view wire, std::size_t window, std::size_t* consumed = nullptr)
{
    chunk_decoder decoder;
    std::string out;
    std::size_t at = 0;
    while (!decoder.done() && !decoder.malformed()) {
        const auto step = decoder.look(wire.substr(at, window));
        at += step.framing;
        out += wire.substr(at, step.data);
        decoder.used(step.data);
        at += step.data;
        if (step.framing == 0 && step.data == 0) break;
    }
    if (consumed != nullptr) *consumed = at;
    if (decoder.malformed()) return out + "!";
    return decoder.done() ? out : out + "...";
}

} // namespace

TEST_CASE("chunks come out whole, however the bytes were cut")
{
    const std::string wire =
        "5\r\nhello\r\n1;name=\"v\"\r\n \r\n00A\r\n0123456789\r\n0\r\nX: y\r\nZ: \r\n\r\nnext";
    for (std::size_t window = 1; window <= wire.size(); ++window) {
        std::size_t consumed = 0;
        CHECK(decoded(wire, window, &consumed) == "hello 0123456789");
        CHECK(consumed == wire.size() - 4);
    }
}

TEST_CASE("an unfinished body is not at its end")
{
    const std::string wire = "5\r\nhello\r\n0\r\nX: y\r\n\r\n";
    for (std::size_t n = 0; n < wire.size(); ++n)
        CHECK(decoded(wire.substr(0, n), 1000).ends_with("..."));
}

TEST_CASE("sizes and line ends that are not exactly the grammar are refused")
{
    for (const std::string_view wire : {"\r\n",
                                        "g\r\n",
                                        " 5\r\nhello\r\n",
                                        "5 \r\nhello\r\n",
                                        "+5\r\nhello\r\n",
                                        "-5\r\n",
                                        "0x5\r\nhello\r\n",
                                        "5\nhello\r\n",
                                        "5\rhello",
                                        "5\r\nhelloo",
                                        "5\r\nhello\n",
                                        "5\r\nhello\rx",
                                        "1000000000000000\r\n",
                                        "0000000000000000\r\n",
                                        ";x\r\n",
                                        "5;a\nb\r\n",
                                        "0\r\n\n",
                                        "0\r\n X: y\r\n",
                                        "0\r\n: y\r\n",
                                        "0\r\nX\n\r\n",
                                        "0\r\n\rX"})
        CHECK(decoded(wire, 1000).ends_with("!"));
}

TEST_CASE("extensions and trailers have a limit")
{
    CHECK(decoded("5;" + std::string(256, 'x') + "\r\nhello", 1000).ends_with("hello..."));
    CHECK(decoded("5;" + std::string(257, 'x') + "\r\nhello", 1000).ends_with("!"));
    std::string many = "0\r\n";
    for (int i = 0; i < 3000; ++i)
        many += "A: b\r\n";
    CHECK(decoded(many + "\r\n", 100000).ends_with("!"));
}
