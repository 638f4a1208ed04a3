// Which virtual paths are good.
#include "commands/virtual_path.hpp"

#include <catch2/catch.hpp>

using namespace layerline::commands;

TEST_CASE("good paths come apart and together again")
{
    for (const std::string text :
         {"gcode", "gcode/a.gcode", "gcode/a b/c (1).gcode", "gcode/ä/日本.g", "gcode/a..b"}) {
        CAPTURE(text);
        const auto path = parse_virtual_path(text);
        REQUIRE(std::holds_alternative<virtual_path>(path));
        CHECK(std::get<virtual_path>(path).text() == text);
    }
    CHECK(std::get<virtual_path>(parse_virtual_path("gcode/a/b")).below_root() == "a/b");
}

TEST_CASE("paths that lead out, hide, or carry G-code are refused")
{
    std::string deep = "gcode";
    for (int i = 0; i < 17; ++i)
        deep += "/a";
    for (const std::string& text : {std::string(""),
                                    std::string("/"),
                                    std::string("/etc/passwd"),
                                    std::string("etc/passwd"),
                                    std::string("gcode/"),
                                    std::string("gcode//a"),
                                    std::string("gcode/../a"),
                                    std::string("gcode/a/.."),
                                    std::string("gcode/."),
                                    std::string("gcode/.hidden"),
                                    std::string("gcode/.part/x"),
                                    std::string("gcode/a\\b"),
                                    std::string("gcode/a\nM112"),
                                    std::string("gcode/a\rb"),
                                    std::string("gcode/a\0b", 9),
                                    std::string("gcode/a;b"),
                                    std::string("gcode/a*33"),
                                    std::string("gcode/a\x7f"),
                                    std::string("gcode/\xff"),
                                    std::string("gcode/\xc0\xae"),
                                    std::string("gcode/\xed\xa0\x80"),
                                    std::string("gcodes/a"),
                                    std::string("../gcode/a"),
                                    deep,
                                    "gcode/" + std::string(256, 'a'),
                                    "gcode/" + std::string(1020, 'a')}) {
        CAPTURE(text);
        CHECK(std::holds_alternative<std::string>(parse_virtual_path(text)));
    }
}

TEST_CASE("only names of G-code files count as such")
{
    for (const char* name : {"a.gcode", "a.GCODE", "gcode/x/a.gco", "a.g", "a.b.g"})
        CHECK(has_gcode_name(name));
    for (const char* name : {".gcode", "gcode/.g", "a.gcode.gz", "a.stl", "gcode", "", "a.gcode "})
        CHECK_FALSE(has_gcode_name(name));
}
