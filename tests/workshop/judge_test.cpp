#include "workshop/jobs/job_runner.hpp"

#include <catch2/catch.hpp>

#include <csignal>

using namespace layerline::workshop;

namespace {

model_errc code_of(const std::variant<std::string, model_failure, try_again>& judged)
{
    REQUIRE(std::holds_alternative<model_failure>(judged));
    return std::get<model_failure>(judged).code;
}

} // namespace

TEST_CASE("an attempt is judged by its answer, and by its end when there is none", "[runner]")
{
    const runner_limits limits;
    attempt_end end;
    end.exit_code = 0;
    end.answer = R"({"fields":"{\"a\":1}"})";
    CHECK(std::get<std::string>(judge(end, 0, limits)) == R"({"a":1})");
    end.answer = R"({"code":202,"message":"Byte 3."})";
    CHECK(code_of(judge(end, 0, limits)) == model_errc::not_a_model);
    end.answer = "rubbish";
    CHECK(std::holds_alternative<try_again>(judge(end, 0, limits)));
    CHECK(code_of(judge(end, 1, limits)) == model_errc::operation_died);

    attempt_end killed;
    killed.signal = SIGSEGV;
    CHECK(std::holds_alternative<try_again>(judge(killed, 0, limits)));
    CHECK(code_of(judge(killed, 1, limits)) == model_errc::operation_died);
    CHECK(std::get<model_failure>(judge(killed, 1, limits)).detail.find("signal 11") != std::string::npos);
    killed.signal = SIGXCPU;
    CHECK(code_of(judge(killed, 0, limits)) == model_errc::timed_out);
    killed.signal = SIGKILL;
    killed.timed_out = true;
    CHECK(code_of(judge(killed, 0, limits)) == model_errc::timed_out);
}
