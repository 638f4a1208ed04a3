#include "workshop/operations/operation.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

using namespace layerline::workshop;
using nlohmann::json;

namespace {

// A request that every check passes.
json good(const operation_row& row)
{
    auto all = json::object();
    for (const auto& one : row.parameters) {
        const std::string name(one.name);
        if (!one.either.empty()) continue; // the other one is given
        if (one.kind == parameter_kind::model) all[name] = "f-aaaa";
        if (one.kind == parameter_kind::number) all[name] = one.most;
        if (one.kind == parameter_kind::whole) all[name] = static_cast<int>(one.most);
        if (one.kind == parameter_kind::choice) all[name] = one.choices.front();
        if (one.kind == parameter_kind::flag) all[name] = true;
    }
    return all;
}

model_failure refusal(const operation_row& row, const json& given)
{
    const auto checked = checked_parameters(given, row.parameters);
    REQUIRE(checked.has_error());
    return checked.error();
}

} // namespace

TEST_CASE("each parameter of each operation is checked: 13 names it, a value out of range has its own code",
          "[parameters]")
{
    for (const auto& row : operation_table()) {
        const auto all = good(row);
        REQUIRE(checked_parameters(all, row.parameters).has_value());
        for (const auto& one : row.parameters) {
            const std::string name(one.name);
            INFO(row.name << ' ' << name);
            const auto words = "The value supplied for parameter '" + name + "' is invalid.";
            auto changed = all;
            changed[name] = json::array();
            CHECK(refusal(row, changed).code == model_errc::invalid_parameter);
            CHECK(refusal(row, changed).detail == words);
            changed[name] = nullptr; // counts as missing
            if (one.needed) {
                CHECK(refusal(row, changed).detail == words);
                changed.erase(name);
                CHECK(refusal(row, changed).detail == words);
            } else {
                const bool alternative =
                    std::any_of(row.parameters.begin(), row.parameters.end(),
                                [&one](const parameter& other) { return other.either == one.name; });
                CHECK(checked_parameters(changed, row.parameters).has_value() == !alternative);
            }
            if (one.kind == parameter_kind::number || one.kind == parameter_kind::whole) {
                changed[name] = "1";
                CHECK(refusal(row, changed).detail == words);
                changed[name] = std::numeric_limits<double>::infinity();
                CHECK(refusal(row, changed).detail == words);
                changed[name] = one.most + 1;
                CHECK(refusal(row, changed).code == one.wrong);
                CHECK(refusal(row, changed).detail.find(name) == 0);
                changed[name] = one.least - 1;
                CHECK(refusal(row, changed).code == one.wrong);
            }
            if (one.kind == parameter_kind::whole) {
                changed[name] = one.least + 0.5;
                CHECK(refusal(row, changed).detail == words);
            }
            if (one.kind == parameter_kind::choice) {
                changed[name] = "nonsense";
                CHECK(refusal(row, changed).code == one.wrong);
                changed[name] = 1;
                CHECK(refusal(row, changed).detail == words);
            }
        }
    }
}

TEST_CASE("a scale is a factor or a size along an axis, never both and never neither", "[parameters]")
{
    const auto* const row = find_operation("scale");
    REQUIRE(row != nullptr);
    const auto code = [row](json more) {
        more["inputId"] = "f-a";
        const auto checked = checked_parameters(more, row->parameters);
        return checked.has_error() ? static_cast<int>(checked.error().code) : 0;
    };
    CHECK(code({{"factor", 2}}) == 0);
    CHECK(code({{"factor", 2}, {"axis", "z"}}) == 0);
    CHECK(code({{"scaleToSizeMm", 2}, {"axis", "z"}}) == 0);
    CHECK(code({{"scaleToSizeMm", 2}}) == 13);
    CHECK(code({{"scaleToSizeMm", 2}, {"axis", "W"}}) == 401);
    CHECK(code({{"scaleToSizeMm", 2}, {"axis", "X"}, {"factor", 2}}) == 13);
    CHECK(code(json::object()) == 13);
    CHECK(code({{"factor", 0.001}}) == 400);
    CHECK(code({{"factor", 10001}}) == 400);
}

TEST_CASE("words are taken in any case, and what is not known is left out", "[parameters]")
{
    const auto* const row = find_operation("import");
    REQUIRE(row != nullptr);
    const auto checked = checked_parameters(
        {{"fileId", "f-a"}, {"measurementUnits", "Inch"}, {"callbackUrl", nullptr}, {"more", 1}},
        row->parameters);
    REQUIRE(checked.has_value());
    CHECK(*checked == json{{"fileId", "f-a"}, {"measurementUnits", "inch"}});
    CHECK(checked_parameters(json::array(), row->parameters).error().detail ==
          "The value supplied for parameter 'body' is invalid.");
    CHECK(find_operation("analyse") == find_operation("analyze"));
    CHECK(find_operation("nonsense") == nullptr);
}
