#include "tests/workshop/shapes.hpp"
#include "tests/workshop/slice_samples.hpp"
#include "workshop/engine/corner_discs.hpp"
#include "workshop/engine/engine_plan.hpp"
#include "workshop/engine/engine_process.hpp"
#include "workshop/engine/engine_project.hpp"
#include "workshop/engine/field_fates.hpp"
#include "workshop/models/three_mf.hpp"
#include "workshop/slicing/slice_reference.hpp"
#include "workshop/slicing/slice_request.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace layerline::workshop;
using layerline::tests::good_slice_data;
using nlohmann::json;

namespace {

json checked(const json& data)
{
    auto read = read_slice_request(layerline::tests::slice_text(data));
    if (read.has_error()) FAIL(read.error().field << ": " << text_of(read.error()));
    return read->data;
}

std::vector<placed_volume> volumes_of(const json& data, const mesh& model)
{
    std::vector<mesh> meshes;
    for (std::size_t index = 0; index < data["model"].size(); ++index) {
        auto made = placed(model, data, index);
        REQUIRE(made.has_value());
        meshes.push_back(*std::move(made));
    }
    auto volumes = planned(std::move(meshes), data);
    REQUIRE(volumes.has_value());
    return *std::move(volumes);
}

engine_plan plan_of(const json& given)
{
    const auto data = checked(given);
    auto plan = plan_engine(data, volumes_of(data, shapes::box(20, 20, 10)));
    if (plan.has_error()) FAIL(plan.error().field << ": " << text_of(plan.error()));
    return *std::move(plan);
}

} // namespace

TEST_CASE("what becomes of a field is told for every field of the reference, and for no other", "[engine]")
{
    std::set<std::string> told, known;
    for (const auto& row : fate_table()) {
        CHECK(told.insert(std::string(row.field)).second);
        if (row.fate == field_fate::approximate || row.fate == field_fate::refused)
            CHECK_FALSE(row.text.empty());
    }
    for (const auto& section : slice_sections())
        for (const auto& field : section.fields)
            known.insert(std::string(section.name) + "." + std::string(field.name));
    std::vector<std::string> missing, odd;
    std::set_difference(known.begin(), known.end(), told.begin(), told.end(), std::back_inserter(missing));
    std::set_difference(told.begin(), told.end(), known.begin(), known.end(), std::back_inserter(odd));
    CHECK(missing == std::vector<std::string>());
    CHECK(odd == std::vector<std::string>());
}

TEST_CASE("a request's settings become the engine's, in its units", "[engine]")
{
    auto data = good_slice_data();
    data["extruders"][0] = {
        {"temperature", 205}, {"nozzleSize", 600}, {"feedRate", 95}, {"material", "PLA;x"}};
    data["bed"] = {{"temperature", 60}, {"xLength", 220000}, {"yLength", 210000}};
    data["movement"] = {{"printSpeed", 55}, {"travelSpeed", 150}, {"combing", true}};
    data["retraction"] = {{"amount", 1500}, {"speed", 30}, {"zHop", 200}};
    data["infill"] = {{"amount", 30}, {"overlap", 20}, {"pattern", "INFILL_HONEYCOMB"}};
    data["raft"] = nullptr;
    data["support"] = {{"supportPlatform", true}, {"amount", 25}, {"activationAngle", 60}};
    data["brim"] = {{"lines", 4}};
    const auto settings = plan_of(data).settings;
    const auto is = [&](const char* key, const char* value) {
        INFO(key);
        REQUIRE(settings.count(key) == 1);
        CHECK(settings.at(key) == value);
    };
    is("nozzle_diameter", "0.6");
    is("extrusion_width", "0.6");
    is("first_layer_extrusion_width", "0.72");
    is("temperature", "205");
    is("first_layer_temperature", "205");
    is("extrusion_multiplier", "0.95");
    is("filament_type", "PLA_x"); // nothing of the engine's own lists in it
    is("bed_shape", "0x0,220x0,220x210,0x210");
    is("first_layer_height", "0.25");
    is("layer_height", "0.2");
    is("solid_infill_speed", "55");
    is("travel_speed", "150");
    is("avoid_crossing_perimeters", "1");
    is("retract_length", "1.5");
    is("retract_lift", "0.2");
    is("fill_density", "30%");
    is("fill_pattern", "honeycomb");
    is("infill_overlap", "20%");
    is("support_material", "1");
    is("support_material_buildplate_only", "1");
    is("support_material_threshold", "30");
    is("support_material_spacing", "1.8"); // 0.6 mm of line in each 2.4
    is("brim_width", "2.83199");           // 4 lines that overlap, and a quarter
    is("raft_layers", "0");
    is("cooling", "0");
    is("start_gcode", ";LAYERLINE:START");
}

TEST_CASE("a section that is off is nothing, and what nobody asked for is off", "[engine]")
{
    auto data = good_slice_data();
    for (const char* off : {"raft", "support", "skirt", "infill", "retraction"})
        data[off] = nullptr;
    const auto settings = plan_of(data).settings;
    for (const char* key :
         {"support_material", "raft_layers", "skirts", "retract_length", "wipe_tower", "ironing",
          "elefant_foot_compensation", "ensure_vertical_shell_thickness", "complete_objects"}) {
        INFO(key);
        CHECK(settings.at(key) == "0");
    }
    CHECK(settings.at("fill_density") == "0%");
    CHECK(settings.at("brim_type") == "no_brim");
}

TEST_CASE("each region is a range of its layers, with its speeds, filling and extruder", "[engine]")
{
    auto data = good_slice_data();
    data["raft"] = data["support"] = nullptr;
    data["extruders"].push_back({{"nozzleSize", 300}});
    data["multiExtrusion"] = json::object();
    data["bottom"] = {{"numberOfLayers", 2}, {"layerHeight", 250}, {"speed", 22}};
    data["top"] = {{"numberOfLayers", 3}, {"layerHeight", 100}};
    data["model"][0]["settings"] = 1;
    data["regionSettings"] = json::array({{{"id", 1},
                                           {"startHeight", 2500},
                                           {"endHeight", 4500},
                                           {"layerHeight", 100},
                                           {"innerWallSpeed", 33},
                                           {"infillAmount", 100},
                                           {"extruder", 1}}});
    const auto plan = plan_of(data);
    REQUIRE(plan.volumes.size() == 1);
    const auto& ranges = plan.volumes[0].ranges;
    REQUIRE(ranges.size() == 5); // bottom, default, the region, default, top
    CHECK(ranges[0].to_mm == 0.5);
    CHECK(ranges[0].settings.at("layer_height") == "0.25");
    CHECK(ranges[0].settings.at("perimeter_speed") == "22");
    CHECK(ranges[0].settings.at("fill_density") == "100%");
    CHECK(ranges[0].settings.at("extrusion_width") == "0.48");
    CHECK(ranges[2].from_mm == 2.5);
    CHECK(ranges[2].to_mm == 4.5);
    CHECK(ranges[2].settings.at("layer_height") == "0.1");
    CHECK(ranges[2].settings.at("perimeter_speed") == "33");
    CHECK(ranges[2].settings.at("external_perimeter_speed") == "40");
    CHECK(ranges[2].settings.at("fill_density") == "100%");
    CHECK(ranges[2].settings.at("fill_pattern") == "rectilinear");
    CHECK(ranges[2].settings.at("extruder") == "2");
    CHECK(ranges[2].settings.at("extrusion_width") == "0.3");
    CHECK(ranges[4].settings.at("fill_density") == "100%");
    for (std::size_t at = 1; at < ranges.size(); ++at)
        CHECK(ranges[at].from_mm == ranges[at - 1].to_mm);
}

TEST_CASE("a spiral has one wall, nothing inside and the same settings all the way", "[engine]")
{
    auto data = good_slice_data();
    data["raft"] = data["support"] = nullptr;
    data["layers"]["spiralize"] = true;
    const auto plan = plan_of(data);
    CHECK(plan.settings.at("spiral_vase") == "1");
    CHECK(plan.settings.at("perimeters") == "1");
    CHECK(plan.settings.at("fill_density") == "0%");
    for (const auto& range : plan.volumes[0].ranges)
        CHECK(range.settings.size() == 1);
}

TEST_CASE("the project is a 3MF with the models where they stand", "[engine]")
{
    auto given = good_slice_data();
    given["raft"] = given["support"] = nullptr;
    given["model"][0]["position"] = {{"x", 10000}};
    const auto data = checked(given);
    const auto volumes = volumes_of(data, shapes::box(20, 10, 5));
    auto plan = plan_engine(data, volumes);
    REQUIRE(plan.has_value());
    std::string bytes;
    CHECK(write_engine_project(*plan, volumes, [&bytes](std::string_view part) {
        bytes += part;
        return true;
    }));
    const auto read = read_three_mf(bytes);
    REQUIRE(read.has_value());
    CHECK(read->triangles.size() == 12);
    const auto box = extent_of(*read);
    CHECK(box.least.x == Approx(100));
    CHECK(box.most.x == Approx(120));
    CHECK_FALSE(write_engine_project(*plan, volumes, [](std::string_view) { return false; }));
    CHECK(settings_text({{"a", "1"}, {"b", ""}}) == "a = 1\nb = \n");
}

TEST_CASE("discs are put beside sharp corners, outside, as high as was asked", "[engine]")
{
    auto given = good_slice_data();
    given["absSupport"] = {{"radius", 3000}, {"numberOfLayers", 2}};
    const auto data = checked(given);
    auto volumes = volumes_of(data, shapes::box(20, 20, 5));
    add_corner_discs(volumes, data);
    const auto box = extent_of(volumes[0].shape);
    // 3 mm of radius less a line's overlap, outward along the diagonal.
    const double reach = (3 - 0.4) / std::sqrt(2.0) + 3;
    CHECK(box.least.x == Approx(90 - reach).margin(0.05));
    CHECK(box.most.y == Approx(110 + reach).margin(0.05));
    CHECK(box.most.z == Approx(5));
    given["absSupport"]["activationAngle"] = 45; // a box has no corner as sharp
    const auto blunt = checked(given);
    auto plain = volumes_of(blunt, shapes::box(20, 20, 5));
    const auto triangles = plain[0].shape.triangles.size();
    add_corner_discs(plain, blunt);
    CHECK(plain[0].shape.triangles.size() == triangles);
}

TEST_CASE("of what the engine says, progress is told apart from words", "[engine]")
{
    CHECK(engine_progress("70 => Infilling layers") == 0.7);
    CHECK(engine_progress("100 => Done") == 1.0);
    for (const char* other : {"", "70", "170 => no", "-1 => no", "Objects could not fit on the bed", "7 =>"})
        CHECK_FALSE(engine_progress(other).has_value());
    CHECK(engine_words("10 => Slicing\n[2026] [0x1] [trace]  x\nNo layers\tdetected.\n\n20 => Done\n") ==
          "No layers detected.");
    CHECK(engine_words(std::string(5000, 'x')).size() < 700);
    CHECK(lacks_memory("what():  Resource temporarily unavailable"));
    CHECK(lacks_memory("fork: Cannot allocate memory"));
    CHECK(lacks_memory("terminate called after throwing an instance of 'std::bad_alloc'"));
    CHECK(lacks_memory("error while loading shared libraries: libgio-2.0.so.0: failed to map segment from "
                       "shared object"));
    CHECK_FALSE(
        lacks_memory("error while loading shared libraries: libx.so: cannot open shared object file"));
}
