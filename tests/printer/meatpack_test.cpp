// Packed lines: the packing against a firmware's unpacking, and the machine that turns it on, keeps it on and
// leaves nothing of it behind.
#include "machine_bench.hpp"
#include "printer/serial/line_codec.hpp"
#include "printer/serial/meatpack.hpp"
#include "printer/virtual/emergency_parser.hpp"
#include "printer/virtual/meatpack.hpp"

#include <catch2/catch.hpp>

using namespace layerline::printer::serial;
using namespace layerline::tests;
using layerline::printer::virtual_printer::emergency_parser;
using layerline::printer::virtual_printer::meatpack_decoder;

namespace {

std::string unpacked(meatpack_decoder& firmware, std::string_view bytes)
{
    std::string text;
    for (const char c : bytes) {
        const auto out = firmware.push(c);
        text.append(out.bytes.data(), out.count);
    }
    return text;
}

std::string packed(std::string_view line)
{
    std::string bytes;
    meatpack::pack(bytes, line);
    return bytes;
}

// To ready, with a firmware that says that it unpacks and perhaps does.
void connect(transcript& talk, bool unpacks)
{
    talk.machine.opened(talk.now);
    CHECK(talk.written().starts_with(meatpack::off));
    talk.says("[MP] PV01 OFF ESP\nok\nok\n");
    talk.wait(0ms);
    CHECK(talk.written() == framed(1, "M115"));
    talk.says("FIRMWARE_NAME:Marlin 2.1.2 MACHINE_TYPE:x\nCap:MEATPACK:1\nCap:EMERGENCY_PARSER:1\nok\n");
    CHECK(talk.written() == meatpack::on); // and nothing behind it before the answer
    CHECK_FALSE(talk.machine.can_send());
    if (unpacks) talk.says("[MP] PV01 ON ESP\n");
}

} // namespace

TEST_CASE("what is packed is unpacked as it was, line by line")
{
    meatpack_decoder firmware;
    unpacked(firmware, meatpack::on);
    REQUIRE(firmware.report() == "[MP] PV01 ON ESP");
    for (const std::string command :
         {"G1 X10.0 Y20.05 E0.01234 F9000", "M117 any text, of any kind: *#!~", "G0 G0 .0.0 X.0", "M105", "G",
          "T0", "G28 XYZ", "M104 S210.0", "0", "M118 E1 ok N5 P3"})
        for (const std::uint64_t number : {1U, 4U, 8U, 10U, 48U, 144U, 999999999U}) {
            const auto line = framed(number, command);
            CAPTURE(line);
            CHECK(unpacked(firmware, packed(line)) == line);
        }
    CHECK(unpacked(firmware, packed("\n")) == "\n");
}

TEST_CASE("a packed move takes about two thirds of its bytes, a text at most half as many more")
{
    const auto move = framed(123456, "G1 X103.227 Y98.415 E0.04173");
    CHECK(packed(move).size() * 100 <= move.size() * 70);
    const auto text = framed(7, "M117 nothing that packs");
    CHECK(packed(text).size() * 2 <= text.size() * 3);
}

TEST_CASE("no packed line looks like a command to an emergency parser, and what is urgent does")
{
    // Written so that its packed bytes would be a line end, M112 and a line end.
    for (const std::string command : {"M117 .0G4131323.0", "M117  .0G4131323.0", "M117 G0G4131323G0"}) {
        const auto bytes = packed(framed(12, command));
        CAPTURE(command);
        CHECK(bytes.find('\n') == std::string::npos);
        CHECK(bytes.find('\r') == std::string::npos);
    }
    emergency_parser watching;
    meatpack_decoder firmware;
    unpacked(firmware, meatpack::on);
    std::string read;
    int stops = 0;
    const auto send = [&](std::string_view bytes) {
        for (const char c : bytes)
            if (watching.push(c)) ++stops;
        read += unpacked(firmware, bytes);
    };
    send(packed(framed(11, "G1 X1")));
    send(meatpack::urgent_line("M112\n"));
    send(packed(framed(12, "G1 X2")));
    CHECK(stops == 1);
    CHECK(read == framed(11, "G1 X1") + "\nM112\n" + framed(12, "G1 X2"));
}

TEST_CASE("packing is on again behind whatever damage left of it")
{
    for (const std::string_view left :
         {"", "\xff", "\xff\xff", "\xff\xff\xfa", "\x0f", "\x1f", "\xff\x41", "\xf1"}) {
        meatpack_decoder firmware;
        unpacked(firmware, meatpack::on);
        unpacked(firmware, left);
        unpacked(firmware, meatpack::again);
        CHECK(unpacked(firmware, packed("N5 M105*34\n")) == "N5 M105*34\n");
        unpacked(firmware, left);
        unpacked(firmware, meatpack::off);
        CHECK(firmware.report() == "[MP] PV01 OFF ESP");
    }
}

TEST_CASE(
    "no single damaged bit makes another command of a packed line's beginning or cuts it behind its number")
{
    for (std::uint64_t number = 1; number < 2000; number += 3) {
        const auto line = framed(number, "G1 X12.5 Y7.25 E0.5");
        const auto bytes = packed(line);
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            auto damaged = bytes;
            damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
            meatpack_decoder firmware;
            unpacked(firmware, meatpack::on);
            const auto text = unpacked(firmware, damaged) + "\n";
            for (std::size_t at = 0; at < text.size();) {
                const auto end = text.find('\n', at);
                auto part = std::string_view(text).substr(at, end - at);
                at = end + 1;
                while (part.starts_with(' '))
                    part.remove_prefix(1);
                // Without a number it is carried out, checksum or not.
                CAPTURE(line, bit, text);
                const bool move = part.starts_with("G0") || part.starts_with("G1") ||
                                  part.starts_with("G2") || part.starts_with("M1") || part.starts_with("T");
                REQUIRE_FALSE(move);
            }
        }
    }
}

TEST_CASE("lines are packed once the firmware says that it unpacks, and urgent ones are not")
{
    transcript talk({.meatpack = true});
    connect(talk, true);
    CHECK(talk.written() == packed(framed(2, "M113 S1")));
    talk.says("ok\n");
    CHECK(talk.written() == packed(framed(3, "M105")));
    talk.says("ok T:20.0 /0.0\n");
    talk.machine.send("G1 X1", 1, talk.now);
    CHECK(talk.written() == packed(framed(4, "G1 X1")));
    REQUIRE(talk.machine.send_urgent("M112", talk.now));
    CHECK(talk.written() == "\xff\xff\xfa\nM112\n\xff\xff\xfb");
}

TEST_CASE("a line that is sent again is sent with packing turned on again")
{
    transcript talk({.meatpack = true});
    connect(talk, true);
    talk.written();
    talk.says("ok\n");
    talk.written();
    talk.says("ok T:20.0 /0.0\n");
    talk.machine.send("G1 X1", 1, talk.now);
    talk.written();
    talk.says("Error:checksum mismatch, Last Line: 3\nResend: 4\nok\n");
    CHECK(talk.written() == std::string(meatpack::again) + packed(framed(4, "G1 X1")));
    talk.wait(2s); // no answer: a probe, which may find a firmware that unpacks no more
    CHECK(talk.written().starts_with(std::string(meatpack::again) + packed(framed(5, "M105"))));
}

TEST_CASE("a firmware that says that it unpacks and does not is left as it was")
{
    transcript talk({.meatpack = true});
    connect(talk, false);
    talk.wait(1s);
    CHECK(talk.written() == meatpack::on);
    talk.wait(1s);
    CHECK(talk.written() == meatpack::on);
    talk.wait(1s);
    CHECK(talk.written() == std::string(meatpack::off) + "\n" + framed(2, "M113 S1"));
}

TEST_CASE("a print that is taken over is asked for unpacked, whatever its dead host had turned on")
{
    transcript talk({.meatpack = true});
    talk.machine.rejoin(5000, talk.now);
    CHECK(talk.written() == std::string(meatpack::off) + "\nM110\nM115\n");
}

TEST_CASE("nothing is packed unless it was asked for")
{
    transcript talk;
    talk.machine.opened(talk.now);
    CHECK(talk.written().starts_with("\n"));
    talk.says("ok\nok\n");
    talk.wait(0ms);
    CHECK(talk.written() == framed(1, "M115"));
    talk.says("FIRMWARE_NAME:Marlin 2.1.2 MACHINE_TYPE:x\nCap:MEATPACK:1\nok\n");
    CHECK(talk.written() == framed(2, "M113 S1"));
}
