// What a virtual printer is made of: sizes of its buffers, its limits, its wire, and the faults it is asked
// to show.
#pragma once

#include "printer/virtual/card.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace layerline::printer::virtual_printer {

using time_point = std::chrono::steady_clock::time_point;
using nanoseconds = std::chrono::nanoseconds;

// Probabilities per received numbered line, 0 to 1.
struct fault_rates {
    double drop_ok = 0;           // the line is executed, its ok is not sent
    double corrupt = 0;           // one bit of the line's body is flipped before it is read
    double resend_without_ok = 0; // the line is called damaged; Resend comes, the ok after it does not
    double unplug = 0;            // the cable comes out after this line
};

enum class firmware_family : std::uint8_t { marlin, prusa, repetier };

struct firmware_settings {
    firmware_family family = firmware_family::marlin;
    // The wire. 10 bits a byte; 0 turns pacing off.
    unsigned baud = 115200;
    std::size_t receive_ring = 128;
    std::size_t transmit_ring = 0; // the firmware stands still while more than this waits to be sent
    // Queues, with Marlin's names.
    std::size_t bufsize = 4;            // the command being executed keeps its slot
    std::size_t max_cmd_size = 96;      // one less is kept of a line
    std::size_t block_buffer_size = 16; // one less can be used
    // Options of the build.
    bool advanced_ok = true;
    bool emergency_parser = true;
    bool busy = true;          // host keep-alive
    bool prompts = true;       // host actions and prompts
    bool auto_report = true;   // M155, M154
    bool says_wait = false;    // "wait" each second without a line
    bool meatpack = false;     // unpacks lines
    bool m110_reports = false; // bare M110 answers "Line: n"
    bool chamber = false;
    bool thermal_protection = true;
    bool reset_on_open = false;
    // Simulated seconds in a real one: motion, heat and dwells. Wire, busy and report intervals stay real.
    double speed = 1;
    std::chrono::milliseconds boot_time{700};
    std::uint64_t seed = 1;
    fault_rates faults;
    std::uint64_t unplug_after = 0; // numbered lines; 0: never
    std::uint64_t runout_after = 0; // likewise: filament runs out, and the host is asked to pause
    // Simulated seconds after power-on from which the hotend's sensor shows one value for ever.
    std::optional<double> stuck_thermistor;
    bool stuck_heater = false; // the hotend's switch is shorted: full power whatever the firmware wants
    // The machine, in mm and °C.
    std::array<double, 3> size{250, 210, 220};
    double home_z = 5; // where Z stands after homing
    double tool_maxtemp = 275;
    double bed_maxtemp = 125;
    double chamber_maxtemp = 75;
    double ambient = 22;
    std::vector<card_file> card; // files of its own card; none: no card
    std::string machine = "Layerline Virtual";
    std::string uuid = "cede2a2f-41a2-4748-9b12-6c61796c0001";
};

} // namespace layerline::printer::virtual_printer
