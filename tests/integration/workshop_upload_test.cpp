// Uploads in chunks through the workshop's service, and what a token may when it is over or used up.
#include "workshop_rig.hpp"

#include "access/crypto.hpp"
#include "access/hex.hpp"
#include "tests/workshop/shapes.hpp"
#include "workshop/jobs/ledger.hpp"
#include "workshop/models/stl.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>

using namespace layerline::tests;
using nlohmann::json;
namespace workshop = layerline::workshop;

namespace {

const std::string& cube()
{
    static const auto bytes = workshop::binary_stl(workshop::shapes::box(10, 20, 30));
    return bytes;
}

std::string sha256(const std::string& bytes)
{
    return layerline::access::to_hex(layerline::access::sha256(bytes));
}

std::string begin_upload(const workshop_rig& at, const json& wish)
{
    const auto answer = at.ask("POST", "/models/v1/uploads", wish.dump(), "application/json");
    INFO(answer.status << ' ' << answer.body << answer.error);
    REQUIRE(answer.status == 201);
    return answer.json().value("fileId", "");
}

web_answer put(const workshop_rig& at, const std::string& id, const std::string& number,
               const std::string& bytes)
{
    return at.ask("PUT", "/models/v1/uploads/" + id + "/chunks/" + number, bytes, "application/octet-stream");
}

web_answer commit(const workshop_rig& at, const std::string& id, const json& body)
{
    return at.ask("POST", "/models/v1/uploads/" + id + "/commit", body.dump(), "application/json");
}

std::string message(const web_answer& answer)
{
    return answer.json()["errors"][0].value("message", "");
}

} // namespace

TEST_CASE("an upload in chunks, in any order, some twice, survives a kill of the service and is the file",
          "[workshop]")
{
    workshop_rig at;
    const std::string id = "f-abcdefghijklmnopqrstuvwxyz";
    REQUIRE(begin_upload(at, {{"id", id}, {"name", "part.stl"}, {"bytes", cube().size()}}) == id);
    const auto third = cube().size() / 3;
    CHECK(put(at, id, "2", cube().substr(2 * third)).status == 200);
    CHECK(put(at, id, "0", std::string(third, 'x')).status == 200);
    auto answer = put(at, id, "0", cube().substr(0, third)); // takes the place of the one before
    CHECK(answer.status == 200);
    CHECK(answer.json()["received"] == cube().size() - third);

    at.service->signal(SIGKILL);
    (void)at.service->wait();
    std::ofstream(at.path("state/uploads/" + id + "/1.f-x.arriving")) << "half";
    at.start();

    const auto there = at.ask("GET", "/models/v1/uploads/" + id).json();
    INFO(there.dump());
    CHECK(there["bytes"] == cube().size());
    REQUIRE(there["chunks"].size() == 2);
    CHECK(there["chunks"][0] == json{{"number", 0}, {"bytes", third}});
    CHECK(there["chunks"][1]["number"] == 2);
    answer = commit(at, id, {{"sha256", sha256(cube())}});
    CHECK(answer.status == 409);
    CHECK(workshop_rig::code_of(answer) == 55);
    CHECK(message(answer) == "Chunks are missing: 1.");

    CHECK(put(at, id, "1", cube().substr(third, third)).status == 200);
    answer = commit(at, id, {{"sha256", sha256("something else")}});
    CHECK(workshop_rig::code_of(answer) == 55);
    answer = commit(at, id, {{"sha256", sha256(cube())}});
    INFO(answer.body);
    REQUIRE(answer.status == 201);
    CHECK(answer.json()["name"] == "part.stl");
    CHECK(at.ask("GET", "/models/v1/files/" + id).body == cube());
    CHECK(at.over(at.begin("analyze", {{"inputId", id}}))["result"]["triangles"] == 12);
    CHECK_FALSE(std::filesystem::exists(at.path("state/uploads/" + id)));
}

TEST_CASE("54, 55, 56, 57: what is wrong with a chunk or a commit is said, and nothing is lost by it",
          "[workshop][status]")
{
    workshop_rig at("[limits]\nmax_chunk_mb = 1\n");
    const auto id = begin_upload(at, {{"bytes", cube().size()}});
    auto answer = put(at, id, "0", std::string(1024UL * 1024 + 1, 'x'));
    CHECK(answer.status == 413);
    CHECK(workshop_rig::code_of(answer) == 54);
    answer = put(at, id, "0", cube() + "x");
    CHECK(workshop_rig::code_of(answer) == 54);
    answer = put(at, id, "0", "");
    CHECK(answer.status == 400);
    CHECK(workshop_rig::code_of(answer) == 56);
    for (const auto* number : {"10000", "-1", "01", "x"}) {
        answer = put(at, id, number, "x");
        CHECK(workshop_rig::code_of(answer) == 13);
        CHECK(message(answer) == "The value supplied for parameter 'chunk' is invalid.");
    }
    CHECK(put(at, id, "0", cube().substr(1)).status == 200);
    CHECK(message(commit(at, id, json::object())) == "The value supplied for parameter 'sha256' is invalid.");
    answer = commit(at, id, {{"sha256", sha256(cube())}});
    CHECK(workshop_rig::code_of(answer) == 55);
    CHECK(put(at, id, "0", cube()).status == 200);
    REQUIRE(commit(at, id, {{"sha256", sha256(cube())}}).status == 201);
    for (const auto& late : {put(at, id, "0", "x"), commit(at, id, {{"sha256", sha256(cube())}}),
                             at.ask("POST", "/models/v1/uploads", json{{"id", id}, {"bytes", 5}}.dump())}) {
        CHECK(late.status == 409);
        CHECK(workshop_rig::code_of(late) == 57);
        CHECK(message(late) == "File with id " + id + " already exists.");
    }
    CHECK(at.ask("GET", "/models/v1/files/" + id).body == cube());
    // What was uploaded in one go is as safe.
    CHECK(workshop_rig::code_of(put(at, at.upload(cube()), "0", "x")) == 57);
}

TEST_CASE("11, 13, 50, 51, 52, 53 at uploads in chunks; somebody else's are not there", "[workshop][status]")
{
    workshop_rig at("[limits]\nmax_upload_mb = 1\nopen_uploads = 2\n");
    const auto refused = [&](const std::string& body) {
        return workshop_rig::code_of(at.ask("POST", "/models/v1/uploads", body, "application/json"));
    };
    CHECK(refused("no JSON") == 13);
    CHECK(refused(R"({"bytes":"7"})") == 13);
    CHECK(refused(R"({"bytes":7,"id":"../../etc/passwd"})") == 13);
    CHECK(refused(R"({"bytes":7,"sha256":"short"})") == 13);
    CHECK(refused(R"({"bytes":0})") == 53);
    CHECK(refused(R"({"bytes":1048577})") == 51);
    const std::string page = "%PDF-1.7";
    const auto id = begin_upload(at, {{"bytes", page.size()}, {"sha256", sha256(page)}});
    const auto mine = at.token;
    at.token = at.make_token("files");
    CHECK(workshop_rig::code_of(put(at, id, "0", page)) == 52);
    CHECK(workshop_rig::code_of(at.ask("DELETE", "/models/v1/uploads/" + id)) == 52);
    at.token = mine;
    CHECK(put(at, id, "0", page).status == 200);
    const auto answer = commit(at, id, json::object());
    CHECK(answer.status == 415);
    CHECK(workshop_rig::code_of(answer) == 50);
    (void)begin_upload(at, {{"bytes", 5}});
    CHECK(refused(R"({"bytes":5})") == 11);
    CHECK(at.ask("DELETE", "/models/v1/uploads/" + id).status == 200);
    CHECK(workshop_rig::code_of(at.ask("GET", "/models/v1/uploads/" + id)) == 52);
    CHECK_FALSE(std::filesystem::exists(at.path("state/uploads/" + id)));
    CHECK(refused(R"({"bytes":5})") == 0);
}

TEST_CASE("61: a month's uploads are counted, also over a restart", "[workshop][status]")
{
    workshop_rig at("[limits]\nuploads_per_month = 2\n");
    (void)at.upload(cube());
    const auto id = begin_upload(at, {{"bytes", cube().size()}, {"sha256", sha256(cube())}});
    CHECK(put(at, id, "0", cube()).status == 200);
    const auto file = at.upload(cube());
    at.service->signal(SIGKILL);
    (void)at.service->wait();
    at.start();
    for (const auto& answer :
         {at.ask("POST", "/models/v1/files", cube(), "application/octet-stream"),
          at.ask("POST", "/models/v1/uploads", R"({"bytes":5})"), commit(at, id, json::object())}) {
        CHECK(answer.status == 403);
        CHECK(workshop_rig::code_of(answer) == 61);
    }
    CHECK(at.ask("GET", "/models/v1/files/" + file).body == cube());
    CHECK(at.over(at.begin("analyze", {{"inputId", file}}))["state"] == "succeeded");
    at.token = at.make_token("files"); // each has its own count
    (void)at.upload(cube());
}

TEST_CASE("61: a token may have a number of uploads a month of its own, more or fewer than the others",
          "[workshop][status]")
{
    workshop_rig at("[limits]\nuploads_per_month = 2\n");
    at.token = at.make_token("files", {"--uploads-per-month", "1"});
    const auto id = begin_upload(at, {{"bytes", cube().size()}, {"sha256", sha256(cube())}});
    CHECK(put(at, id, "0", cube()).status == 200);
    const auto file = at.upload(cube());
    for (const auto& answer :
         {at.ask("POST", "/models/v1/files", cube(), "application/octet-stream"),
          at.ask("POST", "/models/v1/uploads", R"({"bytes":5})"), commit(at, id, json::object())}) {
        CHECK(answer.status == 403);
        CHECK(workshop_rig::code_of(answer) == 61);
    }
    CHECK(at.ask("GET", "/models/v1/files/" + file).body == cube());
    at.token = at.make_token("files", {"--uploads-per-month", "3"});
    for (int i = 0; i < 3; ++i)
        (void)at.upload(cube());
    CHECK(workshop_rig::code_of(at.ask("POST", "/models/v1/files", cube(), "application/octet-stream")) ==
          61);
    at.token = at.make_token("files", {"--uploads-per-month", "0"}); // any
    for (int i = 0; i < 4; ++i)
        (void)at.upload(cube());
}

TEST_CASE("an upload that is never committed is gone, with its chunks, once its time is over", "[workshop]")
{
    workshop_rig at;
    const auto stale = begin_upload(at, {{"bytes", cube().size()}});
    const auto fresh = begin_upload(at, {{"bytes", cube().size()}});
    for (const auto& id : {stale, fresh})
        CHECK(put(at, id, "0", cube().substr(0, 100)).status == 200);
    at.service->signal(SIGTERM);
    (void)at.service->wait();
    {
        const auto kept = workshop::open_ledger(at.path("state/workshop.db"));
        REQUIRE(kept.has_value());
        auto record = (*kept)->find_upload(stale);
        REQUIRE(record.has_value());
        REQUIRE(record->has_value());
        REQUIRE((*kept)->drop_upload(stale).has_value());
        (*record)->expires_unix = (*record)->created_unix - 1; // as if a day had gone by
        REQUIRE((*kept)->add_upload(**record, 100).has_value());
    }
    at.start();
    // The first look for what is over is taken at the start.
    const auto until = std::chrono::steady_clock::now() + seconds(20);
    while (std::filesystem::exists(at.path("state/uploads/" + stale)) &&
           std::chrono::steady_clock::now() < until)
        (void)at.ask("GET", "/models/v1/uploads/" + fresh);
    CHECK_FALSE(std::filesystem::exists(at.path("state/uploads/" + stale)));
    CHECK(workshop_rig::code_of(at.ask("GET", "/models/v1/uploads/" + stale)) == 52);
    CHECK(workshop_rig::code_of(put(at, stale, "1", "x")) == 52);
    CHECK(at.ask("GET", "/models/v1/uploads/" + fresh).json()["chunks"].size() == 1);
}

TEST_CASE("60: with a token whose time is over downloads work, and nothing else is begun",
          "[workshop][status]")
{
    workshop_rig at;
    at.token = at.make_token("files", {"--expires", "3s"});
    const auto file = at.upload(cube());
    const auto until = std::chrono::steady_clock::now() + seconds(20);
    web_answer answer;
    do {
        answer = at.ask("POST", "/models/v1/files", cube(), "application/octet-stream");
    } while (answer.status == 201 && std::chrono::steady_clock::now() < until);
    CHECK(answer.status == 403);
    CHECK(workshop_rig::code_of(answer) == 60);
    CHECK(at.ask("GET", "/models/v1/files/" + file).body == cube());
    CHECK(workshop_rig::code_of(
              at.ask("POST", "/models/v1/operations/analyze", json{{"inputId", file}}.dump())) == 60);
    CHECK(workshop_rig::code_of(at.ask("POST", "/models/v1/uploads", R"({"bytes":5})")) == 60);
}

TEST_CASE("a download goes on in the middle", "[workshop]")
{
    const workshop_rig at;
    const auto file = at.upload(cube());
    web_request asked;
    asked.url = at.url + "/models/v1/files/" + file;
    asked.token = at.token;
    asked.headers.set("range", "bytes=80-83");
    auto answer = web(asked);
    CHECK(answer.status == 206);
    CHECK(answer.body == cube().substr(80, 4));
    CHECK(answer.headers.find("content-range") == "bytes 80-83/" + std::to_string(cube().size()));
    asked.headers.set("range", "bytes=-5");
    CHECK(web(asked).body == cube().substr(cube().size() - 5));
    asked.headers.set("range", "bytes=999999-");
    answer = web(asked);
    CHECK(answer.status == 416);
    CHECK(workshop_rig::code_of(answer) == 13);
}

TEST_CASE("11: an operation for which too little memory is free is refused with a time to come again",
          "[workshop][status]")
{
    const workshop_rig at("[jobs]\nfree_memory_mb = 9000000\n");
    const auto answer =
        at.ask("POST", "/models/v1/operations/analyze", json{{"inputId", at.upload(cube())}}.dump());
    CHECK(answer.status == 503);
    CHECK(workshop_rig::code_of(answer) == 11);
    CHECK(answer.headers.find("retry-after"));
}
