// docs/safety.md names the test that shows each rule: each of these tests is there.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace {

std::string content_of(const std::filesystem::path& file)
{
    std::ifstream in(file);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
}

// A name may be broken into several literals over lines: without what stands between them.
std::string joined(const std::string& source)
{
    std::string text;
    for (std::size_t at = 0; at < source.size(); ++at) {
        if (source[at] == '"') {
            const auto next = source.find_first_not_of(" \n", at + 1);
            if (next != std::string::npos && source[next] == '"' && next > at + 1) {
                at = next;
                continue;
            }
        }
        text += source[at];
    }
    return text;
}

} // namespace

TEST_CASE("each test that docs/safety.md names is there")
{
    std::string tests;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(LAYERLINE_TESTS_DIR))
        if (entry.path().extension() == ".cpp") tests += joined(content_of(entry.path()));
    const auto page = content_of(std::filesystem::path(LAYERLINE_DOCS_DIR) / "safety.md");
    const auto begin = page.find("## Which test shows it");
    REQUIRE(begin != std::string::npos);
    std::istringstream lines(page.substr(begin));
    std::size_t names = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("| ", 0) != 0) continue;
        for (auto at = line.find('`'); at != std::string::npos; at = line.find('`', at + 1)) {
            const auto end = line.find('`', at + 1);
            REQUIRE(end != std::string::npos);
            const auto name = line.substr(at + 1, end - at - 1);
            INFO(name);
            CHECK(tests.find('"' + name + '"') != std::string::npos);
            ++names;
            at = end;
        }
    }
    CHECK(names > 60);
}
