// The workshop below /workshop/ of a real relay and a real agent.
#include "rig.hpp"
#include "workshop_rig.hpp"

#include "tests/workshop/shapes.hpp"
#include "workshop/models/stl.hpp"

#include <catch2/catch.hpp>

#include <array>
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

rig_options beside(const workshop_rig& shop)
{
    const auto section = "[workshop]\nsocket = \"" + shop.path("state/workshop.sock").string() + "\"\n";
    rig_options options;
    options.agent_toml = section;
    options.relay_toml = "[limits]\nrequests_per_minute = 100000\n" + section;
    return options;
}

// One of the ways to the workshop, with a token of its own.
struct way {
    std::string base, token;

    web_answer ask(const std::string& method, const std::string& target, const std::string& body = {},
                   const layerline::transport::fields& headers = {}) const
    {
        web_request asked;
        asked.method = method;
        asked.url = base + "/workshop" + target;
        asked.token = token;
        asked.body = body;
        asked.headers = headers;
        asked.patience = seconds(60);
        return web(asked);
    }
    std::string upload(const std::string& bytes) const
    {
        const auto answer = ask("POST", "/models/v1/files?name=part.stl", bytes);
        INFO(base << ' ' << answer.status << ' ' << answer.body << answer.error);
        REQUIRE(answer.status == 201);
        return answer.json().value("fileId", "");
    }
};

} // namespace

TEST_CASE(
    "the workshop is below /workshop/ of the agent and of the relay, for the scope files, with files of "
    "each principal's own",
    "[workshop]")
{
    workshop_rig shop;
    rig at(beside(shop));
    at.start_all();
    const way lan{at.agent_url(), at.make_agent_token("files").secret},
        tunnel{at.printer_url(), at.make_relay_token("files").secret},
        relay{at.relay_url(), at.make_relay_token("files").secret};
    // Larger than what any hop holds.
    const auto sphere = workshop::binary_stl(workshop::shapes::sphere(50, 7));
    std::vector<std::string> files;
    for (const auto* one : {&lan, &tunnel, &relay}) {
        files.push_back(one->upload(sphere));
        const auto back = one->ask("GET", "/models/v1/files/" + files.back());
        CHECK(back.status == 200);
        CHECK(back.body == sphere);
        layerline::transport::fields range;
        range.set("range", "bytes=0-3");
        CHECK(one->ask("GET", "/models/v1/files/" + files.back(), {}, range).status == 206);
        const auto small = one->upload(cube());
        const auto begun = one->ask("POST", "/models/v1/operations/analyze", json{{"inputId", small}}.dump());
        REQUIRE(begun.status == 202);
        const auto id = begun.json().value("operationId", "");
        const auto events = one->ask("GET", "/models/v1/operations/" + id + "/events");
        CHECK(events.status == 200);
        CHECK(events.body.find("\"state\":\"succeeded\"") != std::string::npos);
        const auto result = one->ask("GET", "/models/v1/operations/" + id + "/result");
        CHECK(result.json()["triangles"] == 12);
    }
    // Nobody sees another one's, whatever headers are sent.
    layerline::transport::fields forged;
    forged.set("x-layerline-principal", "local");
    forged.set("x-layerline-scopes", "files,admin");
    const std::array ways{&lan, &tunnel, &relay};
    for (std::size_t i = 0; i < ways.size(); ++i)
        for (std::size_t j = 0; j < files.size(); ++j)
            if (i != j)
                CHECK(ways.at(i)->ask("GET", "/models/v1/files/" + files[j], {}, forged).status == 404);
    // Another token of the same relay is another principal.
    const way other{at.relay_url(), at.make_relay_token("files").secret};
    CHECK(other.ask("GET", "/models/v1/files/" + files[2]).status == 404);

    const way blind_lan{at.agent_url(), at.make_agent_token("view").secret},
        blind_tunnel{at.printer_url(), at.make_relay_token("view").secret},
        blind_relay{at.relay_url(), at.make_relay_token("view,control").secret};
    for (const auto* one : {&blind_lan, &blind_tunnel, &blind_relay})
        CHECK(one->ask("GET", "/models/v1/operations").status == 403);

    shop.service->signal(SIGKILL);
    (void)shop.service->wait();
    for (const auto* one : ways) {
        const auto answer = one->ask("GET", "/models/v1/operations");
        INFO(one->base << ' ' << answer.body);
        CHECK(answer.status == 503);
        CHECK(answer.body.find("workshop_away") != std::string::npos);
        CHECK(answer.headers.find("retry-after"));
    }
    shop.start();
    CHECK(tunnel.ask("GET", "/models/v1/files/" + files[1]).body == sphere);
}

TEST_CASE("without a workshop there is nothing below /workshop/", "[workshop]")
{
    rig at;
    at.start_all();
    const way lan{at.agent_url(), at.make_agent_token("files").secret},
        relay{at.relay_url(), at.make_relay_token("files").secret};
    CHECK(lan.ask("GET", "/models/v1/operations").status == 404);
    CHECK(relay.ask("GET", "/models/v1/operations").status == 404);
}
