// The error table and the wire form of a printer's state.
#include "printer/printer_error.hpp"
#include "printer/printer_state.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <set>

using namespace layerline::printer;
using nlohmann::json;

namespace {

printer_state full_state()
{
    printer_state state;
    state.sequence = 42;
    state.now = phase::printing;
    state.reason = "because";
    state.away = printer_errc::port_held;
    state.heaters = {{"tool0", 200.5, 210.0}, {"bed", 60.0, std::nullopt}};
    state.position = {1.5, 2.5, 0.2, std::nullopt};
    state.homed = "xyz";
    state.fan = 0.5;
    state.job = job_state{
        "j-0011223344556677", "gcode/a.gcode", 1000, 500, 0.5, 60.0, 61.5, 3, 10, 0.6, 77, 2, 3, 12.5, 80.0};
    state.firmware = firmware_info{"Marlin 2.1.2", "Box", "u-1", {"AUTOREPORT_TEMP", "EMERGENCY_PARSER"}};
    state.port = port_state{"/dev/ttyUSB1", 250000, true};
    state.wants = attention{"prompt", "Change filament"};
    state.no_crash_resume = "no disk";
    state.bed_clear = true;
    state.age_ms = 12;
    return state;
}

} // namespace

TEST_CASE("every printer error has a unique name, a sentence and advice")
{
    std::set<std::string_view> names;
    for (const auto& row : printer_error_table()) {
        CHECK(names.insert(row.name).second);
        CHECK(row.text.ends_with('.'));
        CHECK(row.advice.ends_with('.'));
        CHECK(row_of(row.code).name == row.name);
        REQUIRE(find_printer_error(row.name));
        CHECK(find_printer_error(row.name)->code == row.code);
    }
    CHECK_FALSE(find_printer_error("nonsense"));
    CHECK(row_of(static_cast<printer_errc>(99)).code == printer_errc::host_failure);
}

TEST_CASE("phase names are read back")
{
    for (int at = 0; at <= static_cast<int>(phase::error); ++at)
        CHECK(phase_named(name_of(static_cast<phase>(at))) == static_cast<phase>(at));
    CHECK(name_of(phase::offline) == "offline");
    CHECK(name_of(phase::error) == "error");
    CHECK_FALSE(phase_named("Printing"));
}

TEST_CASE("a printer's state survives the wire")
{
    CHECK(json::parse(json(full_state()).dump()).get<printer_state>() == full_state());
    CHECK(json::parse(json(printer_state{}).dump()).get<printer_state>() == printer_state{});
}

TEST_CASE("what is unknown is null on the wire")
{
    const json wire = printer_state{};
    for (const char* name : {"away", "fan", "job", "firmware", "port", "wants", "age_ms"})
        CHECK(wire.at(name).is_null());
    CHECK(wire.at("position").at("x_mm").is_null());
    CHECK(wire.at("now") == "offline");
}

TEST_CASE("a state of the wrong shape is refused with the field's name")
{
    const auto refuse = [](const char* text) {
        try {
            (void)json::parse(text).get<printer_state>();
        } catch (const json::exception& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    CHECK(refuse(R"({"now":"dancing"})").find("now") != std::string::npos);
    CHECK(refuse(R"({"sequence":-1})").find("sequence") != std::string::npos);
    CHECK(refuse(R"({"sequence":1.5})").find("sequence") != std::string::npos);
    CHECK(refuse(R"({"heaters":{}})").find("heaters") != std::string::npos);
    CHECK(refuse(R"({"heaters":[1]})").find("object") != std::string::npos);
    CHECK(refuse(R"({"job":{"layer":99999999999}})").find("layer") != std::string::npos);
    CHECK(refuse(R"({"job":7})").find("job") != std::string::npos);
    CHECK(refuse(R"([])").find("object") != std::string::npos);
    CHECK(refuse(R"({"unknown":{"a":[1]},"now":"idle"})") == "accepted");
}

TEST_CASE("an away kind that a newer print host invented still means away")
{
    CHECK(json::parse(R"({"away":"on_fire"})").get<printer_state>().away == printer_errc::host_failure);
}
