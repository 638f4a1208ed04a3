// Lists that Moonraker and Klipper tell: past jobs, cameras, power devices, macros, the bed's mesh. Pure;
// every text in them is a stranger's, cut and freed of control characters here, and lists have bounds.
#pragma once

#include "printer/printer_error.hpp"
#include "printer/printer_facts.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::printer::moonraker {

inline constexpr std::size_t most_jobs = 100, most_webcams = 32, most_power_devices = 64, most_macros = 256;

// Whether a device's or a pin's name says that it is a light: there is "light", "lamp" or "led" in it.
bool called_a_light(std::string_view name);

// The history's id as a job id of ours ("m-00000C"), empty if it is none; and back again.
std::string job_id_of(const nlohmann::json& job);
std::string history_id_of(std::string_view ours);

// One entry of the history; none without an id.
std::optional<past_job> read_past_job(const nlohmann::json& job);
// The result of server.history.list.
job_page read_history(const nlohmann::json& result);
// The result of server.webcams.list, or of notify_webcams_changed. Cameras without a name or an address are
// left out.
std::vector<webcam> read_webcams(const nlohmann::json& result);
// One device as machine.device_power.devices and notify_power_changed tell it; none without a name.
std::optional<power_device> read_power_device(const nlohmann::json& device);
std::vector<power_device> read_power_devices(const nlohmann::json& result);
// What notify_power_changed tells, into the list.
void take_power_change(const nlohmann::json& device, std::vector<power_device>& all);
// Out of configfile.settings. Macros whose name begins with an underscore are helpers of others, as are the
// ones that replace a command of Klipper's own under another name.
std::vector<macro_info> read_macros(const nlohmann::json& settings);
// The parameters that a macro's text reads: params.NAME and params['NAME'], with |default(…) where it stands
// there. At most 32.
std::vector<macro_parameter> parameters_in(std::string_view gcode);
// The object bed_mesh, in full; a failure where there is no mesh.
printer_result<bed_mesh> read_mesh(const nlohmann::json& object);

} // namespace layerline::printer::moonraker
