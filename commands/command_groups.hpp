// The commands' functions, by group; command_table.cpp gives each its path, methods, scope and arguments.
#pragma once

#include "commands/command.hpp"
#include "commands/file_use.hpp"

#include <memory>

namespace layerline::commands {

// status_commands.cpp
transport::task<command_answer> run_ping(command_context& at, const arguments& given);
transport::task<command_answer> run_status(command_context& at, const arguments& given);
transport::task<command_answer> run_capabilities(command_context& at, const arguments& given);

// events.cpp
transport::task<void> run_events(command_context& at, const arguments& given);

// job_commands.cpp
transport::task<command_answer> run_pause(command_context& at, const arguments& given);
transport::task<command_answer> run_resume(command_context& at, const arguments& given);
transport::task<command_answer> run_cancel(command_context& at, const arguments& given);
transport::task<command_answer> run_start(command_context& at, const arguments& given);
transport::task<command_answer> run_bed_clear(command_context& at, const arguments& given);

// motion_commands.cpp
transport::task<command_answer> run_home(command_context& at, const arguments& given);
transport::task<command_answer> run_set_temp(command_context& at, const arguments& given);
transport::task<command_answer> run_emergency_stop(command_context& at, const arguments& given);

// hand_commands.cpp
transport::task<command_answer> run_move_axis(command_context& at, const arguments& given);
transport::task<command_answer> run_extrude(command_context& at, const arguments& given);
transport::task<command_answer> run_fan(command_context& at, const arguments& given);
transport::task<command_answer> run_speed(command_context& at, const arguments& given);
transport::task<command_answer> run_flow(command_context& at, const arguments& given);
transport::task<command_answer> run_babystep(command_context& at, const arguments& given);
transport::task<command_answer> run_motors_off(command_context& at, const arguments& given);
transport::task<command_answer> run_level_bed(command_context& at, const arguments& given);
transport::task<command_answer> run_set_light(command_context& at, const arguments& given);
transport::task<command_answer> run_set_power(command_context& at, const arguments& given);
transport::task<command_answer> run_macro_by_name(command_context& at, const arguments& given);
transport::task<command_answer> run_exclude_object(command_context& at, const arguments& given);
transport::task<command_answer> run_answer_prompt(command_context& at, const arguments& given);
transport::task<command_answer> run_console(command_context& at, const arguments& given);

// file_commands.cpp
transport::task<command_answer> run_list(command_context& at, const arguments& given);
transport::task<command_answer> run_details(command_context& at, const arguments& given);

// folder_commands.cpp
transport::task<command_answer> run_create_folder(command_context& at, const arguments& given);
transport::task<command_answer> run_move(command_context& at, const arguments& given);
transport::task<command_answer> run_delete(command_context& at, const arguments& given);

// file_transfer.cpp
transport::task<command_answer> run_upload(command_context& at, const arguments& given);
transport::task<void> run_download(command_context& at, const arguments& given);

// upload_commands.cpp
transport::task<command_answer> run_upload_create(command_context& at, const arguments& given);
transport::task<void> run_upload_part(command_context& at, const arguments& given);
transport::task<void> run_upload_state(command_context& at, const arguments& given);
transport::task<command_answer> run_upload_commit(command_context& at, const arguments& given);
transport::task<command_answer> run_upload_cancel(command_context& at, const arguments& given);
transport::task<command_answer> run_upload_list(command_context& at, const arguments& given);

// queue_commands.cpp
transport::task<command_answer> run_queue_list(command_context& at, const arguments& given);
transport::task<command_answer> run_queue_add(command_context& at, const arguments& given);
transport::task<command_answer> run_queue_remove(command_context& at, const arguments& given);
transport::task<command_answer> run_queue_move(command_context& at, const arguments& given);
transport::task<command_answer> run_queue_pause(command_context& at, const arguments& given);
transport::task<command_answer> run_queue_resume(command_context& at, const arguments& given);
transport::task<command_answer> run_queue_start_next(command_context& at, const arguments& given);

// model_commands.cpp
transport::task<command_answer> run_model_print(command_context& at, const arguments& given);
transport::task<command_answer> run_model_print_state(command_context& at, const arguments& given);
transport::task<command_answer> run_model_print_cancel(command_context& at, const arguments& given);

// printer_lists.cpp
transport::task<command_answer> run_power_list(command_context& at, const arguments& given);
transport::task<command_answer> run_macro_list(command_context& at, const arguments& given);
transport::task<command_answer> run_console_lines(command_context& at, const arguments& given);
transport::task<command_answer> run_history(command_context& at, const arguments& given);
transport::task<command_answer> run_bed_mesh(command_context& at, const arguments& given);
transport::task<command_answer> run_card_list(command_context& at, const arguments& given);

// preview_commands.cpp
inline constexpr std::size_t max_index_bytes = std::size_t{2} << 20U; // of the layers' envelope
transport::task<void> run_layers(command_context& at, const arguments& given);
transport::task<void> run_thumbnail(command_context& at, const arguments& given);

// agent_commands.cpp
transport::task<void> run_plugin_logs(command_context& at, const arguments& given);
transport::task<command_answer> run_send_command(command_context& at, const arguments& given);
transport::task<command_answer> run_connection_info(command_context& at, const arguments& given);
transport::task<command_answer> run_rekey(command_context& at, const arguments& given);
transport::task<command_answer> run_mqtt(command_context& at, const arguments& given);

// webcam_commands.cpp
transport::task<command_answer> run_webcam_list(command_context& at, const arguments& given);
transport::task<void> run_webcam_snapshot(command_context& at, const arguments& given);
transport::task<void> run_webcam_stream(command_context& at, const arguments& given);
transport::task<command_answer> run_set_default_webcam(command_context& at, const arguments& given);
transport::task<command_answer> run_get_added_webcams(command_context& at, const arguments& given);
transport::task<command_answer> run_set_added_webcams(command_context& at, const arguments& given);

// The virtual path of an argument, or 400 that names it.
outcome<std::string> good_path(const arguments& given, std::string_view name);

} // namespace layerline::commands
