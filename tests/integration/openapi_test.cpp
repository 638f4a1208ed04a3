// The document of the API against the agent that runs.
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace layerline::tests;
using nlohmann::json;

TEST_CASE(
    "openapi.json names the commands, methods, scopes and arguments of the running agent, and no others",
    "[openapi]")
{
    rig at;
    at.start_all();
    const auto all = json::parse(at.at_relay("GET", "capabilities").body).at("Result");
    const auto document = json::parse(content_of(LAYERLINE_DOCS_DIR "/openapi.json"));
    std::set<std::string> told;
    for (const auto& command : all.at("Commands")) {
        const auto name = command.at("Name").get<std::string>();
        CAPTURE(name);
        told.insert("/" + name);
        REQUIRE(document.at("paths").contains("/" + name));
        const auto& item = document.at("paths").at("/" + name);
        CHECK(item.size() == command.at("Methods").size());
        for (const auto& method : command.at("Methods")) {
            auto lower = method.get<std::string>();
            for (char& c : lower)
                c = static_cast<char>(c - 'A' + 'a');
            REQUIRE(item.contains(lower));
            const auto& operation = item.at(lower);
            CHECK(operation.at("summary") == command.at("Does"));
            CHECK(operation.at("security")[0].at("bearer")[0] == command.at("Scope"));
            std::set<std::string> given, taken;
            for (const auto& parameter : operation.at("parameters"))
                if (parameter.contains("in")) given.insert(parameter.at("name"));
            const json::json_pointer properties("/requestBody/content/application~1json/schema/properties");
            if (operation.contains(properties))
                for (const auto& [argument, schema] : operation.at(properties).items())
                    given.insert(argument);
            for (const auto& argument : command.at("Arguments"))
                taken.insert(argument.at("Name"));
            CHECK(given == taken);
        }
    }
    CHECK(document.at("paths").size() == told.size());
}
