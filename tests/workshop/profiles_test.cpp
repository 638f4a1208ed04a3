#include "workshop/profiles/profile.hpp"
#include "workshop/service/profile_answer.hpp"
#include "workshop/slicing/slice_request.hpp"

#include <catch2/catch.hpp>

using namespace layerline::workshop;
using nlohmann::json;

namespace {

profile good(std::string_view text, std::string_view name = "mine")
{
    auto read = parse_profile(text, name);
    if (auto* fault = std::get_if<profile_fault>(&read)) FAIL(fault->text);
    return std::get<profile>(std::move(read));
}

std::string fault_of(std::string_view text, std::string_view name = "mine")
{
    auto read = parse_profile(text, name);
    auto* fault = std::get_if<profile_fault>(&read);
    REQUIRE(fault != nullptr);
    return fault->text;
}

profile_book book()
{
    profile_book all;
    for (const auto& one : built_in_profiles())
        all.add(one);
    return all;
}

const json one_model = json::array({{{"hash", "f-aaaa"}}});

} // namespace

TEST_CASE("every printer, material and quality that comes with the program makes a request that is taken",
          "[profiles]")
{
    const auto all = book();
    std::size_t printers = 0, requests = 0;
    for (const auto& printer : all.all()) {
        if (printer.kind != profile_kind::printer) continue;
        ++printers;
        CHECK(printer.most_nozzle_c > 0);
        for (const auto& material : all.all())
            for (const auto& quality : all.all()) {
                if (material.kind != profile_kind::material || quality.kind != profile_kind::quality)
                    continue;
                const auto data =
                    request_data(all, {printer.name, material.name, quality.name, 1}, one_model, json());
                INFO(printer.name << ", " << material.name << ", " << quality.name);
                REQUIRE(data.has_value());
                const auto read = read_slice_request(json{{"type", "slice"}, {"data", *data}}.dump());
                if (read.has_error()) FAIL(read.error().field << ": " << text_of(read.error()));
                CHECK(read->data["bed"]["xLength"] == printer.sections["bed"]["xLength"]);
                CHECK(read->data["extruders"][0]["temperature"] ==
                      material.sections["extruder"]["temperature"]);
                CHECK(read->data["layers"]["layerHeight"] == quality.sections["layers"]["layerHeight"]);
                CHECK(read->data["raft"].is_null());
                CHECK(read->data["support"].is_null());
                ++requests;
            }
    }
    CHECK(printers >= 5);
    CHECK(requests >= 80);
}

TEST_CASE("what was wished for stands above the profiles, field by field, and can turn sections off and on",
          "[profiles]")
{
    const auto data = request_data(book(), {"ender-3", "pla", "0.2", 1}, one_model,
                                   {{"infill", {{"amount", 40}}},
                                    {"support", {{"supportEverywhere", true}}},
                                    {"skirt", nullptr},
                                    {"extruder", {{"temperature", 215}}}});
    REQUIRE(data.has_value());
    CHECK((*data)["infill"]["amount"] == 40);
    CHECK((*data)["infill"]["pattern"] == "INFILL_GRID");
    CHECK((*data)["support"]["supportEverywhere"] == true);
    CHECK((*data)["skirt"].is_null());
    CHECK((*data)["extruders"][0]["temperature"] == 215);
    CHECK((*data)["extruders"][0]["material"] == "PLA");
}

TEST_CASE("a profile that is not known is told with those that are; none hotter than the printer",
          "[profiles]")
{
    auto made = request_data(book(), {"ender-4", "", "", 1}, one_model, json());
    REQUIRE(made.has_error());
    CHECK(made.error().field == "printer");
    CHECK(made.error().text.find("ender-3") != std::string::npos);
    made =
        request_data(book(), {"ender-3", "pla", "0.2", 1}, one_model, {{"extruder", {{"temperature", 260}}}});
    REQUIRE(made.has_error());
    CHECK(made.error().field == "extruders[0].temperature");
    made = request_data(book(), {"ender-3", "pla", "0.2", 1}, one_model, {{"bed", {{"temperature", 110}}}});
    REQUIRE(made.has_error());
    CHECK(made.error().field == "bed.temperature");
}

TEST_CASE("a profile says what it sets; what it cannot set has its line", "[profiles]")
{
    const auto mine = good("kind = \"printer\"\ntitle = \"Mine\"\nraft = false\n[bed]\nxLength = 100000\n"
                           "[extruder]\nnozzleSize = 600\n");
    CHECK(mine.title == "Mine");
    CHECK(mine.sections["raft"].is_null());
    CHECK(mine.sections["bed"]["xLength"] == 100000);
    CHECK(good("kind = \"quality\"").title == "mine");
    CHECK(fault_of("kind = \"printer\"\n[bed]\nwidth = 3\n") == "mine.toml:3: unknown field bed.width");
    CHECK(fault_of("kind = \"printer\"\n[colour]\nred = 3\n").find("mine.toml:2: unknown section") == 0);
    CHECK(fault_of("kind = \"printer\"\n[bed]\nxLength = -3\n").find("mine.toml:3: bed.xLength") == 0);
    CHECK(fault_of("kind = \"car\"\n").find("mine.toml:1: kind is") == 0);
    CHECK(fault_of("[bed]\nxLength = 3\n").find("`kind` is missing") != std::string::npos);
    CHECK(fault_of("kind = \"printer\"\nlayers = false\n").find("mine.toml:2: layers cannot be off") == 0);
    CHECK(fault_of("kind = \"printer\"\n[limits]\nnozzle_c = 900\n").find("mine.toml:3:") == 0);
    CHECK(fault_of("kind = \"printer\"\n[model]\nhash = \"x\"\n").find("unknown section model") !=
          std::string::npos);
    CHECK(fault_of("kind = ", "mine").find("mine.toml:1:") == 0);
    CHECK(fault_of("kind = \"printer\"", "../etc").find("a profile's name") != std::string::npos);
}

TEST_CASE("an owner's profile takes the place of one that came with the program", "[profiles]")
{
    auto all = book();
    const auto before = all.all().size();
    all.add(good("kind = \"printer\"\n[bed]\nxLength = 100000\n", "ender-3"));
    CHECK(all.all().size() == before);
    CHECK(all.find(profile_kind::printer, "ender-3")->sections["bed"]["xLength"] == 100000);
}

TEST_CASE("profiles become a request by one call, and what is wrong is told before anything is sliced",
          "[profiles]")
{
    const json asked{{"printer", "prusa-mk3"}, {"material", "petg"}, {"quality", "0.2"},
                     {"model", one_model},     {"responseId", "r"},  {"settings", json::object()}};
    const auto made = request_from_profiles(book(), asked.dump());
    REQUIRE(made.has_value());
    CHECK((*made)["type"] == "slice");
    CHECK((*made)["data"]["responseId"] == "r");
    const auto refused = [&](const char* field, const json& value) {
        auto wrong = asked;
        wrong[field] = value;
        const auto answer = request_from_profiles(book(), wrong.dump());
        REQUIRE(answer.has_error());
        return answer.error();
    };
    CHECK(refused("colour", "red").field == "colour");
    CHECK(refused("printer", 3).field == "printer");
    CHECK(refused("extruders", 0).field == "extruders");
    CHECK(refused("settings", {{"layers", {{"layerHeight", 900}}}}).code == slice_errc::wall_and_nozzle);
    CHECK(refused("settings", {{"nothing", 3}}).code == slice_errc::unknown_field);
    CHECK(refused("model", json::array()).code == slice_errc::no_model);
    CHECK(request_from_profiles(book(), "[").error().code == slice_errc::malformed);
    CHECK(profiles_json(book())["printers"].size() >= 5);
}
