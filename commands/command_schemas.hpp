// The commands' own arguments, by command: names, types, bounds.
#pragma once

#include "commands/arguments.hpp"
#include "gcode/layer_index.hpp"
#include "printer/printer_action.hpp"

#include <array>

namespace layerline::commands::schemas {

using enum argument_type;

inline constexpr std::array<argument, 1> status_arguments{
    argument{.name = "IncludeMaterialSystem", .type = boolean, .alias = "include_material_system"}};
inline constexpr std::array<argument, 1> pause_arguments{argument{.name = "Park", .type = boolean}};
inline constexpr std::array<argument, 2> start_arguments{
    argument{.name = "Path", .required = true, .least = 1}, argument{.name = "BedClear", .type = boolean}};
inline constexpr std::array<argument, 1> home_arguments{argument{.name = "Axes", .least = 1, .most = 3}};
// The bounds only keep nonsense out; the limits in force come from the printer's side.
inline constexpr std::array<argument, 4> heat_arguments{
    argument{.name = "BedC", .type = number, .most = 500},
    argument{.name = "ChamberC", .type = number, .most = 500},
    argument{.name = "ToolC", .type = number, .most = 500},
    argument{.name = "ToolNumber", .type = integer, .most = 15}};
inline constexpr std::array<argument, 3> move_arguments{
    argument{.name = "Axis", .required = true, .least = 1, .most = 1},
    argument{.name = "DistanceMm",
             .type = number,
             .required = true,
             .least = -printer::max_move_mm,
             .most = printer::max_move_mm},
    argument{.name = "FeedMmMin", .type = number, .least = 1, .most = printer::max_feed_mm_min}};
inline constexpr std::array<argument, 3> extrude_arguments{
    argument{.name = "DistanceMm",
             .type = number,
             .required = true,
             .least = -printer::max_extrude_mm,
             .most = printer::max_extrude_mm},
    argument{.name = "Extruder", .type = integer, .most = 15},
    argument{.name = "FeedMmMin", .type = number, .least = 1, .most = printer::max_feed_mm_min}};
inline constexpr std::array<argument, 1> fan_arguments{
    argument{.name = "Percent", .type = number, .required = true, .most = 100}};
inline constexpr std::array<argument, 1> speed_arguments{
    argument{.name = "Percent", .type = number, .required = true, .least = 10, .most = 500}};
inline constexpr std::array<argument, 1> flow_arguments{
    argument{.name = "Percent", .type = number, .required = true, .least = 50, .most = 200}};
inline constexpr std::array<argument, 1> babystep_arguments{argument{.name = "ZMm",
                                                                     .type = number,
                                                                     .required = true,
                                                                     .least = -printer::max_babystep_mm,
                                                                     .most = printer::max_babystep_mm}};
inline constexpr std::array<argument, 2> light_arguments{
    argument{.name = "Name", .required = true, .least = 1, .most = 64},
    argument{.name = "On", .type = boolean, .required = true}};
inline constexpr std::array<argument, 2> power_arguments{
    argument{.name = "Device", .required = true, .least = 1, .most = 64},
    argument{.name = "On", .type = boolean, .required = true}};
inline constexpr std::array<argument, 2> macro_arguments{
    argument{.name = "Name", .required = true, .least = 1, .most = 64}, argument{.name = "Parameters"}};
inline constexpr std::array<argument, 1> object_arguments{
    argument{.name = "Name", .required = true, .least = 1, .most = 64}};
inline constexpr std::array<argument, 1> prompt_arguments{
    argument{.name = "Choice", .type = integer, .required = true, .most = 9}};
inline constexpr std::array<argument, 1> console_arguments{
    argument{.name = "Gcode", .required = true, .least = 1, .most = printer::max_gcode_bytes}};
inline constexpr std::array<argument, 5> list_arguments{
    argument{.name = "Path", .least = 1}, argument{.name = "Root", .least = 1},
    argument{.name = "Recursive", .type = boolean}, argument{.name = "Offset", .type = integer, .most = 1e9},
    argument{.name = "Limit", .type = integer, .least = 1, .most = 10000}};
inline constexpr std::array<argument, 1> path_argument{
    argument{.name = "Path", .required = true, .least = 1}};
inline constexpr std::array<argument, 4> upload_arguments{
    argument{.name = "Path", .required = true, .least = 1},
    argument{.name = "Bytes", .type = integer, .required = true, .least = 1, .most = 1e15},
    argument{.name = "Sha256", .least = 64, .most = 64}, argument{.name = "Commit", .type = boolean}};
inline constexpr std::array<argument, 2> move_file_arguments{
    argument{.name = "Path", .required = true, .least = 1},
    argument{.name = "To", .required = true, .least = 1}};
inline constexpr std::array<argument, 2> delete_arguments{
    argument{.name = "Path", .required = true, .least = 1}, argument{.name = "Recursive", .type = boolean}};
inline constexpr std::array<argument, 2> queue_add_arguments{
    argument{.name = "Path", .required = true, .least = 1},
    argument{.name = "Position", .type = integer, .most = 1000}};
inline constexpr std::array<argument, 1> queue_id{
    argument{.name = "QueueId", .required = true, .least = 3, .most = 24}};
inline constexpr std::array<argument, 2> queue_move_arguments{
    argument{.name = "QueueId", .required = true, .least = 3, .most = 24},
    argument{.name = "Position", .type = integer, .required = true, .most = 1000}};
inline constexpr std::array<argument, 1> bed_clear_argument{argument{.name = "BedClear", .type = boolean}};
inline constexpr std::array<argument, 8> model_print_arguments{
    argument{.name = "FileId", .required = true, .least = 1, .most = 64},
    argument{.name = "Printer", .required = true, .least = 1, .most = 64},
    argument{.name = "Material", .required = true, .least = 1, .most = 64},
    argument{.name = "Quality", .required = true, .least = 1, .most = 64},
    argument{.name = "Settings", .type = object},
    argument{.name = "Name", .least = 1},
    argument{.name = "Start", .type = boolean},
    argument{.name = "BedClear", .type = boolean}};
inline constexpr std::array<argument, 1> print_id{
    argument{.name = "PrintId", .required = true, .least = 1, .most = 64}};
inline constexpr std::array<argument, 1> log_arguments{
    argument{.name = "TailLines", .type = integer, .most = 1e6, .alias = "lines"}};
inline constexpr std::array<argument, 4> send_arguments{
    argument{.name = "TransportType", .most = 16},
    argument{.name = "Request", .type = object, .required = true},
    // Taken for clients that say it; the answer is always waited for.
    argument{.name = "WaitForResponse", .type = boolean},
    argument{.name = "TimeoutSec", .type = integer, .least = 1, .most = 1800}};
inline constexpr argument upload_id{.name = "UploadId", .required = true, .least = 32, .most = 32};
inline constexpr std::array<argument, 1> one_upload{upload_id};
inline constexpr std::array<argument, 2> part_arguments{
    upload_id, argument{.name = "Offset", .type = integer, .required = true, .most = 1e15}};
inline constexpr std::array<argument, 2> commit_arguments{
    upload_id, argument{.name = "Sha256", .least = 64, .most = 64}};
// Any number may be asked for: what is no camera gets 404.
inline constexpr std::array<argument, 2> camera_arguments{
    argument{.name = "Index", .type = integer, .least = -1e6, .most = 1e6},
    argument{.name = "Name", .least = 1, .most = 64}};
inline constexpr std::array<argument, 1> camera_name{
    argument{.name = "Name", .required = true, .least = 1, .most = 64}};
inline constexpr std::array<argument, 1> added_cameras{
    argument{.name = "LocalPluginWebcams", .type = argument_type::array, .required = true}};

inline constexpr std::array<argument, 2> lines_arguments{
    argument{.name = "After", .type = integer, .most = 1e15},
    argument{.name = "Limit", .type = integer, .least = 1, .most = 500}};
inline constexpr std::array<argument, 2> history_arguments{
    argument{.name = "Offset", .type = integer, .most = 1e9},
    argument{.name = "Limit", .type = integer, .least = 1, .most = 100}};
inline constexpr std::array<argument, 1> offset_argument{
    argument{.name = "Offset", .type = integer, .most = 1e9}};
inline constexpr std::array<argument, 2> layer_arguments{
    argument{.name = "Path", .required = true, .least = 1},
    argument{.name = "Layer", .type = integer, .least = 1, .most = gcode::max_layers}};
inline constexpr std::array<argument, 2> picture_arguments{
    argument{.name = "Path", .required = true, .least = 1},
    argument{.name = "Size", .type = integer, .least = 1, .most = 4096}};

} // namespace layerline::commands::schemas
