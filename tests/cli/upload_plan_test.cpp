// What the command line does after each answer to an upload in parts.
#include "cli/upload_plan.hpp"

#include <catch2/catch.hpp>

using namespace layerline::cli;

namespace {

using clock_type = std::chrono::steady_clock;

verdict at_offset(std::uint64_t offset, bool done = false)
{
    nlohmann::json result{{"UploadId", "abc"}, {"Offset", offset}, {"Done", done}};
    return judge(200, nlohmann::json{{"Status", 200}, {"Result", result}}.dump());
}
verdict refused(int status, std::optional<std::uint64_t> offset = std::nullopt)
{
    nlohmann::json body{{"Status", status}, {"Error", "No."}};
    if (offset) body["Result"] = {{"Offset", *offset}};
    return judge(200, body.dump());
}
verdict cut()
{
    verdict said;
    said.code = exit_code::unreachable;
    said.text = "The connection broke.";
    return said;
}

struct plan_desk {
    clock_type::time_point now{};
    upload_plan plan{1000, std::chrono::seconds(120)};
    upload_step answer(verdict said)
    {
        plan.answered(std::move(said), now);
        return plan.next();
    }
    void begin() { CHECK(answer(at_offset(0)) == upload_step::send); }
};

} // namespace

TEST_CASE("an upload begins, is sent, and is done with its last byte", "[cli][upload]")
{
    plan_desk desk;
    CHECK(desk.plan.next() == upload_step::create);
    desk.begin();
    CHECK(desk.plan.id() == "abc");
    CHECK(desk.answer(at_offset(1000, true)) == upload_step::end);
    CHECK(desk.plan.said().code == exit_code::done);
}

TEST_CASE("a broken way is waited for, and the upload goes on where the agent has it", "[cli][upload]")
{
    for (const auto& fault : {cut(), refused(601), refused(602), refused(612)}) {
        plan_desk desk;
        desk.begin();
        CHECK(desk.answer(fault) == upload_step::look);
        CHECK(desk.plan.delay() == std::chrono::milliseconds(500));
        CHECK(desk.answer(fault) == upload_step::look);
        CHECK(desk.plan.delay() == std::chrono::milliseconds(1000));
        CHECK(desk.answer(at_offset(400)) == upload_step::send);
        CHECK(desk.plan.offset() == 400);
        CHECK(desk.answer(refused(409, 600)) == upload_step::look);
        CHECK(desk.answer(at_offset(600)) == upload_step::send);
        CHECK(desk.answer(refused(400, 700)) == upload_step::look); // the part broke off at the agent
        CHECK(desk.answer(at_offset(1000)) == upload_step::commit);
        CHECK(desk.answer(cut()) == upload_step::look);
        CHECK(desk.answer(at_offset(1000, true)) == upload_step::end);
        CHECK(desk.plan.said().code == exit_code::done);
    }
}

TEST_CASE("a way that stays broken ends the upload after its patience, and progress renews that",
          "[cli][upload]")
{
    plan_desk desk;
    desk.begin();
    CHECK(desk.answer(cut()) == upload_step::look);
    desk.now += std::chrono::seconds(119);
    CHECK(desk.answer(at_offset(10)) == upload_step::send);
    CHECK(desk.answer(cut()) == upload_step::look);
    desk.now += std::chrono::seconds(119);
    CHECK(desk.answer(cut()) == upload_step::look);
    CHECK(desk.plan.delay() <= std::chrono::seconds(5));
    desk.now += std::chrono::seconds(1);
    CHECK(desk.answer(cut()) == upload_step::end);
    CHECK(desk.plan.said().code == exit_code::unreachable);
}

TEST_CASE("an agent that takes nothing of what is sent does not hold the command for ever", "[cli][upload]")
{
    plan_desk desk;
    desk.begin();
    int turns = 0;
    while (desk.plan.next() != upload_step::end && turns < 1000) {
        desk.now += std::chrono::seconds(1);
        desk.answer(desk.plan.next() == upload_step::send ? refused(409, 0) : at_offset(0));
        ++turns;
    }
    CHECK(turns < 300);
    CHECK(desk.plan.said().code == exit_code::wrong_state);
}

TEST_CASE("a refusal ends it at once, with the agent's own words", "[cli][upload]")
{
    plan_desk desk;
    CHECK(desk.answer(refused(413)) == upload_step::end);
    CHECK(desk.plan.said().code == exit_code::too_much);
    plan_desk mismatch;
    mismatch.begin();
    CHECK(mismatch.answer(refused(400)) == upload_step::end); // the SHA-256: nothing is left to go on with
    plan_desk gone;
    gone.begin();
    gone.answer(cut());
    CHECK(gone.answer(refused(404)) == upload_step::end);
}

TEST_CASE("an agent that knows no parts gets the file in one piece", "[cli][upload]")
{
    plan_desk desk;
    CHECK(desk.answer(refused(754)) == upload_step::whole);
    CHECK(desk.answer(judge(200, R"({"Status":200,"Result":{"SizeBytes":1000}})")) == upload_step::end);
    CHECK(desk.plan.said().code == exit_code::done);
}

TEST_CASE("an answer that tells no offset is no success", "[cli][upload]")
{
    plan_desk desk;
    CHECK(desk.answer(judge(200, R"({"Status":200,"Result":{}})")) == upload_step::end);
    CHECK(desk.plan.said().code == exit_code::failed);
    plan_desk past;
    past.begin();
    CHECK(past.answer(at_offset(1001)) == upload_step::end);
    CHECK(past.plan.said().code == exit_code::failed);
}
