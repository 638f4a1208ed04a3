#include "workshop/jobs/job_task.hpp"

#include <catch2/catch.hpp>

using namespace layerline::workshop;

TEST_CASE("a task says the same on the other side", "[task]")
{
    job_task task;
    task.operation = "export";
    task.parameters = R"({"exportToFormat":"stl"})";
    task.source = "/var/lib/x/files/r-1";
    task.result = true;
    task.folder = "/var/lib/x/work/o-1.1";
    task.most_source_bytes = 5'000'000'000;
    task.limits.memory_bytes = 123;
    const auto read = parse_task(to_text(task));
    REQUIRE(read);
    CHECK(read->operation == task.operation);
    CHECK(read->parameters == task.parameters);
    CHECK(read->source == task.source);
    CHECK(read->result);
    CHECK(read->folder == task.folder);
    CHECK(read->most_source_bytes == task.most_source_bytes);
    CHECK(read->limits.memory_bytes == 123);
    for (const auto* other : {"", "[]", "{}", R"({"operation":1})"})
        CHECK_FALSE(parse_task(other));
}

TEST_CASE("an answer is believed only as far as it is one", "[task]")
{
    const auto fine = parse_answer(answer_text(std::string(R"({"triangles":12})")));
    REQUIRE((fine && fine->has_value()));
    CHECK(**fine == R"({"triangles":12})");
    const auto wrong = parse_answer(answer_text(model_failure{model_errc::wrong_units, "No."}));
    REQUIRE((wrong && wrong->has_error()));
    CHECK(wrong->error().code == model_errc::wrong_units);
    CHECK(wrong->error().detail == "No.");
    for (const auto* other :
         {"", "{}", "[1]", R"({"fields":7})", R"({"fields":"[]"})", R"({"fields":"{"})",
          R"({"code":9999,"message":"x"})", R"({"code":-1,"message":"x"})", R"({"code":202})"})
        CHECK_FALSE(parse_answer(other));
}

TEST_CASE("progress is the newest whole line", "[task]")
{
    CHECK(last_progress("0.25\n0.50\n0.7") == 0.5);
    CHECK(last_progress("1.00\n") == 1.0);
    for (const auto* other : {"", "0.5", "x\n", "2\n", "nan\n", "-0.5\n", "0.5 \n"})
        CHECK_FALSE(last_progress(other));
}
