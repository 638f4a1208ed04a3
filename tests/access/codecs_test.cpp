// Base32, base64, hexadecimal, SHA-256 and the comparison.
#include "access/base32.hpp"
#include "access/base64.hpp"
#include "access/crypto.hpp"
#include "access/hex.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace layerline::access;

namespace {

std::vector<unsigned char> bytes(std::string_view text)
{
    return {text.begin(), text.end()};
}

} // namespace

TEST_CASE("base32 gives the values of its standard, in lower case without padding")
{
    CHECK(to_base32(bytes("")).empty());
    CHECK(to_base32(bytes("f")) == "my");
    CHECK(to_base32(bytes("fo")) == "mzxq");
    CHECK(to_base32(bytes("foo")) == "mzxw6");
    CHECK(to_base32(bytes("foob")) == "mzxw6yq");
    CHECK(to_base32(bytes("foobar")) == "mzxw6ytboi");
    CHECK(from_base32("mzxw6ytboi") == bytes("foobar"));
}

TEST_CASE("base32 refuses upper case, other characters, odd lengths and trailing bits")
{
    for (const auto* text : {"MY", "m1", "m", "mzx", "mz", "m=", "mzxw6y"})
        CHECK_FALSE(from_base32(text));
}

TEST_CASE("base64 gives the values of its standard in both alphabets")
{
    CHECK(to_base64url(bytes("f")) == "Zg");
    CHECK(to_base64url(bytes("foob")) == "Zm9vYg");
    CHECK(to_base64url(std::vector<unsigned char>{0xfb, 0xff, 0xbf}) == "-_-_");
    CHECK(from_base64url("-_-_") == std::vector<unsigned char>{0xfb, 0xff, 0xbf});
    CHECK(from_base64("+/+/") == std::vector<unsigned char>{0xfb, 0xff, 0xbf});
    CHECK(from_base64("Zg==") == bytes("f"));
    CHECK(from_base64("Zg") == bytes("f"));
    CHECK(from_base64("Zm8=") == bytes("fo"));
}

TEST_CASE("base64 refuses the other alphabet, wrong padding and trailing bits")
{
    for (const auto* text : {"+/+/", "Zg==", "Z", "Zh", "Zg\n"})
        CHECK_FALSE(from_base64url(text));
    for (const auto* text : {"-_-_", "Zg=", "=", "Z===", "Zg==Zg==", "====", "Zh=="})
        CHECK_FALSE(from_base64(text));
}

TEST_CASE("hexadecimal goes both ways")
{
    CHECK(to_hex(std::vector<unsigned char>{0, 0x7f, 0xff}) == "007fff");
    CHECK(from_hex("007FfF") == std::vector<unsigned char>{0, 0x7f, 0xff});
    CHECK_FALSE(from_hex("0"));
    CHECK_FALSE(from_hex("0g"));
}

TEST_CASE("every length survives each codec")
{
    for (std::size_t size = 0; size < 70; ++size) {
        std::vector<unsigned char> data(size);
        REQUIRE(random_bytes(data));
        CHECK(from_base32(to_base32(data)) == data);
        CHECK(from_base64url(to_base64url(data)) == data);
        CHECK(from_hex(to_hex(data)) == data);
    }
}

TEST_CASE("SHA-256 gives the values of its standard")
{
    CHECK(to_hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("the comparison knows equal from unequal")
{
    CHECK(constant_time_equal(bytes("abc"), bytes("abc")));
    CHECK_FALSE(constant_time_equal(bytes("abc"), bytes("abd")));
    CHECK_FALSE(constant_time_equal(bytes("abc"), bytes("ab")));
    CHECK(constant_time_equal({}, {}));
}
