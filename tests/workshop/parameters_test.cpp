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
        if (one.kind == parameter_kind::list) {
            auto entry = json::object();
            for (const auto& field : fields_of(one))
                entry[std::string(field.name)] = field.most;
            all[name] = json::array({entry});
        }
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
            changed[name] = one.kind == parameter_kind::list ? json::object() : json::array();
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

TEST_CASE("each entry of a list is checked, and what is wrong is named with its place", "[parameters]")
{
    const auto* const row = find_operation("hollow");
    REQUIRE(row != nullptr);
    const json hole{{"x", 1}, {"y", -2.5}, {"z", 3}, {"diameterMm", 4}};
    const auto with = [&](const json& holes) {
        return checked_parameters({{"inputId", "f-a"}, {"wallThicknessMm", 2}, {"drainHoles", holes}},
                                  row->parameters);
    };
    auto more = hole;
    more["colour"] = "red";
    CHECK((*with({hole, more}))["drainHoles"] == json::array({hole, hole}));
    CHECK((*with(json::array()))["drainHoles"].empty());
    const auto why = [&](json second) { return with(json::array({hole, std::move(second)})).error(); };
    for (const auto& field : fields_of(row->parameters[3])) {
        const std::string name(field.name);
        INFO(name);
        auto changed = hole;
        const auto words = "The value supplied for parameter 'drainHoles[1]." + name + "' is invalid.";
        changed.erase(name);
        CHECK(why(changed).detail == words);
        for (const auto& wrong :
             {json("1"), json(nullptr), json::array(), json(std::numeric_limits<double>::quiet_NaN())}) {
            changed[name] = wrong;
            CHECK(why(changed).detail == words);
            CHECK(why(changed).code == model_errc::invalid_parameter);
        }
        for (const auto far : {field.least - 0.1, field.most + 1}) {
            changed[name] = far;
            CHECK(why(changed).code == field.wrong);
            CHECK(why(changed).detail.find("drainHoles[1]." + name + " must be") == 0);
        }
    }
    CHECK(why(7).detail == "The value supplied for parameter 'drainHoles[1]' is invalid.");
    CHECK(with(std::vector<json>(33, hole)).error().detail == "drainHoles must have at most 32 entries.");
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
