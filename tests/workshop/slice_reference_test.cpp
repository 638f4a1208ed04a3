#include "workshop/slicing/slice_reference.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace layerline::workshop;
using nlohmann::json;

TEST_CASE("the reference tells every field with type, default, range and text", "[slice]")
{
    const auto all = reference_json();
    CHECK(all["version"] == "1.0.6");
    for (const auto& section : slice_sections()) {
        const auto& told = all["sections"][std::string(section.name)];
        CHECK(told["fields"].size() == section.fields.size());
        for (const auto& [name, field] : told["fields"].items()) {
            INFO(section.name << "." << name);
            CHECK(field["description"].get<std::string>().size() > 3);
            CHECK((field["mandatory"] == true || field.contains("default")));
            if (field.contains("minvalue") && field.contains("default")) {
                CHECK(field["default"] >= field["minvalue"]);
                CHECK(field["default"] <= field["maxvalue"]);
            }
        }
    }
}

TEST_CASE("no two names of a section are the same in any case of letters", "[slice]")
{
    for (const auto& section : slice_sections())
        for (const auto& field : section.fields) {
            INFO(section.name << "." << field.name);
            CHECK(find_field(section, field.name) == &field);
            if (!field.before.empty()) CHECK(find_field(section, field.before) == &field);
        }
}

TEST_CASE("every code of a slice log has one row, and former internal codes become nothing", "[slice]")
{
    std::set<int> codes;
    for (const auto& row : slice_error_table()) {
        CHECK(codes.insert(static_cast<int>(row.code)).second);
        CHECK(&row_of(row.code) == &row);
    }
    for (int code = 400; code <= 421; ++code)
        CHECK(codes.count(code) == 1);
    for (const int code : {499, 500, 501, 502, 510, 511, 601, 602, 603, 604, 605})
        CHECK(codes.count(code) == 1);
    for (const auto& row : internal_code_table())
        CHECK(row.becomes.has_value() == (row.code != -9 && row.code != -10));
}
