// Header fields: finding, replacing, and what one hop keeps to itself.
#include "transport/fields.hpp"

#include <catch2/catch.hpp>

using layerline::transport::field;
using layerline::transport::fields;
using layerline::transport::strip_hop_by_hop;

namespace {

std::string shown(const fields& all)
{
    std::string out;
    for (const field& f : all)
        out.append(f.name).append("=").append(f.value).append(";");
    return out;
}

} // namespace

TEST_CASE("the first field of a name is found, and none is none")
{
    const fields f{{"a", "1"}, {"b", "2"}, {"a", "3"}};
    CHECK(f.find("a") == "1");
    CHECK(f.find("b") == "2");
    CHECK_FALSE(f.find("c"));
}

TEST_CASE("set replaces every field of that name in the first one's place")
{
    fields f{{"a", "1"}, {"b", "2"}, {"a", "3"}};
    f.set("a", "9");
    CHECK(shown(f) == "a=9;b=2;");
    f.set("c", "4");
    CHECK(shown(f) == "a=9;b=2;c=4;");
}

TEST_CASE("erase says how many fields went")
{
    fields f{{"a", "1"}, {"b", "2"}, {"a", "3"}};
    CHECK(f.erase("a") == 2);
    CHECK(f.erase("a") == 0);
    CHECK(shown(f) == "b=2;");
}

TEST_CASE("a hop keeps to itself the connection fields and those that Connection lists")
{
    fields f{{"connection", "close, X-One ,,x-two"},
             {"connection", "X-Three"},
             {"keep-alive", "timeout=5"},
             {"proxy-connection", "close"},
             {"te", "trailers"},
             {"trailer", "x"},
             {"transfer-encoding", "chunked"},
             {"upgrade", "websocket"},
             {"x-one", "1"},
             {"x-two", "2"},
             {"x-three", "3"},
             {"x-four", "4"},
             {"close", "kept out too"}};
    strip_hop_by_hop(f);
    CHECK(shown(f) == "x-four=4;");
}

TEST_CASE("Connection cannot take away what framing, routing and authority rest on")
{
    fields f{{"connection", "content-length, host, X-Layerline-Principal, x-request-id, Authorization"},
             {"content-length", "5"},
             {"host", "h"},
             {"x-layerline-principal", "p"},
             {"x-request-id", "r"},
             {"authorization", "a"}};
    strip_hop_by_hop(f);
    CHECK(f.size() == 5);
}

TEST_CASE("a head that lists thousands of names is stripped all the same")
{
    fields f;
    std::string names;
    for (int i = 0; i < 5000; ++i) {
        names += "n" + std::to_string(i) + ",";
        f.add("n" + std::to_string(i), "v");
    }
    f.add("connection", names);
    f.add("kept", "v");
    strip_hop_by_hop(f);
    CHECK(shown(f) == "kept=v;");
}

TEST_CASE("fields may be made of parts of themselves, also while their memory grows")
{
    fields f{{"a", "first"}};
    for (int i = 0; i < 12; ++i) {
        f.add("copy", *f.find("a"));
        f.set("a", std::string(*f.find("a")) + std::string(40, 'x'));
        f.set("same", *f.find("a"));
        CHECK(*f.find("same") == *f.find("a"));
    }
    CHECK(*f.find("a") == "first" + std::string(12UL * 40, 'x'));
    CHECK(f.erase("copy") == 12);
    CHECK(f.size() == 2);
    CHECK(f.find("same"));
}

TEST_CASE("what was found in fields stays where it is when they are moved")
{
    fields f{{"a", "1"}};
    const auto value = *f.find("a");
    const fields moved = std::move(f);
    CHECK(value.data() == moved.find("a")->data());
    CHECK(value == "1");
}

TEST_CASE("a name is put into lower case as it comes in, a value is not")
{
    fields f;
    CHECK(f.add_received("X-Mixed-CASE", "Kept") == "x-mixed-case");
    CHECK(f.find("x-mixed-case") == "Kept");
    CHECK_FALSE(f.find("X-Mixed-CASE"));
}
