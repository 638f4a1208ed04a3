// Codes and the desk.
#include "access/pairing.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace layerline::access;
using namespace std::chrono_literals;

namespace {

const pairing_desk::clock::time_point start{1000h};
const std::string code = "7KQ2-9XHM";

claim_fault fault(const std::variant<std::string, claim_refusal>& answer)
{
    REQUIRE(std::holds_alternative<claim_refusal>(answer));
    return std::get<claim_refusal>(answer).why;
}

pairing_desk desk_with_agent()
{
    pairing_desk desk;
    REQUIRE(desk.offer("agent", hash_pairing_code(code, "agent"), 10min, start));
    return desk;
}

} // namespace

TEST_CASE("codes have their form, read themselves and do not repeat")
{
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i) {
        const auto made = make_pairing_code();
        REQUIRE(made);
        CHECK(made->size() == 9);
        CHECK((*made)[4] == '-');
        CHECK(normalise_pairing_code(*made) == made);
        CHECK(seen.insert(*made).second);
    }
}

TEST_CASE("a code is understood as people type it")
{
    for (const auto* typed : {"0O1I-LiLo", "o01111i0", " 00 11 - 11 10 ", "oOIl-iL1O"})
        CHECK(normalise_pairing_code(typed) == "0011-1110");
    for (const auto* wrong : {"", "0011-111", "0011-11100", "0011-111U", "0011_1110", "0011-111\xc3\xb6"})
        CHECK_FALSE(normalise_pairing_code(wrong));
    CHECK_FALSE(normalise_pairing_code(std::string(100, ' ') + "00111110"));
}

TEST_CASE("the right code gives the agent, once")
{
    auto desk = desk_with_agent();
    CHECK(std::get<std::string>(desk.claim("7kq29xhm", "t-1", "192.0.2.1", start + 1min)) == "agent");
    CHECK(fault(desk.claim(code, "t-1", "192.0.2.1", start + 1min)) == claim_fault::unknown);
    CHECK(desk.waiting() == 0);
}

TEST_CASE("a code is for one agent: the hash of another id does not match")
{
    pairing_desk desk;
    REQUIRE(desk.offer("agent", hash_pairing_code(code, "another"), 10min, start));
    CHECK(fault(desk.claim(code, "t-1", "192.0.2.1", start)) == claim_fault::unknown);
}

TEST_CASE("a code ends after its time, and after 10 minutes whatever the agent says")
{
    auto desk = desk_with_agent();
    CHECK(fault(desk.claim(code, "t-1", "192.0.2.1", start + 10min)) == claim_fault::expired);
    REQUIRE(desk.offer("agent", hash_pairing_code(code, "agent"), 1000h, start));
    CHECK(fault(desk.claim(code, "t-1", "192.0.2.1", start + 10min)) == claim_fault::expired);
    REQUIRE(desk.offer("agent", hash_pairing_code(code, "agent"), 10min, start + 10min));
    CHECK(std::holds_alternative<std::string>(desk.claim(code, "t-1", "192.0.2.1", start + 11min)));
}

TEST_CASE("a new code makes the old one void, and withdrawing makes both")
{
    auto desk = desk_with_agent();
    REQUIRE(desk.offer("agent", hash_pairing_code("0000-0000", "agent"), 10min, start));
    CHECK(desk.waiting() == 1);
    CHECK(fault(desk.claim(code, "t-1", "192.0.2.1", start)) == claim_fault::unknown);
    desk.withdraw("agent");
    CHECK(fault(desk.claim("0000-0000", "t-1", "192.0.2.1", start)) == claim_fault::unknown);
}

TEST_CASE("the sixth try within 10 minutes is not looked at, even with the right code")
{
    auto desk = desk_with_agent();
    for (int i = 0; i < 5; ++i)
        CHECK(fault(desk.claim("0000-0000", "t-1", "192.0.2.1", start + i * 1min)) == claim_fault::unknown);
    const auto sixth = desk.claim(code, "t-1", "192.0.2.1", start + 5min);
    CHECK(fault(sixth) == claim_fault::too_many_tries);
    CHECK(std::get<claim_refusal>(sixth).retry_after == 5min);
    SECTION("nor from another address of the same account")
    {
        CHECK(fault(desk.claim(code, "t-1", "198.51.100.7", start + 5min)) == claim_fault::too_many_tries);
    }
    SECTION("nor by another account at the same address")
    {
        CHECK(fault(desk.claim(code, "t-2", "192.0.2.1", start + 5min)) == claim_fault::too_many_tries);
    }
    SECTION("others are not held up")
    {
        CHECK(std::holds_alternative<std::string>(desk.claim(code, "t-2", "198.51.100.7", start + 5min)));
    }
    SECTION("a try comes back when the oldest is 10 minutes old")
    {
        REQUIRE(desk.offer("agent", hash_pairing_code(code, "agent"), 10min, start + 5min));
        CHECK(std::holds_alternative<std::string>(desk.claim(code, "t-1", "192.0.2.1", start + 10min)));
    }
}

TEST_CASE("text that can be no code counts as a try, a right code does not")
{
    auto desk = desk_with_agent();
    for (int i = 0; i < 4; ++i)
        CHECK(fault(desk.claim("rubbish", "t-1", "192.0.2.1", start)) == claim_fault::unknown);
    CHECK(std::holds_alternative<std::string>(desk.claim(code, "t-1", "192.0.2.1", start)));
    CHECK(fault(desk.claim("", "t-1", "192.0.2.1", start)) == claim_fault::unknown);
    CHECK(fault(desk.claim("", "t-1", "192.0.2.1", start)) == claim_fault::too_many_tries);
}

TEST_CASE("tries that were kept over a restart count")
{
    auto desk = desk_with_agent();
    for (int i = 5; i > 0; --i)
        desk.restore_try(pairing_desk::subject_of_account("t-1"), start - i * 1min);
    CHECK(fault(desk.claim(code, "t-1", "192.0.2.1", start)) == claim_fault::too_many_tries);
    CHECK(std::holds_alternative<std::string>(desk.claim(code, "t-1", "192.0.2.1", start + 5min)));
}

TEST_CASE("the desk holds only so many agents and subjects")
{
    pairing_desk desk(2, 4);
    CHECK(desk.offer("a", code_hash{}, 10min, start));
    CHECK(desk.offer("b", code_hash{}, 10min, start));
    CHECK_FALSE(desk.offer("c", code_hash{}, 10min, start));
    CHECK(desk.offer("b", code_hash{}, 10min, start));
    for (int i = 0; i < 100; ++i)
        CHECK(fault(desk.claim("0000-0000", "t-" + std::to_string(i), "192.0.2." + std::to_string(i),
                               start)) == claim_fault::unknown);
}
