// The table of commands: exact path, methods, scope, arguments, function.
#include "commands/command_groups.hpp"

#include <array>

namespace layerline::commands {

namespace {

using access::scope;
using enum argument_type;

constexpr std::array<std::string_view, 1> get{"GET"};
constexpr std::array<std::string_view, 2> get_head{"GET", "HEAD"};
constexpr std::array<std::string_view, 2> act{"POST", "PUT"};
constexpr std::array<std::string_view, 2> remove_file{"POST", "DELETE"};

constexpr std::array<argument, 1> status_arguments{
    // Taken for clients that ask; there is no material system to tell of, which is null.
    argument{.name = "IncludeMaterialSystem", .type = boolean, .alias = "include_material_system"}};
constexpr std::array<argument, 1> pause_arguments{argument{.name = "Park", .type = boolean}};
constexpr std::array<argument, 2> start_arguments{argument{.name = "Path", .required = true, .least = 1},
                                                  argument{.name = "BedClear", .type = boolean}};
constexpr std::array<argument, 1> home_arguments{argument{.name = "Axes", .least = 1, .most = 3}};
// The bounds only keep nonsense out; the limits in force come from the printer's side.
constexpr std::array<argument, 4> heat_arguments{argument{.name = "BedC", .type = number, .most = 500},
                                                 argument{.name = "ChamberC", .type = number, .most = 500},
                                                 argument{.name = "ToolC", .type = number, .most = 500},
                                                 argument{.name = "ToolNumber", .type = integer, .most = 15}};
constexpr std::array<argument, 3> move_arguments{
    argument{.name = "Axis", .required = true, .least = 1, .most = 1},
    argument{.name = "DistanceMm",
             .type = number,
             .required = true,
             .least = -printer::max_move_mm,
             .most = printer::max_move_mm},
    argument{.name = "FeedMmMin", .type = number, .least = 1, .most = printer::max_feed_mm_min}};
constexpr std::array<argument, 3> extrude_arguments{
    argument{.name = "DistanceMm",
             .type = number,
             .required = true,
             .least = -printer::max_extrude_mm,
             .most = printer::max_extrude_mm},
    argument{.name = "Extruder", .type = integer, .most = 15},
    argument{.name = "FeedMmMin", .type = number, .least = 1, .most = printer::max_feed_mm_min}};
constexpr std::array<argument, 1> fan_arguments{
    argument{.name = "Percent", .type = number, .required = true, .most = 100}};
constexpr std::array<argument, 1> speed_arguments{
    argument{.name = "Percent", .type = number, .required = true, .least = 10, .most = 500}};
constexpr std::array<argument, 1> flow_arguments{
    argument{.name = "Percent", .type = number, .required = true, .least = 50, .most = 200}};
constexpr std::array<argument, 1> babystep_arguments{argument{.name = "ZMm",
                                                              .type = number,
                                                              .required = true,
                                                              .least = -printer::max_babystep_mm,
                                                              .most = printer::max_babystep_mm}};
constexpr std::array<argument, 2> light_arguments{
    argument{.name = "Name", .required = true, .least = 1, .most = 64},
    argument{.name = "On", .type = boolean, .required = true}};
constexpr std::array<argument, 2> power_arguments{
    argument{.name = "Device", .required = true, .least = 1, .most = 64},
    argument{.name = "On", .type = boolean, .required = true}};
constexpr std::array<argument, 2> macro_arguments{
    argument{.name = "Name", .required = true, .least = 1, .most = 64}, argument{.name = "Parameters"}};
constexpr std::array<argument, 1> object_arguments{
    argument{.name = "Name", .required = true, .least = 1, .most = 64}};
constexpr std::array<argument, 1> prompt_arguments{
    argument{.name = "Choice", .type = integer, .required = true, .most = 9}};
constexpr std::array<argument, 1> console_arguments{
    argument{.name = "Gcode", .required = true, .least = 1, .most = printer::max_gcode_bytes}};
constexpr std::array<argument, 5> list_arguments{
    argument{.name = "Path", .least = 1}, argument{.name = "Root", .least = 1},
    argument{.name = "Recursive", .type = boolean}, argument{.name = "Offset", .type = integer, .most = 1e9},
    argument{.name = "Limit", .type = integer, .least = 1, .most = 10000}};
constexpr std::array<argument, 1> path_argument{argument{.name = "Path", .required = true, .least = 1}};
// Any number may be asked for: what is no camera gets 404.
constexpr std::array<argument, 2> camera_arguments{
    argument{.name = "Index", .type = integer, .least = -1e6, .most = 1e6},
    argument{.name = "Name", .least = 1, .most = 64}};
constexpr std::array<argument, 1> camera_name{
    argument{.name = "Name", .required = true, .least = 1, .most = 64}};

constexpr std::array<argument, 2> lines_arguments{
    argument{.name = "After", .type = integer, .most = 1e15},
    argument{.name = "Limit", .type = integer, .least = 1, .most = 500}};
constexpr std::array<argument, 2> history_arguments{
    argument{.name = "Offset", .type = integer, .most = 1e9},
    argument{.name = "Limit", .type = integer, .least = 1, .most = 100}};
constexpr std::array<argument, 2> layer_arguments{
    argument{.name = "Path", .required = true, .least = 1},
    argument{.name = "Layer", .type = integer, .least = 1, .most = gcode::max_layers}};
constexpr std::array<argument, 2> picture_arguments{
    argument{.name = "Path", .required = true, .least = 1},
    argument{.name = "Size", .type = integer, .least = 1, .most = 4096}};

constexpr std::array table{
    command_spec{.path = "ping", .does = "Whether the agent is there.", .methods = get, .run = run_ping},
    command_spec{.path = "status",
                 .does = "The printer and its job.",
                 .methods = get,
                 .schema = status_arguments,
                 .run = run_status},
    command_spec{.path = "capabilities",
                 .does = "Commands, limits and what the printer can do.",
                 .methods = get,
                 .run = run_capabilities},
    command_spec{.path = "events",
                 .does = "The state and its changes, as server-sent events.",
                 .methods = get,
                 .run_raw = run_events},
    command_spec{.path = "pause",
                 .does = "Pauses the print under way.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = pause_arguments,
                 .acts = true,
                 .run = run_pause},
    command_spec{.path = "resume",
                 .does = "Resumes a paused print.",
                 .methods = act,
                 .needs = scope::control,
                 .acts = true,
                 .run = run_resume},
    command_spec{.path = "cancel",
                 .does = "Cancels the print.",
                 .methods = act,
                 .needs = scope::control,
                 .acts = true,
                 .run = run_cancel},
    command_spec{.path = "start",
                 .does = "Starts a stored file.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = start_arguments,
                 .acts = true,
                 .run = run_start},
    command_spec{.path = "bed-clear",
                 .does = "Says that a person has cleared the bed.",
                 .methods = act,
                 .needs = scope::control,
                 .acts = true,
                 .run = run_bed_clear},
    command_spec{.path = "home",
                 .does = "Homes some axes or all.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = home_arguments,
                 .acts = true,
                 .run = run_home},
    command_spec{.path = "set-temp",
                 .does = "Sets temperatures; 0 is off.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = heat_arguments,
                 .acts = true,
                 .run = run_set_temp},
    command_spec{.path = "emergency-stop",
                 .does = "Stops the printer at once.",
                 .methods = act,
                 .needs = scope::control,
                 .always = true,
                 .run = run_emergency_stop},
    command_spec{.path = "move-axis",
                 .does = "Moves one axis from where it is.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = move_arguments,
                 .acts = true,
                 .run = run_move_axis},
    command_spec{.path = "extrude",
                 .does = "Moves filament.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = extrude_arguments,
                 .acts = true,
                 .run = run_extrude},
    command_spec{.path = "fan",
                 .does = "Sets the part fan.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = fan_arguments,
                 .acts = true,
                 .run = run_fan},
    command_spec{.path = "speed",
                 .does = "Scales the feed rates of the print.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = speed_arguments,
                 .acts = true,
                 .run = run_speed},
    command_spec{.path = "flow",
                 .does = "Scales the extrusion of the print.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = flow_arguments,
                 .acts = true,
                 .run = run_flow},
    command_spec{.path = "babystep",
                 .does = "Moves the nozzle a little nearer to the bed or away, in a print.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = babystep_arguments,
                 .acts = true,
                 .run = run_babystep},
    command_spec{.path = "motors-off",
                 .does = "Releases the motors.",
                 .methods = act,
                 .needs = scope::control,
                 .acts = true,
                 .run = run_motors_off},
    command_spec{.path = "level-bed",
                 .does = "Measures the bed with the printer's probe.",
                 .methods = act,
                 .needs = scope::control,
                 .acts = true,
                 .run = run_level_bed},
    command_spec{.path = "set-light",
                 .does = "Switches a light.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = light_arguments,
                 .acts = true,
                 .run = run_set_light},
    command_spec{.path = "set-power",
                 .does = "Switches a power device.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = power_arguments,
                 .acts = true,
                 .run = run_set_power},
    command_spec{.path = "macro",
                 .does = "Runs one of the printer's macros.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = macro_arguments,
                 .acts = true,
                 .run = run_macro_by_name},
    command_spec{.path = "exclude-object",
                 .does = "Leaves one object out of the print under way.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = object_arguments,
                 .acts = true,
                 .run = run_exclude_object},
    command_spec{.path = "prompt/answer",
                 .does = "Answers what the printer asks.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = prompt_arguments,
                 .acts = true,
                 .run = run_answer_prompt},
    command_spec{.path = "console",
                 .does = "Sends one line of G-code and tells what the printer says.",
                 .methods = act,
                 .needs = scope::console,
                 .schema = console_arguments,
                 .acts = true,
                 .run = run_console},
    command_spec{
        .path = "power/list", .does = "The printer's power devices.", .methods = get, .run = run_power_list},
    command_spec{
        .path = "macro/list", .does = "The printer's macros.", .methods = get, .run = run_macro_list},
    command_spec{.path = "console/lines",
                 .does = "What the printer said lately.",
                 .methods = get,
                 .needs = scope::console,
                 .schema = lines_arguments,
                 .run = run_console_lines},
    command_spec{.path = "history",
                 .does = "Past jobs.",
                 .methods = get,
                 .schema = history_arguments,
                 .run = run_history},
    command_spec{.path = "bed-mesh",
                 .does = "The mesh of the bed that is in force.",
                 .methods = get,
                 .run = run_bed_mesh},
    command_spec{.path = "files/list",
                 .does = "The stored files.",
                 .methods = get,
                 .schema = list_arguments,
                 .run = run_list},
    command_spec{.path = "files/details",
                 .does = "One file, and what its slicer wrote of it.",
                 .methods = get,
                 .schema = path_argument,
                 .run = run_details},
    command_spec{.path = "files/upload",
                 .does = "Stores a file.",
                 .methods = act,
                 .needs = scope::files,
                 .schema = path_argument,
                 .body_is_file = true,
                 .run = run_upload},
    command_spec{.path = "files/download",
                 .does = "Reads a file, or a range of it.",
                 .methods = get_head,
                 .needs = scope::files,
                 .schema = path_argument,
                 .run_raw = run_download},
    command_spec{.path = "files/layers",
                 .does = "The layers of a file, or the drawing of one.",
                 .methods = get_head,
                 .schema = layer_arguments,
                 .run_raw = run_layers},
    command_spec{.path = "files/thumbnail",
                 .does = "The picture that a slicer put into a file.",
                 .methods = get_head,
                 .schema = picture_arguments,
                 .run_raw = run_thumbnail},
    command_spec{.path = "files/delete",
                 .does = "Deletes a file.",
                 .methods = remove_file,
                 .needs = scope::files,
                 .schema = path_argument,
                 .run = run_delete},
    command_spec{.path = "webcam/list", .does = "Lists the cameras.", .methods = get, .run = run_webcam_list},
    command_spec{.path = "list-webcam",
                 .does = "Lists the cameras, under its other name.",
                 .methods = get,
                 .run = run_webcam_list},
    command_spec{.path = "webcam/snapshot",
                 .does = "Takes a picture with a camera.",
                 .methods = get_head,
                 .schema = camera_arguments,
                 .run_raw = run_webcam_snapshot},
    command_spec{.path = "webcam/stream",
                 .does = "Streams a camera, the newest picture first.",
                 .methods = get,
                 .schema = camera_arguments,
                 .run_raw = run_webcam_stream},
    command_spec{.path = "set-default-webcam",
                 .does = "Chooses the camera that is meant when none is named.",
                 .methods = act,
                 .needs = scope::control,
                 .schema = camera_name,
                 .run = run_set_default_webcam},
};

} // namespace

std::span<const command_spec> command_table()
{
    return table;
}

const command_spec* find_command(std::string_view path)
{
    for (const auto& row : table)
        if (row.path == path) return &row;
    return nullptr;
}

} // namespace layerline::commands
