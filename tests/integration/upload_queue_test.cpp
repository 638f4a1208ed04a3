// Uploads that go on over a bad way and a killed agent, and the queue of jobs, through the real programs.
#include "faulty_way.hpp"
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <future>

using namespace layerline::tests;
using nlohmann::json;

namespace {

// The offset of the only upload, or -1.
std::int64_t offset_of(const rig& at)
{
    const auto all = at.at_agent("GET", "files/upload/list").json();
    if (!all.is_object() || !all.contains("Result") || all["Result"]["Uploads"].size() != 1) return -1;
    return all["Result"]["Uploads"][0]["Offset"].get<std::int64_t>();
}

json queue_of(const rig& at)
{
    const auto all = at.at_relay("GET", "queue/list");
    INFO(all.body);
    REQUIRE(all.code() == 200);
    return all.json()["Result"];
}

} // namespace

TEST_CASE("an upload by the command line outlives a cut tunnel and a killed agent", "[upload]")
{
    rig at;
    at.start_printer();
    at.start_host();
    at.start_relay();
    faulty_way way(at.port_of(at.relay_url()));
    at.options().relay_through = way.port();
    at.start_agent();
    at.pair();
    at.wait_for_tunnel();
    const auto job = small_job(60'000); // more than a megabyte
    REQUIRE(job.size() > 1'000'000);
    std::ofstream(at.path("large.gcode"), std::ios::binary) << job;

    way.slow(150'000);
    auto sending = std::async(std::launch::async, [&at] {
        return at.cli({"-q", "upload", at.path("large.gcode").string()});
    });
    REQUIRE(at.becomes([&] { return offset_of(at) > 100'000; }));
    const auto before = offset_of(at);
    way.cut();
    REQUIRE(at.becomes([&] { return offset_of(at) > before + 100'000; }, seconds(60)));
    const auto kept = offset_of(at);
    at.agent->signal(SIGKILL);
    CHECK(at.agent->wait() == 128 + SIGKILL);
    at.start_agent();
    // What was safe on the disk is there; nothing begins at 0 again.
    CHECK(offset_of(at) >= before);
    CHECK(offset_of(at) <= kept + 1'000'000);
    CHECK(json::parse(at.at_agent("GET", "files/list").body)["Result"]["Root"].empty());
    way.slow(0);
    const auto sent = sending.get();
    INFO(sent.output);
    CHECK(sent.exit_code == 0);
    CHECK(content_of(at.path("agent") / "files" / "gcode" / "large.gcode") == job);
    const auto last = at.at_agent("GET", "files/upload/list").json()["Result"]["Uploads"];
    REQUIRE(last.size() == 1);
    CHECK(last[0]["Done"] == true);
}

TEST_CASE("jobs of the queue start one by one, each behind a cleared bed, and a cancelled one holds the rest",
          "[queue]")
{
    rig at;
    at.start_all();
    at.put_file("a.gcode", small_job(2000));
    at.put_file("b.gcode", small_job(40'000)); // longer than all that is done beside it
    at.put_file("c.gcode", small_job(50));
    for (const auto* name : {"a.gcode", "c.gcode"})
        REQUIRE(at.cli({"queue", "add", name}).exit_code == 0);
    const auto listed = at.cli({"queue", "add", "b.gcode", "1"});
    CHECK(listed.output.find("q-3   gcode/b.gcode\nq-2   gcode/c.gcode") != std::string::npos);

    REQUIRE(at.cli({"queue", "start-next", "--bed-clear"}).exit_code == 0);
    CHECK(queue_of(at)["Current"]["VirtualPath"] == "gcode/a.gcode");
    REQUIRE(at.becomes([&] { return queue_of(at)["Current"].is_null(); }));
    CHECK(queue_of(at)["Held"].is_null());

    // Nobody has looked at the bed since.
    const auto refused = at.at_relay("POST", "queue/start-next");
    CHECK(refused.code() == 786);
    CHECK(refused.json()["Cause"]["Code"] == "bed_not_clear");
    CHECK(queue_of(at)["Jobs"].size() == 2);
    REQUIRE(at.cli({"bed-clear"}).exit_code == 0);
    REQUIRE(at.cli({"queue", "start-next", "--key", "second"}).exit_code == 0);
    wait_for_phase(at.printer_url(), at.relay_token(), "printing");
    CHECK(at.at_relay("POST", "files/delete", R"({"Path":"gcode/c.gcode"})").code() == 409); // it waits
    CHECK(at.at_relay("POST", "files/delete", R"({"Path":"gcode/b.gcode"})").code() == 409); // it prints

    // The queue is the disk's, not the process's.
    at.agent->signal(SIGKILL);
    (void)at.agent->wait();
    at.start_agent();
    at.wait_for_tunnel();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "printing");
    REQUIRE(at.becomes([&] { return queue_of(at)["Current"]["VirtualPath"] == "gcode/b.gcode"; }));
    const auto again = at.cli({"queue", "start-next", "--key", "second"});
    CHECK(again.exit_code == 0);
    CHECK(again.output.find("Nothing done") != std::string::npos);
    REQUIRE(at.cli({"cancel", "--wait", "60"}).exit_code == 0);
    REQUIRE(at.becomes([&] { return queue_of(at)["Held"].is_string(); }));
    CHECK(at.cli({"queue"}).output.find("held: gcode/b.gcode was cancelled.") != std::string::npos);
    CHECK(at.cli({"queue", "start-next", "--bed-clear"}).exit_code == 6);
    REQUIRE(at.cli({"queue", "resume"}).exit_code == 0);
    REQUIRE(at.cli({"queue", "start-next", "--bed-clear"}).exit_code == 0);
    REQUIRE(at.becomes([&] {
        const auto all = queue_of(at);
        return all["Jobs"].empty() && all["Current"].is_null();
    }));

    const auto past = at.at_relay("GET", "history").json()["Result"];
    REQUIRE(past["Total"] == 3);
    CHECK(past["Jobs"][0]["Path"] == "gcode/c.gcode");
    CHECK(past["Jobs"][0]["Outcome"] == "completed");
    CHECK(past["Jobs"][0]["FileExists"] == true);
    CHECK(past["Jobs"][1]["Outcome"] == "cancelled");
    CHECK(past["Jobs"][2]["Path"] == "gcode/a.gcode");
    CHECK(at.cli({"history"}).output.find("cancelled") != std::string::npos);
}

TEST_CASE("folders are made, filled, moved and deleted by the command line", "[folders]")
{
    rig at;
    at.start_all();
    std::ofstream(at.path("part.gcode"), std::ios::binary) << small_job(20);
    CHECK(at.cli({"mkdir", "box"}).exit_code == 0);
    CHECK(at.cli({"mkdir", "box"}).exit_code == 6);
    CHECK(at.cli({"upload", at.path("part.gcode").string(), "box/"}).exit_code == 0);
    CHECK(at.cli({"move", "box", "shelf"}).exit_code == 0);
    CHECK(at.cli({"files"}).output.find("gcode/shelf/part.gcode") != std::string::npos);
    CHECK(at.cli({"delete", "shelf"}).exit_code == 6);
    CHECK(at.cli({"delete", "shelf", "--recursive"}).exit_code == 0);
    CHECK(at.cli({"files"}).output.find("part.gcode") == std::string::npos);
    CHECK(content_of(at.path("agent") / "audit.jsonl").find("file.move") != std::string::npos);
}
