#include "cli/answer.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace layerline::cli;

TEST_CASE("each status has the exit code that a script can rely on", "[cli][answer]")
{
    auto [status, code] = GENERATE(table<unsigned, exit_code>({
        {200, exit_code::done},         {400, exit_code::usage},        {403, exit_code::credentials},
        {404, exit_code::not_found},    {409, exit_code::wrong_state},  {413, exit_code::too_much},
        {600, exit_code::failed},       {601, exit_code::printer_away}, {602, exit_code::printer_away},
        {603, exit_code::credentials},  {604, exit_code::credentials},  {606, exit_code::credentials},
        {608, exit_code::too_much},     {750, exit_code::failed},       {751, exit_code::usage},
        {752, exit_code::failed},       {754, exit_code::usage},        {785, exit_code::printer_away},
        {786, exit_code::wrong_state},  {787, exit_code::printer_away}, {788, exit_code::unsupported},
        {789, exit_code::printer_away},
    }));
    const auto body = R"({"Status":)" + std::to_string(status) + R"(,"Error":"Because.","Result":{}})";
    CHECK(judge(200, body).code == code);
}

TEST_CASE("a refusal is told with its advice and number", "[cli][answer]")
{
    const auto said =
        judge(200, R"({"Status":786,"Error":"Nothing prints.","Cause":{"Advice":"Start a job."}})");
    CHECK(said.text == "Nothing prints. Start a job. (786)");
}

TEST_CASE("what is not an envelope is not taken for success", "[cli][answer]")
{
    CHECK(judge(200, "<html>log in to the hotel's network</html>").code == exit_code::failed);
    CHECK(judge(502, "").code == exit_code::failed);
    CHECK(judge(200, R"({"Status":-1})").code == exit_code::done);
    CHECK(judge(401, "").code == exit_code::credentials);
}

TEST_CASE("text of a printer cannot drive the terminal", "[cli][answer]")
{
    CHECK(for_terminal("a\x1b[2Jb\x07") == "a?[2Jb?");
    CHECK(for_terminal("caf\xc3\xa9 \xc2\x9bX") == "caf\xc3\xa9 ?X");
    CHECK(for_terminal("line\nbreak\r") == "line?break?");
}

TEST_CASE("exit codes are told once each", "[cli][answer]")
{
    std::set<int> seen;
    for (const auto& row : exit_table()) {
        CHECK(seen.insert(static_cast<int>(row.code)).second);
        CHECK_FALSE(row.text.empty());
    }
}
