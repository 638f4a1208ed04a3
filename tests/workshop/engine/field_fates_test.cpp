// No field of a request is passed over: the table of fates against the documentation and what the engine is
// really asked for.
#include "engine_samples.hpp"

#include "workshop/engine/field_fates.hpp"
#include "workshop/slicing/slice_reference.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <set>

using namespace layerline::tests;
using namespace layerline::workshop;
using nlohmann::json;

namespace {

// The field in a request, whose first element it is in a list.
json& place_of(json& data, const std::string& section, std::string name)
{
    auto* at = data[section].is_array() ? &data[section][0] : &data[section];
    if (const auto dot = name.find('.'); dot != std::string::npos) {
        at = &(*at)[name.substr(0, dot)];
        name.erase(0, dot + 1);
    }
    return (*at)[name];
}

std::vector<json> other_values(const slice_field& field, const json& now)
{
    std::vector<json> all;
    if (field.kind == field_kind::flag) return {!now.get<bool>()};
    if (field.kind == field_kind::text) return {"another"};
    for (const auto one : field.choices)
        if (one != now) all.emplace_back(one);
    if (field.kind != field_kind::whole && field.kind != field_kind::number) return all;
    for (const double step : {1.0, -1.0, 10.0, -10.0, 50.0, -50.0, 100.0, 1000.0, -1000.0, 5000.0}) {
        const double value = now.get<double>() + step;
        if (value >= field.least && value <= field.most) all.emplace_back(value);
    }
    return all;
}

bool same(const engine_plan& one, const engine_plan& other)
{
    if (one.settings != other.settings || one.volumes.size() != other.volumes.size()) return false;
    for (std::size_t at = 0; at < one.volumes.size(); ++at) {
        const auto &a = one.volumes[at], &b = other.volumes[at];
        if (a.extruder != b.extruder || a.ranges.size() != b.ranges.size()) return false;
        for (std::size_t range = 0; range < a.ranges.size(); ++range)
            if (a.ranges[range].from_mm != b.ranges[range].from_mm ||
                a.ranges[range].to_mm != b.ranges[range].to_mm ||
                a.ranges[range].settings != b.ranges[range].settings)
                return false;
    }
    return true;
}

struct outcome {
    std::size_t changed = 0, noted = 0, refused = 0, passed_over = 0;
};

outcome tried(const json& base, const engine_plan& plan, const slice_section& section,
              const slice_field& field)
{
    outcome all;
    auto read = *read_slice_request(slice_text(base));
    const std::string part(section.name), name(field.name);
    for (const auto& value : other_values(field, place_of(read.data, part, name))) {
        auto sent = base;
        place_of(sent, part, name) = value;
        const auto other = engine_plan_of(sent);
        if (other.has_error())
            ++all.refused;
        else if (other->notes != plan.notes)
            ++all.noted;
        else if (!same(*other, plan))
            ++all.changed;
        else
            ++all.passed_over;
    }
    return all;
}

} // namespace

TEST_CASE("the documentation shows the table of fates as it is", "[engine]")
{
    std::ifstream file(std::string(LAYERLINE_DOCS_DIR) + "/slice-api.md");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    REQUIRE(!text.empty());
    std::string rows;
    for (const auto& row : fate_table())
        rows += "| `" + std::string(row.field) + "` | " + std::string(name_of(row.fate)) + " | " +
                std::string(row.text) + " |\n";
    INFO("the table has to be:\n" << rows);
    CHECK(text.find("| field | fate | by what, or how near |\n|---|---|---|\n" + rows) != std::string::npos);
}

TEST_CASE("no field that the engine is to do can change without the engine being asked for another thing",
          "[engine]")
{
    const auto base = full_slice_data();
    const auto plan = engine_plan_of(base);
    REQUIRE(plan.has_value());
    // What a request of two models cannot say otherwise, or what nothing is printed by.
    const std::set<std::string_view> without{"layers.spiralize", "regionSettings.id", "extruders.name"};
    for (const auto& row : fate_table()) {
        if (row.fate == field_fate::placement || row.fate == field_fate::finishing) continue;
        if (without.contains(row.field)) continue;
        const auto dot = row.field.find('.');
        const auto* const section = find_section(row.field.substr(0, dot));
        REQUIRE(section != nullptr);
        const auto* const field = find_field(*section, row.field.substr(dot + 1));
        REQUIRE(field != nullptr);
        const auto all = tried(base, *plan, *section, *field);
        INFO(row.field << ": changed " << all.changed << ", noted " << all.noted << ", refused "
                       << all.refused << ", passed over " << all.passed_over);
        // Raft and support have one extruder: with both on, another for one of them is refused.
        const bool tied = row.field == "raft.extruder" || row.field == "support.extruder";
        if (row.fate == field_fate::exact) CHECK((tied ? all.refused : all.changed) > 0);
        if (row.fate == field_fate::approximate) CHECK(all.noted > 0);
        if (row.fate == field_fate::refused) CHECK((all.refused > 0 && all.changed == 0));
        // A number may be rounded to whole layers, and a pattern have two names; no other may be passed over.
        if (field->kind == field_kind::flag) CHECK(all.passed_over == 0);
    }
}
