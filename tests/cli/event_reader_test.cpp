#include "cli/event_reader.hpp"

#include <catch2/catch.hpp>

using namespace layerline::cli;

TEST_CASE("events are found in bytes of any slicing", "[cli][events]")
{
    const std::string stream = "event: state\nid: 7.ab\ndata: {\"now\":\"idle\"}\n\n: still here\n\nevent: "
                               "change\r\ndata: a\r\ndata: b\r\n\r\n";
    for (std::size_t step = 1; step <= stream.size(); ++step) {
        event_reader reader;
        std::vector<sent_event> all;
        for (std::size_t at = 0; at < stream.size(); at += step)
            for (auto& event : reader.feed(std::string_view(stream).substr(at, step)))
                all.push_back(event);
        REQUIRE(all.size() == 2);
        CHECK(all[0].kind == "state");
        CHECK(all[0].id == "7.ab");
        CHECK(all[0].data == R"({"now":"idle"})");
        CHECK(all[1].kind == "change");
        CHECK(all[1].data == "a\nb");
    }
}

TEST_CASE("an event over the limit is dropped whole, and the next one is read", "[cli][events]")
{
    event_reader reader;
    const std::string line = "data: " + std::string(event_reader::max_event + 10, 'x') + "\n\n";
    CHECK(reader.feed(line).empty());
    const auto next = reader.feed("data: small\n\n");
    REQUIRE(next.size() == 1);
    CHECK(next[0].data == "small");
}
