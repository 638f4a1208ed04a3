#include "workshop/service/configuration.hpp"
#include "workshop/service/print_state.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <vector>

using namespace layerline::workshop;

TEST_CASE("what an agent says of its printer is printing, at rest or unknown", "[printing]")
{
    const auto with = [](const std::string& phase) {
        return print_state_in(R"({"agent_id":"a","printer":{"phase":")" + phase + R"(","reason":null}})");
    };
    for (const auto* phase : {"printing", "pausing", "paused", "resuming", "cancelling"})
        CHECK(with(phase) == print_state::printing);
    for (const auto* phase : {"offline", "idle", "finished", "cancelled", "error"})
        CHECK(with(phase) == print_state::idle);
    CHECK(with("connecting") == print_state::unknown);
    CHECK(with("dancing") == print_state::unknown);
    for (const auto* text : {"", "{", "[]", "null", "{}", R"({"printer":null})", R"({"printer":{}})",
                             R"({"printer":{"phase":3}})", R"({"printer":"printing"})"})
        CHECK(print_state_in(text) == print_state::unknown);
}

TEST_CASE("operations have what the owner chose beside a print, and one core where it is not known",
          "[printing]")
{
    using enum while_printing;
    using states = std::vector<print_state>;
    const states none{print_state::no_agent}, idle{print_state::idle, print_state::no_agent},
        printing{print_state::idle, print_state::unknown, print_state::printing},
        unknown{print_state::idle, print_state::unknown};
    for (const auto chosen : {wait, one, run}) {
        CHECK(share_beside({}, chosen) == host_share::usual);
        CHECK(share_beside(none, chosen) == host_share::usual);
        CHECK(share_beside(idle, chosen) == host_share::usual);
    }
    CHECK(share_beside(printing, wait) == host_share::none);
    CHECK(share_beside(printing, one) == host_share::one_core);
    CHECK(share_beside(printing, run) == host_share::usual);
    CHECK(share_beside(unknown, wait) == host_share::one_core);
    CHECK(share_beside(unknown, one) == host_share::one_core);
    CHECK(share_beside(unknown, run) == host_share::usual);
}

TEST_CASE("workshop.toml says what a print leaves to operations, and whom to ask", "[printing]")
{
    const auto read = [](const std::string& toml) { return parse_configuration(toml, "workshop.toml"); };
    const auto defaults = std::get<configuration>(read(""));
    CHECK(defaults.printing == while_printing::wait);
    REQUIRE(defaults.agents.size() == 1);
    const auto given = std::get<configuration>(
        read("[jobs]\nwhile_printing = \"one\"\nagents = [\"/run/a.sock\", \"/run/b.sock\"]\n"));
    CHECK(given.printing == while_printing::one);
    CHECK(given.agents == std::vector<std::filesystem::path>{"/run/a.sock", "/run/b.sock"});
    CHECK(std::get<configuration>(read("[jobs]\nagents = []\n")).agents.empty());
    for (const auto* wrong : {"while_printing = \"never\"", "while_printing = true",
                              "agents = \"/run/a.sock\"", "agents = [1]"}) {
        INFO(wrong);
        const auto refused = read(std::string("[jobs]\n") + wrong + "\n");
        REQUIRE(std::holds_alternative<configuration_fault>(refused));
        CHECK(std::get<configuration_fault>(refused).text.find("workshop.toml:2: jobs.") == 0);
    }
}
