// The addresses and shapes of the vendor's public SDKs, with their clients' habits.
#include "workshop_rig.hpp"

#include "tests/workshop/shapes.hpp"
#include "workshop/models/stl.hpp"

#include <catch2/catch.hpp>

#include <csignal>

using namespace layerline::tests;
using nlohmann::json;
namespace workshop = layerline::workshop;

namespace {

const std::string& cube()
{
    static const auto bytes = workshop::binary_stl(workshop::shapes::box(10, 20, 30));
    return bytes;
}

web_answer sign_in(const workshop_rig& at, const std::string& form, bool client = true)
{
    web_request asked;
    asked.method = "POST";
    asked.url = at.url + "/token";
    asked.body = form;
    asked.headers.set("content-type", "application/x-www-form-urlencoded");
    if (client) asked.headers.set("authorization", "Basic Y2xpZW50OnNlY3JldA=="); // client:secret
    return web(asked);
}

// What the SDKs' clients do: wait for isCompleted, however it ended.
json completed(const workshop_rig& at, const std::string& id)
{
    (void)at.over(id);
    const auto answer = at.ask("GET", "/web-api/operation/" + id + "/status", {}, "application/json");
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return answer.json();
}

std::string begun(const workshop_rig& at, const std::string& operation, const json& body)
{
    const auto answer =
        at.ask("POST", "/web-api/operation/" + operation, body.dump(), "application/json; charset=utf-8");
    INFO(answer.status << ' ' << answer.body);
    REQUIRE(answer.status == 200); // any other is a failure to them
    return answer.json().value("operationId", "");
}

} // namespace

TEST_CASE("an SDK's flow: token, upload, import, analyse, repair, export, download", "[workshop][vendor]")
{
    workshop_rig at;
    const auto secret = at.token;
    auto answer = sign_in(at, "grant_type=password&username=test&password=" + secret);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    auto session = answer.json();
    CHECK(session["expires_in"] == 3600);
    CHECK(session.contains(".issued"));
    CHECK(session.contains(".expires"));
    answer = sign_in(at, "grant_type=refresh_token&refresh_token=" + session.value("refresh_token", ""));
    REQUIRE(answer.status == 200);
    session = answer.json();
    at.token = session.value("access_token", "");
    CHECK(at.token != secret);

    for (const auto* disposition : {"form-data; fileName=\"part.stl\"", "attachment; filename=part.stl"}) {
        const auto form = "--XX\r\nContent-Disposition: " + std::string(disposition) +
                          "\r\nContent-Type: application/octet-stream\r\n\r\n" + cube() + "\r\n--XX--\r\n";
        answer = at.ask("POST", "/web-api/operation/file", form, "multipart/form-data; boundary=XX");
        INFO(answer.body);
        REQUIRE(answer.status == 200);
    }
    const auto file = answer.json().value("fileId", "");
    auto id = begun(at, "import", {{"fileId", file}, {"measurementUnits", "Mm"}, {"callbackUrl", nullptr}});
    auto status = completed(at, id);
    CHECK(status["isCompleted"] == true);
    CHECK(status["isSuccessful"] == true);
    answer = at.ask("GET", "/web-api/operation/" + id + "/import/result", {}, "application/json");
    REQUIRE(answer.status == 200);
    const auto model = answer.json().value("resultId", "");

    id = begun(at, "analyze", {{"inputId", model}});
    CHECK(completed(at, id)["isSuccessful"] == true);
    const auto analysis = at.ask("GET", "/web-api/operation/" + id + "/analyze/result").json();
    CHECK(analysis["volumeMm3"] == Approx(6000));
    CHECK(analysis["operationId"] == id);
    CHECK(at.ask("GET", "/web-api/operation/" + id + "/repair/result").status == 404);

    id = begun(at, "export", {{"inputId", model}, {"exportToFormat", "Stl"}});
    CHECK(completed(at, id)["isSuccessful"] == true);
    const auto made = at.ask("GET", "/web-api/operation/" + id + "/export/result").json();
    answer = at.ask("GET", "/web-api/operation/file/" + made.value("fileId", ""), {}, "application/json");
    CHECK(answer.status == 200);
    CHECK(answer.body == cube());

    // A session is good over a restart, and no longer than its token.
    at.service->signal(SIGKILL);
    (void)at.service->wait();
    at.start();
    CHECK(at.ask("GET", "/web-api/operation/file/" + file).status == 200);
    const auto list = run({program_path("layerline-workshop").string(), "--state", at.path("state").string(),
                           "token", "list", "--json"});
    const auto tokens = json::parse(list.output);
    INFO(list.output);
    const auto name = tokens["tokens"][0].value("id", "");
    CHECK(run({program_path("layerline-workshop").string(), "--state", at.path("state").string(), "token",
               "revoke", name})
              .exit_code == 0);
    answer = at.ask("GET", "/web-api/operation/file/" + file);
    CHECK(answer.status == 401);
    CHECK(workshop_rig::code_of(answer) == 12);
}

TEST_CASE("a failed operation is completed, so that the SDKs stop asking", "[workshop][vendor]")
{
    const workshop_rig at;
    const auto id = begun(at, "import", {{"fileId", at.upload(cube().substr(0, 300))}});
    const auto status = completed(at, id);
    CHECK(status["isCompleted"] == true);
    CHECK(status["isSuccessful"] == false);
    const auto answer = at.ask("GET", "/web-api/operation/" + id + "/import/result");
    CHECK(answer.status == 422);
    CHECK(workshop_rig::code_of(answer) == 202);
}

TEST_CASE("12, 13: who signs in wrongly is told so", "[workshop][vendor][status]")
{
    const workshop_rig at;
    const auto good = "grant_type=password&username=test&password=" + at.token;
    const auto refused = [&](const std::string& form, bool client = true) {
        const auto answer = sign_in(at, form, client);
        return std::pair(answer.status, workshop_rig::code_of(answer));
    };
    CHECK(refused(good, false) == std::pair(401U, 12));
    CHECK(refused("grant_type=password&username=other&password=" + at.token) == std::pair(401U, 12));
    CHECK(refused("grant_type=password&username=test&password=ll_wrong") == std::pair(401U, 12));
    CHECK(refused("grant_type=refresh_token&refresh_token=" + at.token) == std::pair(401U, 12));
    CHECK(refused("grant_type=magic") == std::pair(400U, 13));
    CHECK(refused("grant_type=password&password=x") == std::pair(400U, 13));
    CHECK(refused("grant_type=password&username=test&password=" + at.make_token("view")) ==
          std::pair(403U, 12));
}
