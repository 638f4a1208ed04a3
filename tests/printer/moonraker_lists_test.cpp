// Lists that Moonraker tells, and Klipper's console with its prompts.
#include "printer/moonraker/host_lists.hpp"
#include "printer/moonraker/klipper_console.hpp"

#include <catch2/catch.hpp>

using namespace layerline::printer;
using namespace layerline::printer::moonraker;
using nlohmann::json;

namespace {

const klipper_console::time_point now{std::chrono::hours(1)};

} // namespace

TEST_CASE("past jobs as the history tells them", "[moonraker]")
{
    const json result{{"count", 250},
                      {"jobs",
                       {{{"job_id", "00000C"},
                         {"filename", "sub dir/a.gcode"},
                         {"status", "completed"},
                         {"exists", true},
                         {"start_time", 1615764496.5},
                         {"end_time", nullptr},
                         {"print_duration", 18.25},
                         {"total_duration", 20.5},
                         {"filament_used", -7.0}},
                        {{"job_id", "../x"}, {"filename", "b.gcode"}},
                        {{"filename", "c.gcode"}},
                        5}}};
    const auto page = read_history(result);
    REQUIRE(page.jobs.size() == 1);
    CHECK(page.total == 250);
    const auto& job = page.jobs.front();
    CHECK(job.id == "m-00000C");
    CHECK(job.path == "gcode/sub dir/a.gcode");
    CHECK(job.status == "completed");
    CHECK(job.file_exists);
    CHECK(job.started_unix == 1615764496.5);
    CHECK_FALSE(job.ended_unix);
    CHECK(job.print_s == 18.25);
    CHECK_FALSE(job.filament_mm);
    CHECK(history_id_of("m-00000C") == "00000C");
    for (const auto* other : {"", "m-", "00000C", "j-0123", "m-../x", "m-a b"})
        CHECK(history_id_of(other).empty());
    CHECK(read_history(nullptr).jobs.empty());
}

TEST_CASE("cameras as Moonraker lists them", "[moonraker]")
{
    const json result{{"webcams",
                       {{{"name", "door\n"},
                         {"uid", "55d3801e"},
                         {"service", "mjpegstreamer"},
                         {"stream_url", "/webcam/?action=stream"},
                         {"snapshot_url", "/webcam/?action=snapshot"},
                         {"flip_vertical", true},
                         {"rotation", 90},
                         {"target_fps", 15},
                         {"aspect_ratio", "4:3"}},
                        {{"name", "no address"}},
                        {{"stream_url", "/no-name"}},
                        {{"name", "odd"}, {"stream_url", "/x"}, {"rotation", 45}, {"target_fps", 1e9}}}}};
    const auto all = read_webcams(result);
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "door");
    CHECK(all[0].flip_vertical);
    CHECK_FALSE(all[0].flip_horizontal);
    CHECK(all[0].enabled);
    CHECK(all[0].rotation_degrees == 90);
    CHECK(all[0].target_fps == 15);
    CHECK(all[1].rotation_degrees == 0);
    CHECK_FALSE(all[1].target_fps);
}

TEST_CASE("power devices, and what changes of them", "[moonraker]")
{
    auto all = read_power_devices(
        {{"devices",
          {{{"device", "psu"}, {"status", "on"}, {"locked_while_printing", true}, {"type", "gpio"}},
           {{"device", "light"}, {"status", "init"}},
           {{"device", "bad\nname"}, {"status", "on"}}}}});
    REQUIRE(all.size() == 2);
    CHECK(all[0].on == true);
    CHECK(all[0].locked_while_printing);
    CHECK_FALSE(all[1].on);
    take_power_change({{"device", "psu"}, {"status", "error"}}, all);
    take_power_change({{"device", "new"}, {"status", "off"}}, all);
    take_power_change("nonsense", all);
    REQUIRE(all.size() == 3);
    CHECK_FALSE(all[0].on);
    CHECK(all[0].status == "error");
    CHECK(all[2].on == false);
}

TEST_CASE("macros that a person may call, with the parameters that their text reads", "[moonraker]")
{
    const json settings{
        {"extruder", {{"max_temp", 300}}},
        {"gcode_macro clean_nozzle",
         {{"description", "Wipes the nozzle"},
          {"gcode", "{% set n = params.TIMES|default(3)|int %}\n{% if params['dry'] %}\nG1 X{params.X | "
                    "default('10') } {rawparams}"}}},
        {"gcode_macro _HELPER", {{"gcode", "G28"}}},
        {"gcode_macro PAUSE", {{"rename_existing", "BASE_PAUSE"}, {"gcode", "BASE_PAUSE"}}},
        {"gcode_macro LIGHT", {{"description", "G-Code macro"}, {"gcode", 5}}},
        {"gcode_macro bad name", {{"gcode", "G28"}}}};
    const auto all = read_macros(settings);
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "CLEAN_NOZZLE");
    CHECK(all[0].description == "Wipes the nozzle");
    CHECK(all[0].parameters == std::vector<macro_parameter>{{"TIMES", "3"}, {"DRY", ""}, {"X", "10"}});
    CHECK(all[1].name == "LIGHT");
    CHECK(all[1].description.empty());
    CHECK(parameters_in("my.params.X params.").empty());
    CHECK(parameters_in("params['X params['Y'").empty());
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += "{params.P" + std::to_string(i) + "}";
    CHECK(parameters_in(many).size() == 32);
}

TEST_CASE("the bed's mesh, or that there is none", "[moonraker]")
{
    const auto mesh = read_mesh({{"profile_name", "default"},
                                 {"mesh_min", {10.0, 11.0}},
                                 {"mesh_max", {190.0, 191.0}},
                                 {"probed_matrix", {{0.1, 0.2}, {-0.1, nullptr}}}});
    REQUIRE(mesh.has_value());
    CHECK(mesh->profile == "default");
    CHECK(mesh->min_y_mm == 11);
    CHECK(mesh->max_x_mm == 190);
    CHECK(mesh->heights_mm == std::vector<std::vector<double>>{{0.1, 0.2}, {-0.1, 0}});
    CHECK(read_mesh({{"profile_name", ""}, {"probed_matrix", {json::array()}}}).error().code ==
          printer_errc::no_such_file);
    CHECK(read_mesh(nullptr).has_error());
}

TEST_CASE("the console keeps its newest 500 lines, printable and cut", "[moonraker]")
{
    klipper_console console;
    CHECK(console.page(0, 10).lines.empty());
    CHECK_FALSE(console.heard("first\n\x1b[31msecond\x07\n\n", now));
    auto page = console.page(0, 10);
    REQUIRE(page.lines.size() == 2);
    CHECK(page.lines[0].text == "first");
    CHECK(page.lines[1].text == "[31msecond");
    CHECK(page.lines[1].number == 2);
    CHECK_FALSE(page.missed);
    for (int i = 0; i < 1000; ++i)
        (void)console.heard(std::string(1000, 'x'), now);
    page = console.page(2, 1000);
    CHECK(page.lines.size() == klipper_console::most_lines);
    CHECK(page.newest == 1002);
    CHECK(page.missed);
    CHECK(page.lines.front().text.size() == klipper_console::longest_line);
    page = console.page(1000, 1);
    REQUIRE(page.lines.size() == 1);
    CHECK(page.lines.front().number == 1002);
    CHECK(page.missed);
    CHECK(console.page(1002, 10).lines.empty());
}

TEST_CASE("a prompt is shown from prompt_show to prompt_end", "[moonraker]")
{
    klipper_console console;
    CHECK_FALSE(console.heard("// action:prompt_begin Filament change", now));
    CHECK_FALSE(console.heard("// action:prompt_text Take the old one out.", now));
    CHECK_FALSE(console.heard("// action:prompt_button Unload|UNLOAD_FILAMENT TEMP=210|secondary", now));
    CHECK_FALSE(console.heard("// action:prompt_button_group_start", now));
    CHECK_FALSE(console.heard("// action:prompt_footer_button RESUME", now));
    CHECK(console.prompt() == nullptr);
    CHECK(console.heard("// action:prompt_show", now));
    REQUIRE(console.prompt() != nullptr);
    CHECK(console.prompt()->text == "Filament change\nTake the old one out.");
    REQUIRE(console.prompt()->buttons.size() == 2);
    CHECK(console.prompt()->buttons[0].label == "Unload");
    CHECK(console.prompt()->buttons[0].gcode == "UNLOAD_FILAMENT TEMP=210");
    CHECK(console.prompt()->buttons[1].gcode == "RESUME");
    CHECK(console.heard("// action:prompt_end", now));
    CHECK(console.prompt() == nullptr);
    CHECK_FALSE(console.heard("// action:prompt_show", now));
    CHECK_FALSE(console.heard("// action:prompt_end", now));
}

TEST_CASE("a prompt's parts have bounds, whatever a file says", "[moonraker]")
{
    klipper_console console;
    (void)console.heard("// action:prompt_begin x", now);
    for (int i = 0; i < 50; ++i) {
        (void)console.heard("// action:prompt_text " + std::string(350, 't'), now);
        (void)console.heard("// action:prompt_button b" + std::to_string(i), now);
    }
    (void)console.heard("// action:prompt_button |G28", now);
    (void)console.heard("// action:prompt_button long|" + std::string(300, 'G'), now);
    (void)console.heard("// action:prompt_show", now);
    REQUIRE(console.prompt() != nullptr);
    CHECK(console.prompt()->buttons.size() == 10);
    CHECK(console.prompt()->text.size() < 4000);
    console.forget_prompt();
    CHECK(console.prompt() == nullptr);
    CHECK_FALSE(console.page(0, 500).lines.empty());
}
