// What callers of the Model API write, taken apart: addresses, uploads in chunks, sign-ins, chains,
// callbacks.
#include "workshop/jobs/chain.hpp"
#include "workshop/models/triangle_count.hpp"
#include "workshop/operations/operation.hpp"
#include "workshop/service/callback.hpp"
#include "workshop/service/chunk_plan.hpp"
#include "workshop/service/free_memory.hpp"
#include "workshop/service/model_routes.hpp"
#include "workshop/service/operation_request.hpp"
#include "workshop/service/token_request.hpp"
#include "workshop/service/upload_quota.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace layerline::workshop;
using nlohmann::json;

TEST_CASE("addresses of the Model API and of the SDKs are told apart; others are nowhere")
{
    CHECK(model_route_of("/models/v1/uploads").place == model_place::uploads);
    auto route = model_route_of("/models/v1/uploads/f-x/chunks/7?a=b");
    CHECK(route.place == model_place::upload_chunk);
    CHECK(route.name == "f-x");
    CHECK(route.part == "7");
    CHECK(model_route_of("/models/v1/uploads/f-x/commit").place == model_place::upload_commit);
    CHECK(model_route_of("/models/v1/operations/o-x/events").place == model_place::operation_events);
    route = model_route_of("/web-api/operation/o-x/analyze/result");
    CHECK(route.place == model_place::operation_result);
    CHECK(route.vendor);
    CHECK(route.part == "analyze");
    CHECK(model_route_of("/web-api/operation/o-x/status").part == "status");
    CHECK(model_route_of("/web-api/operation/file/f-x").place == model_place::file);
    CHECK(model_route_of("/Token").place == model_place::token);
    for (const auto* path : {"/models/v1/", "/models/v1/files/", "/models/v1/files/a/b", "/models/v1//files",
                             "/models/v1/uploads/a/chunks", "/models/v1/uploads/a/chunks/1/2",
                             "/web-api/operation/", "/web-api/operation/a/b/c", "/", ""})
        CHECK(model_route_of(path).place == model_place::elsewhere);
}

TEST_CASE("chunks make a file when none is missing below the highest and they have its size")
{
    CHECK(check_whole({{0, 3}, {1, 2}}, 5).has_value());
    const auto missing = check_whole({{1, 3}, {4, 2}}, 5);
    REQUIRE(missing.has_error());
    CHECK(missing.error().code == model_errc::commit_failed);
    CHECK(missing.error().detail == "Chunks are missing: 0, 2, 3.");
    CHECK(check_whole({{9999, 1}}, 1).error().detail.ends_with("and 9979 more."));
    CHECK(check_whole({{0, 3}}, 5).error().code == model_errc::commit_failed);
    CHECK(check_whole({}, 5).error().code == model_errc::commit_failed);
    CHECK(parse_chunk_number("9999") == 9999U);
    for (const auto* text : {"", "10000", "-1", "+1", "01", "1 ", "0x1", "99999999999999999999"})
        CHECK_FALSE(parse_chunk_number(text));
}

TEST_CASE("a sign-in needs a client's credentials and the fields of its grant")
{
    const auto client = "Basic Y2xpZW50OnNlY3JldA==";
    const auto good = parse_token_request(client, "grant_type=password&username=a%20b&password=x%2By");
    REQUIRE(good.has_value());
    CHECK(good->user == "a b");
    CHECK(good->secret == "x+y");
    CHECK(
        parse_token_request("basic Y2xpZW50OnNlY3JldA", "grant_type=refresh_token&refresh_token=r")->grant ==
        token_grant::refresh);
    for (const auto* wrong : {"", "Bearer x", "Basic", "Basic !", "Basic Y2xpZW50"})
        CHECK(parse_token_request(wrong, "grant_type=password&username=a&password=b").error().code ==
              model_errc::access_denied);
    CHECK(parse_token_request(client, "grant_type=password&username=a").error().detail ==
          "The value supplied for parameter 'password' is invalid.");
    CHECK(parse_token_request(client, "grant_type=password&username=a&password=" + std::string(600, 'x'))
              .has_error());
}

TEST_CASE("a chain's steps are checked as single operations are, and feed each other")
{
    const auto asked = parse_chain(
        R"({"steps":[{"operation":"import","fileId":"f-1","measurementUnits":"INCH"},{"operation":"analyse"},
            {"operation":"export","exportToFormat":"stl"}],"callbackUrl":null})");
    REQUIRE(asked.has_value());
    CHECK(asked->operation == "import");
    CHECK(asked->input == "f-1");
    auto job = *asked;
    auto end = after_step(job, R"({"triangles":12,"resultId":"r-1"})", "r-1");
    REQUIRE(end.next);
    CHECK(end.next->operation == "analyze");
    CHECK(end.next->input == "r-1");
    job = *end.next;
    job.fields = end.fields;
    end = after_step(job, R"({"printable":true})", "");
    REQUIRE(end.next);
    CHECK(end.next->input == "r-1"); // an analysis makes nothing
    job = *end.next;
    job.fields = end.fields;
    end = after_step(job, R"({"fileId":"f-2"})", "f-2");
    CHECK_FALSE(end.next);
    const auto all = json::parse(end.fields);
    CHECK(all["fileId"] == "f-2");
    REQUIRE(all["steps"].size() == 3);
    CHECK(all["steps"][1]["printable"] == true);
    CHECK(all["steps"][1]["operation"] == "analyze");
    CHECK_FALSE(after_step(job, "", "").next); // a step that failed ends it

    for (const auto* wrong :
         {"", "{}", R"({"steps":[]})", R"({"steps":[7]})", R"({"steps":[{"operation":"nonsense"}]})",
          R"({"steps":[{"operation":"import"}]})",
          R"({"steps":[{"operation":"import","fileId":"f-1"}],"callbackUrl":"ftp://x/"})",
          R"({"steps":[{"operation":"import","fileId":"f-1"}],"callbackUrl":"http://a b/"})"})
        CHECK(parse_chain(wrong).error().code == model_errc::invalid_parameter);
    CHECK(parse_chain(R"({"steps":[{"operation":"import","fileId":"f-1"},{"operation":"export",
                          "exportToFormat":"dwg"}]})")
              .error()
              .code == model_errc::format_unknown);
}

TEST_CASE("callbacks go to no address that only the workshop's own host can reach, unless that is wanted")
{
    for (const auto* never : {"169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "fe80::1",
                              "ff02::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "nonsense"}) {
        INFO(never);
        CHECK_FALSE(callback_address_allowed(never, false));
        CHECK_FALSE(callback_address_allowed(never, true));
    }
    for (const auto* local : {"127.0.0.1", "127.9.9.9", "::1", "10.0.0.1", "172.16.0.1", "192.168.1.1",
                              "100.64.0.1", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"}) {
        INFO(local);
        CHECK_FALSE(callback_address_allowed(local, false));
        CHECK(callback_address_allowed(local, true));
    }
    CHECK(callback_address_allowed("93.184.216.34", false));
    CHECK(callback_address_allowed("2606:2800:220:1::1", false));
    CHECK(is_callback_url("https://example.org/done?x=1"));
    for (const auto* wrong : {"", "ftp://example.org/", "http://", "http://user@example.org/", "unix:/run/x",
                              "http://example.org/\r\nX: y", "//example.org/"})
        CHECK_FALSE(is_callback_url(wrong));
}

TEST_CASE("callbacks are tried again at growing intervals, and given up")
{
    CHECK(next_try_after(1)->count() == 5);
    CHECK(next_try_after(2)->count() == 20);
    CHECK(next_try_after(7)->count() == 3600);
    CHECK_FALSE(next_try_after(most_tells));
    // As `printf '1.what do ya want for nothing?' | openssl dgst -sha256 -hmac Jefe` has it.
    CHECK(signature_of("Jefe", 1, "what do ya want for nothing?") ==
          "t=1,v1=a9049465ce89cfb8e9aac62333abda66f80e3403f51f57f6bae3c3a4485eca38");
    CHECK(signature_of("a", 1, "x") != signature_of("b", 1, "x"));
    CHECK(signature_of("a", 1, "x") != signature_of("a", 2, "x"));
}

TEST_CASE("an operation is accepted where there is memory for it, or nobody knows")
{
    CHECK(available_in("MemTotal: 1 kB\nMemAvailable:    2048 kB\n") == 2048UL * 1024);
    CHECK_FALSE(available_in("MemTotal: 1 kB\n"));
    CHECK_FALSE(available_in("MemAvailable: kB"));
    CHECK(check_memory(300, 1000, 1300).has_value());
    CHECK(check_memory(300, 1000, 1299).error().code == model_errc::temporary);
    CHECK(check_memory(300, 1000, std::nullopt).has_value());
}

TEST_CASE("the memory of an operation is told by the triangles that the file's header has, and by its steps")
{
    const auto stl = [](std::uint32_t count) {
        std::string head(84, ' ');
        for (unsigned i = 0; i < 4; ++i)
            head[80 + i] = static_cast<char>(count >> 8 * i & 0xff);
        return head;
    };
    CHECK(triangles_expected(stl(1'310'720), 84 + 50UL * 1'310'720) == 1'310'720);
    CHECK(triangles_expected(stl(1'310'720), 84 + 50UL * 1'310'721) < 5'000'000); // no such STL: by its bytes
    CHECK(triangles_expected(stl(200'000'000), 84 + 50UL * 200'000'000) ==
          5'000'000); // refused by the import
    const std::string ply = "ply\nformat ascii 1.0\nelement vertex 8\nproperty float x\nproperty float y\n"
                            "property float z\nelement face 1000000\nproperty list uchar int vertex_indices\n"
                            "end_header\n";
    CHECK(triangles_expected(ply, 50'000'000) == 1'000'000);
    CHECK(triangles_expected(ply, 4000) == 1001); // it cannot hold what it says
    CHECK(triangles_expected("OFF\n8 12 0\n", 500) == 12);
    CHECK(triangles_expected("# a comment\nOFF\n# another\n8 12 0\n", 500) == 12);
    CHECK(triangles_expected("OFF\n8 -12 0\n", 2500) == 101);
    CHECK(triangles_expected("OFF\n8 999999999999 0\n", 600) == 101);
    CHECK(triangles_expected("solid part\n facet normal 0 0 1\n", 1'500'000) == 10'001);
    CHECK(triangles_expected(std::string("PK\3\4", 4), 1'000'000) == 100'001);
    CHECK(triangles_expected("v 0 0 0\n", 2500) == 101);
    CHECK(triangles_expected("", 0) == 1);

    job_record job;
    job.operation = "analyze";
    const auto small = memory_for(job, stl(1000), 84 + 50UL * 1000);
    const auto large = memory_for(job, stl(1'001'000), 84 + 50UL * 1'001'000);
    CHECK(large - small == 1'000'000UL * find_operation("analyze")->memory.bytes_a_triangle);
    job.steps = R"([{"operation":"import","parameters":{}},{"operation":"hollow","parameters":{}}])";
    job.operation = "import";
    const auto chain = memory_for(job, stl(1000), 84 + 50UL * 1000);
    job.steps.clear();
    job.operation = "hollow";
    CHECK(chain == memory_for(job, stl(1000), 84 + 50UL * 1000));
    CHECK(chain > small);
    // A text is held whole beside its triangles.
    job.operation = "analyze";
    CHECK(memory_for(job, "OFF\n3 1 0\n", 100'000'000) > 100'000'000);
}

TEST_CASE("a month is told by UTC")
{
    CHECK(month_of(0) == "1970-01");
    CHECK(month_of(1764547199) == "2025-11");
    CHECK(month_of(1764547200) == "2025-12");
}
