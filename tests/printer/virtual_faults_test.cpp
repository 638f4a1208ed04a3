// Faults: each seen, seeded, and survivable by a host that resends.
#include "tests/printer/virtual_board.hpp"

#include <algorithm>
#include <charconv>

using namespace layerline::printer::virtual_printer;
using namespace layerline::printer::virtual_printer::test;

namespace {

struct outcome {
    strings executed;
    firmware_status status;
};

// A simple host: one line in flight; resends when asked, renumbers when nothing comes.
outcome print(const firmware_settings& settings, int count)
{
    board b(settings);
    long number = 1;
    int done = 0;
    for (int tries = 0; done < count && tries < count * 20; ++tries) {
        const auto text = "G1 X" + std::to_string(done % 200) + "." + std::to_string(done / 200) + " F12000";
        const auto said = b.exchange(numbered(number, text), 150ms);
        const bool unknown =
            std::any_of(said.begin(), said.end(), [](auto& l) { return l.rfind("echo:Unknown", 0) == 0; });
        const auto resend =
            std::find_if(said.begin(), said.end(), [](auto& l) { return l.rfind("Resend: ", 0) == 0; });
        if (resend != said.end() || unknown) continue;
        if (said.empty()) {
            // Lost line or lost ok: the next number shows which.
            const auto probe = b.exchange(numbered(number + 1, "M400"), 1s);
            const bool missing = std::any_of(probe.begin(), probe.end(), [&](auto& l) {
                return l == "Resend: " + std::to_string(number);
            });
            if (missing) continue;
            const bool probed =
                std::none_of(probe.begin(), probe.end(), [](auto& l) { return l.rfind("Resend", 0) == 0; });
            number += probed ? 2 : 1;
        } else {
            ++number;
        }
        ++done;
    }
    return {b.executed, b.status()};
}

firmware_settings quick()
{
    auto settings = plain();
    settings.speed = 100;
    return settings;
}

} // namespace

TEST_CASE("no fault is injected unless asked for")
{
    const auto seen = print(quick(), 500);
    CHECK(seen.executed.size() == 500);
    CHECK(seen.status.resends_asked == 0);
    CHECK(seen.status.faults_corrupt + seen.status.faults_drop_ok + seen.status.faults_resend_without_ok ==
          0);
}

TEST_CASE("a dropped ok hides a line that was executed")
{
    auto settings = quick();
    settings.faults.drop_ok = 1;
    board b(settings);
    CHECK(b.exchange(numbered(1, "G1 X5")).empty());
    CHECK(b.executed == strings{"G1 X5"});
    CHECK(b.exchange(numbered(2, "M105")).empty());
    CHECK(b.exchange("M105\n").size() == 1); // only numbered lines
}

TEST_CASE("a resend can come without its ok")
{
    auto settings = quick();
    settings.faults.resend_without_ok = 1;
    board b(settings);
    CHECK(b.exchange(numbered(1, "G1 X5")) == strings{"Error:checksum mismatch, Last Line: 0", "Resend: 1"});
    CHECK(b.executed.empty());
}

TEST_CASE("a corrupted line is never executed as something else")
{
    auto settings = quick();
    settings.faults.corrupt = 1;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        settings.seed = seed;
        board b(settings);
        b.exchange(numbered(0, "M110 N0"));
        const auto before = b.executed.size();
        b.exchange(numbered(1, "G1 X10.5 Y-3 E-0.8 F1200"));
        CHECK(b.executed.size() == before);
    }
}

TEST_CASE("with each fault at five percent a host that resends loses no line")
{
    for (int kind = 0; kind < 3; ++kind) {
        auto settings = quick();
        (kind == 0   ? settings.faults.drop_ok
         : kind == 1 ? settings.faults.corrupt
                     : settings.faults.resend_without_ok) = 0.05;
        const auto seen = print(settings, 600);
        strings expected;
        for (int i = 0; i < 600; ++i)
            expected.push_back("G1 X" + std::to_string(i % 200) + "." + std::to_string(i / 200) + " F12000");
        CHECK(seen.executed == expected);
        const auto count = kind == 0   ? seen.status.faults_drop_ok
                           : kind == 1 ? seen.status.faults_corrupt
                                       : seen.status.faults_resend_without_ok;
        CHECK(count > 10);
    }
}

TEST_CASE("the same seed gives the same faults, another seed others")
{
    auto settings = quick();
    settings.faults.corrupt = 0.1;
    settings.faults.drop_ok = 0.1;
    const auto once = print(settings, 200).status;
    const auto again = print(settings, 200).status;
    settings.seed = 2;
    const auto other = print(settings, 200).status;
    CHECK(once.lines_numbered == again.lines_numbered);
    CHECK(once.faults_corrupt == again.faults_corrupt);
    CHECK(once.bytes_received == again.bytes_received);
    CHECK(once.bytes_received != other.bytes_received);
}
