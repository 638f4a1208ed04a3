#include "cli/settings.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <map>

#include <unistd.h>

using namespace layerline::cli;

namespace {

struct folder {
    folder()
    {
        char name[] = "/tmp/layerline-cli-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

std::variant<settings, settings_fault> resolved(const flags& given,
                                                std::map<std::string, std::string> environment)
{
    return resolve(given, [&](const char* name) -> const char* {
        const auto found = environment.find(name);
        return found == environment.end() ? nullptr : found->second.c_str();
    });
}

} // namespace

TEST_CASE("flags win over the environment, the environment over the file", "[cli][settings]")
{
    folder home;
    std::filesystem::create_directories(home.path / ".config/layerline");
    std::ofstream(home.path / ".config/layerline/cli.toml")
        << "url = \"https://file\"\ntoken = \"from-file\"\nprinter = \"p\"\n";
    flags given;
    given.url = "https://flag/";
    const auto found = resolved(given, {{"HOME", home.path.string()}, {"LAYERLINE_TOKEN", "from-env"}});
    REQUIRE(std::holds_alternative<settings>(found));
    CHECK(std::get<settings>(found).token == "from-env");
    CHECK(std::get<settings>(found).base() == "https://flag/printers/p");
}

TEST_CASE("without settings the agent on this machine is meant", "[cli][settings]")
{
    const auto found = resolved({}, {});
    REQUIRE(std::holds_alternative<settings>(found));
    CHECK(std::get<settings>(found).base() == "http://127.0.0.1:8481");
}

TEST_CASE("a mistake in the file is told with its line", "[cli][settings]")
{
    folder home;
    const auto file = home.path / "cli.toml";
    std::ofstream(file) << "url = \"https://x\"\ntokn = \"y\"\n";
    flags given;
    given.config = file;
    const auto found = resolved(given, {});
    REQUIRE(std::holds_alternative<settings_fault>(found));
    CHECK(std::get<settings_fault>(found).text == file.string() + ":2: unknown key tokn");
    given.config = home.path / "missing.toml";
    CHECK(std::holds_alternative<settings_fault>(resolved(given, {})));
    given = {};
    given.url = "ftp://x";
    CHECK(std::holds_alternative<settings_fault>(resolved(given, {})));
}
