#include "tests/workshop/slice_samples.hpp"
#include "workshop/slicing/slice_reference.hpp"
#include "workshop/slicing/slice_request.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>

using namespace layerline::workshop;
using namespace layerline::tests;
using nlohmann::json;

namespace {

slice_failure refusal(const json& data)
{
    const auto read = read_slice_request(slice_text(data));
    REQUIRE(read.has_error());
    return read.error();
}

slice_request accepted(const json& data)
{
    auto read = read_slice_request(slice_text(data));
    if (read.has_error()) FAIL(read.error().field << ": " << text_of(read.error()));
    return *std::move(read);
}

// The request with one field of one section set.
json with(std::string_view section, std::string_view field, const json& value)
{
    auto data = good_slice_data();
    auto& place = data[std::string(section)];
    if (place.is_null())
        place = find_section(section)->shape == section_shape::list ? json::array() : json::object();
    if (place.is_array() && place.empty()) place.push_back(json::object());
    auto& object = place.is_array() ? place[0] : place;
    if (section == "regionSettings" && field != "id") object["id"] = 1;
    const auto dot = field.find('.');
    if (dot == std::string_view::npos)
        object[std::string(field)] = value;
    else
        object[std::string(field.substr(0, dot))][std::string(field.substr(dot + 1))] = value;
    return data;
}

std::string path_of(std::string_view section, std::string_view field)
{
    const bool list = find_section(section)->shape == section_shape::list;
    return std::string(section) + (list ? "[0]." : ".") + std::string(field);
}

} // namespace

TEST_CASE("a request with empty sections is taken, and every field of the reference has its default",
          "[slice]")
{
    const auto request = accepted(good_slice_data());
    CHECK(request.mode == slice_mode::gcode);
    CHECK(request.data["layers"]["layerHeight"] == 200.0);
    CHECK(request.data["model"][0]["scale"] == json{{"x", 1.0}, {"y", 1.0}, {"z", 1.0}});
    CHECK(request.data["extruders"][0]["nozzleSize"] == 400);
    CHECK(request.data["gcode"]["startGcode"][0] == "G21");
    CHECK(request.data["brim"].is_null());
    for (const auto& section : slice_sections()) {
        INFO(section.name);
        if (section.shape == section_shape::list || !section.missing) continue;
        if (section.missing == slice_errc::no_multi_extrusion) continue;
        CHECK(request.data[std::string(section.name)].size() == section.fields.size());
    }
}

TEST_CASE("a request that is no JSON object is 499, of another type 401, with an unknown field 402",
          "[slice]")
{
    for (const char* text : {"", "[]", "{", "\"slice\"", "17"})
        CHECK(read_slice_request(text).error().code == slice_errc::malformed);
    CHECK(read_slice_request(R"({"type":"slice","data":[]})").error().code == slice_errc::malformed);
    CHECK(read_slice_request(std::string(most_slice_bytes + 1, ' ')).error().code == slice_errc::malformed);
    CHECK(read_slice_request(std::string(100000, '[')).error().code == slice_errc::malformed);
    CHECK(read_slice_request(R"({"data":{}})").error().code == slice_errc::unknown_type);
    CHECK(read_slice_request(R"({"type":"print","data":{}})").error().code == slice_errc::unknown_type);
    auto data = good_slice_data();
    data["turbo"] = true;
    const auto why = refusal(data);
    CHECK(why.code == slice_errc::unknown_field);
    CHECK(why.field == "turbo");
}

TEST_CASE("each section that is missing has its own code, the first one in the table's order counts",
          "[slice]")
{
    auto empty = json::object();
    for (const auto& section : slice_sections()) {
        if (!section.missing || section.missing == slice_errc::no_multi_extrusion) continue;
        INFO(section.name);
        auto data = good_slice_data();
        data.erase(std::string(section.name));
        const auto why = refusal(data);
        CHECK(why.code == *section.missing);
        CHECK(why.field == section.name);
        CHECK(refusal(empty).code == *section.missing);
        empty[std::string(section.name)] = good_slice_data()[std::string(section.name)];
    }
    CHECK(refusal(empty).code == slice_errc::no_version);
}

TEST_CASE("null and false switch a section off where it can be off, and are missing where it cannot",
          "[slice]")
{
    for (const auto& section : slice_sections()) {
        if (section.shape == section_shape::list) continue;
        for (const json& off : {json(), json(false)}) {
            INFO(section.name);
            auto data = good_slice_data();
            data[std::string(section.name)] = off;
            if (section.can_be_off)
                CHECK(accepted(data).data[std::string(section.name)].is_null());
            else
                CHECK(refusal(data).code == *section.missing);
        }
    }
}

TEST_CASE("more than one extruder needs multiExtrusion", "[slice]")
{
    auto data = good_slice_data();
    data["extruders"].push_back(json::object());
    CHECK(refusal(data).code == slice_errc::no_multi_extrusion);
    data["multiExtrusion"] = json::object();
    CHECK(accepted(data).data["multiExtrusion"]["dualOverlap"] == 1500);
}

TEST_CASE("versions from 1.0.2 to 1.0.6 are taken, older ones are 420, unreadable and newer ones 421",
          "[slice]")
{
    const auto code = [](const json& version) {
        auto data = good_slice_data();
        data["version"] = version;
        const auto read = read_slice_request(slice_text(data));
        return read.has_error() ? static_cast<int>(read.error().code) : 200;
    };
    for (const char* good : {"1.0.2", "1.0.5", "1.0.6"})
        CHECK(code(good) == 200);
    for (const char* old : {"0.10.0", "0.9.1", "1.0.0", "1.0.1"})
        CHECK(code(old) == 420);
    for (const json& bad : {json("1.0"), json("1.0.7"), json("2.0.0"), json("1.0.6a"), json("v1"), json(""),
                            json(1.06), json("1.0.99999999999"), json("1..6"), json(" 1.0.6")})
        CHECK(code(bad) == 421);
    CHECK(code(json()) == 419);
}

TEST_CASE("names of former versions mean the same as today's", "[slice]")
{
    auto data = good_slice_data();
    data["version"] = "1.0.2";
    data["fan"] = {{"fullspeedLayer", 7}};
    data["bed"] = {{"xlength", 150000}, {"firstLayerTemperature", 65}};
    data["extruders"] = json::array({{{"feedrate", 95}}, json::object()});
    data["multiextrusion"] = {{"dualOverlap", 100}};
    data["retraction"] = {{"zhop", 300}};
    data["skin"] = {{"upskinSpeed", 25}, {"downskinCount", 4}};
    data["regionSettings"] = json::array({{{"id", 3}, {"startheight", 5000}, {"layerheight", 100}}});
    data["model"] = json::array({{{"hash", "a"}, {"settings", 3}, {"x", 1000}, {"y", -2000}}});
    const auto read = accepted(data).data;
    CHECK(read["fan"]["fullSpeedLayer"] == 7);
    CHECK(read["bed"]["xLength"] == 150000);
    CHECK(read["bed"]["firstLayersTemperature"] == 65);
    CHECK(read["extruders"][0]["feedRate"] == 95);
    CHECK(read["multiExtrusion"]["dualOverlap"] == 100);
    CHECK(read["retraction"]["zHop"] == 300);
    CHECK(read["skin"]["upSkinSpeed"] == 25);
    CHECK(read["skin"]["downSkinCount"] == 4);
    CHECK(read["regionSettings"][0]["startHeight"] == 5000.0);
    CHECK(read["model"][0]["position"] == json{{"x", 1000}, {"y", -2000}, {"z", 0}});
}

TEST_CASE("each field of another type or out of its range is 400 with its path", "[slice]")
{
    std::size_t checked = 0;
    for (const auto& section : slice_sections())
        for (const auto& field : section.fields) {
            std::vector<json> bad;
            switch (field.kind) {
            case field_kind::whole:
                if (field.unit != "micron") bad.emplace_back(field.least + 0.5);
                [[fallthrough]];
            case field_kind::number:
                bad.emplace_back("7");
                bad.emplace_back(field.most * 1.1 + 1);
                bad.emplace_back(field.least - 1);
                if (field.open_below) bad.emplace_back(field.least);
                break;
            case field_kind::flag:
                bad = {json(1), json("true")};
                break;
            case field_kind::text:
                bad = {json(1), json(std::string(2000, 'a'))};
                break;
            case field_kind::choice:
                bad = {json(1), json("INFILL_STARS")};
                break;
            case field_kind::lines:
                bad = {json("G28"), json::array({1}), json::array({"G28\nM112"}),
                       json::array({std::string(most_code_bytes + 1, 'G')}),
                       json(std::vector<std::string>(most_code_lines + 1, "G4"))};
                break;
            }
            for (const auto& value : bad) {
                INFO(section.name << "." << field.name << " = " << value.dump().substr(0, 80));
                const auto why = refusal(with(section.name, field.name, value));
                CHECK(why.code == slice_errc::bad_value);
                CHECK(why.field.rfind(path_of(section.name, field.name), 0) == 0);
                ++checked;
            }
        }
    CHECK(checked > 300);
}

TEST_CASE("an unknown field of a section is told, not passed over", "[slice]")
{
    CHECK(refusal(with("infill", "angle", 45)).field == "infill.angle");
    CHECK(refusal(with("model", "scale.w", 2)).field == "model[0].scale.w");
}

TEST_CASE("a model without a hash is 400", "[slice]")
{
    auto data = good_slice_data();
    data["model"] = json::array({json::object()});
    CHECK(refusal(data).field == "model[0].hash");
}

TEST_CASE("values that contradict each other are 400", "[slice]")
{
    CHECK(refusal(with("fan", "max", 20)).field == "fan.max");
    auto slow = with("movement", "smart", true);
    slow["movement"]["maximalSeconds"] = 10;
    CHECK(refusal(slow).field == "movement.maximalSeconds");
    auto vase = with("layers", "spiralize", true);
    vase["model"].push_back({{"hash", "b"}});
    CHECK(refusal(vase).field == "layers.spiralize");
    CHECK(refusal(with("model", "settings", 9)).field == "model[0].settings");
}

TEST_CASE("regions of one set that cover a part of each other are 400, of two sets they may", "[slice]")
{
    const auto regions = [](json first, json second) {
        auto data = good_slice_data();
        data["regionSettings"] = json::array({std::move(first), std::move(second)});
        return data;
    };
    const json low{{"id", 1}, {"startHeight", 1000}, {"endHeight", 3000}};
    CHECK(refusal(regions(low, {{"id", 1}, {"startHeight", 2000}, {"endHeight", 5000}})).field ==
          "regionSettings[1]");
    CHECK(refusal(regions(low, {{"id", 1}, {"startHeight", 1000}})).field == "regionSettings[1]");
    CHECK(refusal(regions(low, {{"id", 2}, {"startHeight", 3000}, {"endHeight", 2000}})).field ==
          "regionSettings[1].endHeight");
    accepted(regions(low, {{"id", 2}, {"startHeight", 2000}, {"endHeight", 5000}}));
    accepted(regions(low, {{"id", 1}, {"startHeight", 3000}}));
    accepted(regions({{"id", 1}, {"startHeight", 500}}, low));
}

TEST_CASE("an extruder that is not defined is 603 wherever it is named", "[slice]")
{
    for (const char* section : {"model", "regionSettings", "raft", "support", "skirt", "brim"}) {
        INFO(section);
        const auto why = refusal(with(section, "extruder", 1));
        CHECK(why.code == slice_errc::no_such_extruder);
        CHECK(why.field == path_of(section, "extruder"));
    }
}

TEST_CASE("lines that the nozzle cannot print are 605", "[slice]")
{
    const auto code = [](const json& data) { return refusal(data).code; };
    CHECK(code(with("layers", "layerHeight", 401)) == slice_errc::wall_and_nozzle);
    CHECK(code(with("bottom", "layerHeight", 500)) == slice_errc::wall_and_nozzle);
    CHECK(code(with("top", "layerHeight", 500)) == slice_errc::wall_and_nozzle);
    CHECK(code(with("regionSettings", "layerHeight", 500)) == slice_errc::wall_and_nozzle);
    CHECK(code(with("bottom", "firstLayersWidthFactor", 40)) == slice_errc::wall_and_nozzle);
    CHECK(code(with("bottom", "firstLayersWidthFactor", 400)) == slice_errc::wall_and_nozzle);
    CHECK(code(with("raft", "baseLineWidth", 1300)) == slice_errc::wall_and_nozzle);
    CHECK(code(with("raft", "surfaceLineWidth", 100)) == slice_errc::wall_and_nozzle);
    accepted(with("layers", "layerHeight", 400));
    auto no_raft = with("raft", "baseLineWidth", 5000);
    no_raft["raft"]["baseThickness"] = 0;
    accepted(no_raft);
}
