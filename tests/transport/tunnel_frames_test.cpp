// WebSocket frames, written and taken apart, without any connection.
#include "transport/error.hpp"
#include "transport/tunnel/websocket_frames.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace layerline::transport;

namespace {

const frame_mask key{0x12, 0x34, 0x56, 0x78};

std::string whole(frame_kind kind, bool last, std::string payload, std::optional<frame_mask> mask = {})
{
    std::string out = frame_head(kind, last, payload.size(), mask);
    if (mask) apply_mask(payload, *mask, 0);
    return out + payload;
}

struct outcome {
    std::string told; // "text:abc|" and the like, parts marked with '+' until the last
    std::optional<boost::system::error_code> failed;
};

// Everything that comes out of `bytes`, given `chop` of them at a time, parts of at most `room`.
outcome take_apart(std::string_view bytes, bool masked, std::size_t chop = 1000, std::size_t room = 1000)
{
    frame_reader reader(masked);
    outcome out;
    std::string open;
    while (!bytes.empty()) {
        std::string_view piece = bytes.substr(0, chop);
        bytes.remove_prefix(piece.size());
        std::span<const char> in(piece);
        for (;;) {
            std::vector<char> into(room);
            const auto found = reader.next(in, into);
            if (!found) {
                out.failed = found.error();
                return out;
            }
            if (std::holds_alternative<frame_reader::more_needed>(*found)) break;
            if (const auto* part = std::get_if<message_part>(&*found)) {
                open.append(into.data(), part->bytes);
                if (!part->last) continue;
                out.told += (part->kind == message_kind::text ? "text:" : "binary:") + open + "|";
                open.clear();
            } else if (const auto* ping = std::get_if<frame_reader::ping>(&*found)) {
                out.told += "ping:" + ping->payload + "|";
            } else if (const auto* words = std::get_if<close_words>(&*found)) {
                out.told += "close:" + std::to_string(words->code) + words->reason + "|";
            }
        }
    }
    return out;
}

} // namespace

TEST_CASE("frames are read wherever they are cut, masked or not", "[tunnel][frames]")
{
    const bool masked = GENERATE(false, true);
    const auto mask = masked ? std::optional(key) : std::nullopt;
    const std::string medium(300, 'm'), large(70'000, 'l');
    const std::string bytes =
        whole(frame_kind::text, true, "hello", mask) + whole(frame_kind::binary, false, "one ", mask) +
        control_frame(frame_kind::ping, "are you there", mask) +
        whole(frame_kind::continuation, false, "", mask) +
        whole(frame_kind::continuation, true, "two", mask) + whole(frame_kind::text, true, "", mask) +
        whole(frame_kind::binary, true, medium, mask) + control_frame(frame_kind::pong, "unasked", mask) +
        whole(frame_kind::text, true, large, mask) +
        control_frame(frame_kind::close, close_payload({4001, "enough"}), mask);
    const std::string expected = "text:hello|ping:are you there|binary:one two|text:|binary:" + medium +
                                 "|text:" + large + "|close:4001enough|";
    for (const std::size_t chop : {1, 2, 3, 7, 4096}) {
        for (const std::size_t room : {1, 5, 100'000}) {
            if (chop * room == 1) continue; // slow, and covered by its neighbours
            const auto got = take_apart(bytes, masked, chop, room);
            CHECK_FALSE(got.failed);
            CHECK((got.told == expected));
        }
    }
}

TEST_CASE("the head of a frame is as long as its payload needs", "[tunnel][frames]")
{
    CHECK(frame_head(frame_kind::binary, true, 125, {}).size() == 2);
    CHECK(frame_head(frame_kind::binary, true, 126, {}).size() == 4);
    CHECK(frame_head(frame_kind::binary, true, 65'535, {}).size() == 4);
    CHECK(frame_head(frame_kind::binary, true, 65'536, {}).size() == 10);
    CHECK(frame_head(frame_kind::binary, true, 65'536, key).size() == 14);
    CHECK(control_frame(frame_kind::ping, std::string(500, 'p'), {}).size() == 127);
}

TEST_CASE("a mask goes on from any place in its payload", "[tunnel][frames]")
{
    std::string at_once = "the quick brown fox", in_parts = at_once;
    apply_mask(at_once, key, 0);
    for (std::size_t from = 0; from < in_parts.size(); from += 5) {
        const auto count = std::min<std::size_t>(5, in_parts.size() - from);
        apply_mask(std::span<char>(in_parts).subspan(from, count), key, from);
    }
    CHECK(at_once == in_parts);
    CHECK(at_once != "the quick brown fox");
}

TEST_CASE("a close keeps its code, and an empty one counts as 1005", "[tunnel][frames]")
{
    CHECK(take_apart(control_frame(frame_kind::close, close_payload({1000, ""}), {}), false).told ==
          "close:1000|");
    CHECK(take_apart(control_frame(frame_kind::close, "", {}), false).told == "close:1005|");
    // Codes that must not be on the wire are not put there.
    CHECK(close_payload({1005, "x"}).empty());
    CHECK(close_payload({1006, "x"}).empty());
    CHECK(close_payload({1000, std::string(400, 'r')}).size() == 122);
}

TEST_CASE("bytes that are no frames are refused", "[tunnel][frames]")
{
    const auto fails = [](std::string_view bytes, bool masked = false) {
        const auto got = take_apart(bytes, masked, 1);
        return got.failed && *got.failed == errc::malformed;
    };
    using namespace std::string_view_literals;
    CHECK(fails("\xc2\x00"sv));         // a reserved bit
    CHECK(fails("\x83\x00"sv));         // a reserved opcode
    CHECK(fails("\x82\x80"sv));         // masked, from the end that does not mask
    CHECK(fails("\x82\x00"sv, true));   // not masked, from the end that must
    CHECK(fails("\x09\x00"sv));         // a ping in pieces
    CHECK(fails("\x89\x7e\x00\x80"sv)); // a ping of 128 bytes
    CHECK(fails("\x80\x00"sv));         // a continuation of nothing
    CHECK(fails("\x02\x00\x82\x00"sv)); // a message inside of a message
    CHECK(fails("\x82\x7e\x00\x01"sv)); // a length written too long
    CHECK(fails("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff"sv));
    CHECK(fails("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"sv)); // a length with its top bit
    CHECK(fails("\x88\x01\x03"sv));                             // half a close code
    CHECK(fails("\x88\x02\x03\xed"sv));                         // 1005 on the wire
    CHECK(fails("\x88\x00\x82\x00"sv));                         // something after a close
}
