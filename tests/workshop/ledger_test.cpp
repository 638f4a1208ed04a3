#include "workshop/jobs/ledger.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>

using namespace layerline::workshop;

namespace {

struct ledger_folder {
    std::filesystem::path at;
    std::unique_ptr<ledger> kept;
    ledger_folder()
    {
        std::string name = "/tmp/ledger_test.XXXXXX";
        at = ::mkdtemp(name.data());
        open();
    }
    ~ledger_folder()
    {
        kept.reset();
        std::filesystem::remove_all(at);
    }
    void open()
    {
        kept.reset();
        auto opened = open_ledger(at / "workshop.db");
        REQUIRE(opened.has_value());
        kept = *std::move(opened);
    }
};

job_record job(const std::string& id)
{
    job_record made;
    made.id = id;
    made.owner = "t-one";
    made.operation = "import";
    made.parameters = R"({"fileId":"f-1"})";
    made.input = "f-1";
    made.created_unix = 1000;
    made.expires_unix = 2000;
    return made;
}

file_record file(const std::string& id, std::int64_t expires)
{
    file_record made;
    made.id = id;
    made.owner = "t-one";
    made.name = "part.stl";
    made.bytes = 84;
    made.created_unix = 1000;
    made.expires_unix = expires;
    return made;
}

} // namespace

TEST_CASE("jobs are taken in the order in which they came, and survive the ledger's end", "[ledger]")
{
    ledger_folder at;
    REQUIRE(at.kept->add_job(job("o-1"), 10).has_value());
    REQUIRE(at.kept->add_job(job("o-2"), 10).has_value());
    const auto first = at.kept->take_job();
    REQUIRE((first.has_value() && first->has_value()));
    CHECK((*first)->id == "o-1");
    CHECK((*first)->attempt == 1);
    CHECK((*first)->parameters == R"({"fileId":"f-1"})");
    at.open(); // the service died
    CHECK(*at.kept->recover_jobs() == 1);
    const auto again = at.kept->take_job();
    REQUIRE((again.has_value() && again->has_value()));
    CHECK((*again)->id == "o-1");
    CHECK((*again)->attempt == 2);
    CHECK((*at.kept->take_job())->id == "o-2");
    CHECK_FALSE(at.kept->take_job()->has_value());
}

TEST_CASE("a job's result is taken once, of the attempt that counts, together with its file", "[ledger]")
{
    ledger_folder at;
    REQUIRE(at.kept->add_job(job("o-1"), 10).has_value());
    (void)at.kept->take_job();
    CHECK(*at.kept->give_job_back("o-1", 1, true));
    (void)at.kept->take_job();
    job_outcome done;
    done.fields = R"({"resultId":"r-1"})";
    done.output = file("r-1", 2000);
    done.output->kind = file_kind::model;
    CHECK_FALSE(*at.kept->finish_job("o-1", 1, done, 1500)); // the attempt that was given up
    CHECK_FALSE(at.kept->find_file("r-1")->has_value());
    CHECK(*at.kept->finish_job("o-1", 2, done, 1500));
    CHECK_FALSE(*at.kept->finish_job("o-1", 2, done, 1500));
    const auto found = *at.kept->find_job("o-1");
    REQUIRE(found);
    CHECK(found->state == job_state::succeeded);
    CHECK(found->deaths == 1);
    CHECK(found->ended_unix == 1500);
    CHECK(found->expires_unix == 2500); // as long from its end as was meant from its beginning
    CHECK((*at.kept->find_file("r-1"))->kind == file_kind::model);
}

TEST_CASE("what fails keeps its code and sentence", "[ledger]")
{
    ledger_folder at;
    REQUIRE(at.kept->add_job(job("o-1"), 10).has_value());
    (void)at.kept->take_job();
    job_outcome failed;
    failed.failure = model_failure{model_errc::not_a_model, "Byte 84: the file ends."};
    CHECK(*at.kept->finish_job("o-1", 1, failed, 1500));
    const auto found = *at.kept->find_job("o-1");
    REQUIRE(found);
    CHECK(found->state == job_state::failed);
    CHECK(found->why.code == model_errc::not_a_model);
    CHECK(found->why.detail == "Byte 84: the file ends.");
}

TEST_CASE("a full queue takes no more, and a cancelled job's result is not taken", "[ledger]")
{
    ledger_folder at;
    REQUIRE(at.kept->add_job(job("o-1"), 1).has_value());
    const auto refused = at.kept->add_job(job("o-2"), 1);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == model_errc::temporary);
    (void)at.kept->take_job();
    CHECK(at.kept->add_job(job("o-2"), 1).has_value());
    CHECK(*at.kept->cancel_job("o-1", 1200));
    CHECK_FALSE(*at.kept->cancel_job("o-1", 1300));
    CHECK_FALSE(*at.kept->finish_job("o-1", 1, {}, 1400));
    CHECK(*at.kept->cancel_job("o-2", 1200));
    CHECK_FALSE(at.kept->take_job()->has_value());
}

TEST_CASE("every model of a slice stays until it is over", "[ledger]")
{
    ledger_folder at;
    for (const char* id : {"f-1", "f-2", "f-3"})
        REQUIRE(at.kept->add_file(file(id, 1100)).has_value());
    auto slice = job("s-1");
    slice.input = "f-1";
    slice.more_inputs = {"f-1", "f-2"};
    REQUIRE(at.kept->add_job(slice, 10).has_value());
    CHECK(*at.kept->drop_expired(1200) == std::vector<std::string>{"f-3"});
    (void)at.kept->take_job();
    CHECK(at.kept->drop_expired(1200)->empty());
    (void)at.kept->cancel_job("s-1", 1200);
    CHECK(*at.kept->drop_expired(1300) == std::vector<std::string>{"f-1", "f-2"});
}

TEST_CASE("files whose time is over go, but not under a job that waits for them", "[ledger]")
{
    ledger_folder at;
    REQUIRE(at.kept->add_file(file("f-1", 1100)).has_value());
    REQUIRE(at.kept->add_file(file("f-2", 1100)).has_value());
    REQUIRE(at.kept->add_file(file("f-3", 9000)).has_value());
    CHECK(at.kept->add_file(file("f-3", 9000)).has_error());
    REQUIRE(at.kept->add_job(job("o-1"), 10).has_value());
    CHECK(*at.kept->drop_expired(1100) == std::vector<std::string>{});
    CHECK(*at.kept->drop_expired(1101) == std::vector<std::string>{"f-2"});
    (void)at.kept->cancel_job("o-1", 1200);
    CHECK(*at.kept->drop_expired(3000) == std::vector<std::string>{"f-1"});
    CHECK_FALSE(at.kept->find_job("o-1")->has_value());
    CHECK(*at.kept->all_files() == std::vector<std::string>{"f-3"});
    CHECK(*at.kept->drop_file("f-3"));
    CHECK_FALSE(*at.kept->drop_file("f-3"));
}

TEST_CASE("a ledger that cannot be opened says why", "[ledger]")
{
    const auto opened = open_ledger("/nowhere/workshop.db");
    REQUIRE(opened.has_error());
    CHECK(opened.error().code == model_errc::server_error);
    CHECK(opened.error().detail.find("/nowhere/workshop.db") != std::string::npos);
}
