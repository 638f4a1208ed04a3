// The audit file.
#include "access/audit.hpp"
#include "scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

#include <sys/stat.h>

using namespace layerline::access;

namespace {
const std::string secret = "ll_" + std::string(43, 'S');
const std::chrono::system_clock::time_point when{std::chrono::milliseconds(1700000000123)};
} // namespace

TEST_CASE("a line says when, who, what and how it ended")
{
    const auto line = nlohmann::json::parse(
        to_line({"t-1", "phone", "192.0.2.1", "token.revoke", "t-2", "ok", "asked for by its owner"}, when));
    CHECK(line["time"] == "2023-11-14T22:13:20.123Z");
    CHECK(line["who"] == "t-1");
    CHECK(line["name"] == "phone");
    CHECK(line["peer"] == "192.0.2.1");
    CHECK(line["action"] == "token.revoke");
    CHECK(line["target"] == "t-2");
    CHECK(line["outcome"] == "ok");
    CHECK(line["detail"] == "asked for by its owner");
}

TEST_CASE("hostile text stays one ASCII line of bounded length")
{
    const auto text = to_line(
        {"\x1b[2J\n{\"who\":\"root\"}\r\xff\xE2\x80\xAE", std::string(100000, 'x'), "", "", "", "", ""},
        when);
    CHECK(std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }));
    CHECK(text.size() < 2000);
    CHECK(nlohmann::json::parse(text)["who"].get<std::string>().starts_with("\x1b[2J\n"));
}

TEST_CASE("a token that got into an entry by mistake is not kept")
{
    const auto text = to_line(
        {"ll_short", "a", "b", "c", "Bearer " + secret + ",", "ok", std::string(490, 'x') + secret}, when);
    CHECK(text.find("SSS") == std::string::npos);
    CHECK(text.find("Bearer ll_***,") != std::string::npos);
    CHECK(text.find("ll_short") != std::string::npos);
}

TEST_CASE("lines are appended to a private file over restarts")
{
    const scratch_folder folder;
    for (int i = 0; i < 2; ++i) {
        const auto log = open_audit_log(folder / "audit.log");
        REQUIRE(log);
        CHECK_FALSE((*log)->write({"t-1", "", "", "a", "", "ok", ""}));
    }
    const auto content = get_file(folder / "audit.log");
    CHECK(std::ranges::count(content, '\n') == 2);
    struct stat about {};
    REQUIRE(::stat((folder / "audit.log").c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
}

TEST_CASE("a full file becomes the older one, and the two stay within bounds")
{
    const scratch_folder folder;
    const auto log = open_audit_log(folder / "audit.log", 1000);
    REQUIRE(log);
    for (int i = 0; i < 100; ++i)
        CHECK_FALSE((*log)->write({"t-1", "", "", "action " + std::to_string(i), "", "ok", ""}));
    CHECK(std::filesystem::file_size(folder / "audit.log") <= 1000);
    CHECK(std::filesystem::file_size(folder / "audit.log.1") <= 1000);
    CHECK(get_file(folder / "audit.log").find("action 99") != std::string::npos);
}

TEST_CASE("a log that cannot be opened or written is an error, not an end")
{
    const scratch_folder folder;
    CHECK(open_audit_log(folder / "no/such.log").has_error());
    CHECK(open_audit_log(folder.path()).has_error());
    if (std::filesystem::exists("/dev/full")) {
        std::filesystem::create_symlink("/dev/full", folder / "link");
        CHECK(open_audit_log(folder / "link").has_error()); // links are not followed
    }
}
