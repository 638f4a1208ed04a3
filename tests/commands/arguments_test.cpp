// Arguments: what is taken, what is refused, and under which Status.
#include "commands/arguments.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace layerline::commands;

namespace {

constexpr std::array schema{
    argument{.name = "Path", .required = true, .least = 1, .most = 20},
    argument{.name = "On", .type = argument_type::boolean},
    argument{.name = "Count", .type = argument_type::integer, .most = 15},
    argument{.name = "Heat", .type = argument_type::number, .most = 300, .alias = "heat_c"},
};

struct refusal {
    const char* query;
    const char* body;
    int status;
    const char* names; // what the error must name
};

} // namespace

TEST_CASE("a JSON body gives typed arguments")
{
    const auto all =
        decode_arguments(schema, dialect::exact, "", R"({"Path":"gcode/a","On":true,"Count":3,"Heat":21.5})");
    REQUIRE(all.has_value());
    CHECK(all->text("Path") == "gcode/a");
    CHECK(all->boolean("On") == true);
    CHECK(all->integer("Count") == 3);
    CHECK(all->number("Heat") == 21.5);
    CHECK_FALSE(all->has("Other"));
}

TEST_CASE("a query gives arguments of the schema's types, names in any case")
{
    const auto all = decode_arguments(schema, dialect::exact, "path=gcode%2Fa+b&ON=1&count=3&HEAT_C=60", "");
    REQUIRE(all.has_value());
    CHECK(all->text("Path") == "gcode/a b");
    CHECK(all->boolean("On") == true);
    CHECK(all->integer("Count") == 3);
    CHECK(all->number("Heat") == 60);
}

TEST_CASE("null means that an argument is not given")
{
    CHECK(decode_arguments(schema, dialect::exact, "", R"({"Path":"a","On":null})").has_value());
    const auto none = decode_arguments(schema, dialect::exact, "", R"({"Path":null})");
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().status == 400);
}

TEST_CASE("what cannot be decoded is 751, what is wrong is 400 and names the field")
{
    const std::array all{
        refusal{"", "{", 751, "JSON"},
        refusal{"", "nonsense", 751, "JSON"},
        refusal{"", "[1]", 751, "JSON object"},
        refusal{"", "3", 751, "JSON object"},
        refusal{"", "{\"Path\":\"\xff\"}", 751, "JSON"},
        refusal{"", R"({"Path":"a","Heat":1e999})", 751, "JSON"},
        refusal{"", R"({"Path":"a"} trailing)", 751, "JSON"},
        refusal{"path=%", "", 751, "decoded"},
        refusal{"path=%4", "", 751, "decoded"},
        refusal{"path=%zz", "", 751, "decoded"},
        refusal{"path=%ff", "", 751, "decoded"},
        refusal{"", "", 400, "Path is missing"},
        refusal{"", "{}", 400, "Path is missing"},
        refusal{"", R"({"Path":3})", 400, "Path must be a string"},
        refusal{"", R"({"Path":["a"]})", 400, "Path must be a string"},
        refusal{"", R"({"Path":{"a":1}})", 400, "Path must be a string"},
        refusal{"", R"({"Path":""})", 400, "Path"},
        refusal{"", R"({"Path":"aaaaaaaaaaaaaaaaaaaaa"})", 400, "Path"},
        refusal{"", R"({"Path":"a","On":1})", 400, "On must be a boolean"},
        refusal{"", R"({"Path":"a","On":"true"})", 400, "On must be a boolean"},
        refusal{"", R"({"Path":"a","Count":1.5})", 400, "Count must be an integer"},
        refusal{"", R"({"Path":"a","Count":16})", 400, "Count must be between 0 and 15"},
        refusal{"", R"({"Path":"a","Count":-1})", 400, "Count"},
        refusal{"", R"({"Path":"a","Count":99999999999999999999})", 400, "Count"},
        refusal{"", R"({"Path":"a","Heat":true})", 400, "Heat must be a number"},
        refusal{"", R"({"Path":"a","Heat":"60"})", 400, "Heat must be a number"},
        refusal{"", R"({"Path":"a","Heat":301})", 400, "Heat"},
        refusal{"path=a&heat=nan", "", 400, "Heat"},
        refusal{"path=a&heat=inf", "", 400, "Heat"},
        refusal{"path=a&heat=60x", "", 400, "Heat"},
        refusal{"path=a&on=yes", "", 400, "On"},
        refusal{"path=a%0AM112", "", 400, "Path"},
        refusal{"path=a%0D", "", 400, "Path"},
        refusal{"path=a%00b", "", 400, "Path"},
        refusal{"path=a;M112", "", 400, "Path"},
        refusal{"path=a*1", "", 400, "Path"},
        refusal{"", R"({"Path":"a\u0000b"})", 400, "Path"},
        refusal{"", R"({"Path":"a","Zzz":1})", 400, "Zzz"},
        refusal{"zzz=1&path=a", "", 400, "zzz"},
        refusal{"", R"({"path":"a"})", 400, "path"},
        refusal{"path=a&path=b", "", 400, "Path is given twice"},
        refusal{"path=a", R"({"Path":"a"})", 400, "Path is given twice"},
        refusal{"", R"({"Path":"a","Path":"b"})", 400, "Path is given twice"},
    };
    for (const auto& one : all) {
        CAPTURE(one.query, one.body);
        const auto decoded = decode_arguments(schema, dialect::exact, one.query, one.body);
        REQUIRE_FALSE(decoded.has_value());
        CHECK(decoded.error().status == one.status);
        CHECK_THAT(decoded.error().error, Catch::Contains(one.names));
    }
}

TEST_CASE("the seed's dialect ignores unknown fields and takes the first of two")
{
    const auto all = decode_arguments(schema, dialect::seed, "path=b&zzz=1",
                                      R"({"Path":"a","AmsMapping":[1,[2]],"x":{"Path":"deeper"}})");
    REQUIRE(all.has_value());
    CHECK(all->text("Path") == "a");
    const auto wrong = decode_arguments(schema, dialect::seed, "", R"({"Path":1})");
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error().status == 400);
}

TEST_CASE("nesting, size and the number of query fields are bounded")
{
    const std::string deep = R"({"x":)" + std::string(100000, '[') + "}";
    CHECK(decode_arguments(schema, dialect::seed, "", deep.substr(0, 60000)).error().status == 751);
    CHECK(decode_arguments(schema, dialect::seed, "", deep).error().status == 413);
    std::string many = "path=a";
    for (int i = 0; i < 70; ++i)
        many += "&x=1";
    CHECK(decode_arguments(schema, dialect::seed, many, "").error().status == 751);
}
