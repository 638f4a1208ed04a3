// The inside of the firmware, shared by the files that carry out its commands. Not for anybody else.
#pragma once

#include "printer/virtual/command.hpp"
#include "printer/virtual/dialect.hpp"
#include "printer/virtual/emergency_parser.hpp"
#include "printer/virtual/faults.hpp"
#include "printer/virtual/firmware.hpp"
#include "printer/virtual/heater.hpp"
#include "printer/virtual/line_intake.hpp"
#include "printer/virtual/meatpack.hpp"
#include "printer/virtual/serial_wire.hpp"

#include <deque>

namespace layerline::printer::virtual_printer {

struct queued_line {
    std::string text;
    std::optional<std::int64_t> number;
    bool drop_ok = false;
    bool of_card = false; // not a host's: gets no ok
};

// What a reset loses.
struct modal_state {
    axes at{};     // where the queued moves end, machine coordinates
    axes offset{}; // by G92: logical = machine - offset
    bool relative = false;
    bool relative_e = false;
    double unit = 1;  // mm in a unit of the commands
    double feed = 25; // mm/s
    double speed = 1; // M220
    double flow = 1;  // M221
    bool soft_endstops = true;
    bool cold_allowed = false;
    double cold_below = 170; // °C
    std::array<double, 4> max_feed{300, 300, 12, 120};
    std::array<bool, 3> homed{};
    bool motors_on = false;
    double motor_timeout = 120; // real seconds without a command; 0: never
    int keep_alive = 2;         // seconds
    int report_heat = 0;        // M155, seconds
    int report_position = 0;    // M154
};

struct firmware::impl {
    impl(const firmware_settings& chosen, time_point now, executed_sink executed);

    firmware_settings settings;
    executed_sink sink;
    time_point clock;
    serial_wire wire;
    meatpack_decoder packing;
    line_assembler assembler;
    line_check numbers;
    emergency_parser emergencies;
    fault_source faults;
    motion planner;
    card inserted;
    modal_state modes;
    firmware_status tally; // counts only

    std::deque<queued_line> queue; // the front one is being executed
    std::optional<command> running;
    // Carries the running command on; true when it is done. It asks to be called again at `wake_at`, and is
    // called after everything that happens anyway.
    std::function<bool()> step;
    std::optional<time_point> wake_at;
    bool known = true;           // the running command exists
    bool answered = false;       // it wrote an ok of its own
    std::string after_ok;        // what follows the running command's ok
    bool synchronous = false;    // it waits for the moves to end: no underrun when they do
    bool resend_pending = false; // the error line is leaving; flush and Resend come after it
    bool resend_silent = false;  // that Resend's ok is kept back

    heater tool, bed;
    std::optional<heater> chamber;
    time_point power_on;
    time_point heat_at;
    std::optional<heat_wait> heat_waiting;
    heater* heat_waiting_for = nullptr;
    bool heat_wait_over = false;

    bool user_waiting = false;
    int user_choice = 0;

    std::optional<time_point> boot_ends;
    std::optional<time_point> next_busy;
    std::optional<time_point> next_heat_report;
    std::optional<time_point> next_position_report;
    std::optional<time_point> next_wait_report;
    std::optional<time_point> next_idle_word; // "wait"
    std::optional<time_point> motors_idle_since;
    std::optional<time_point> dry_since; // the planner ran dry while nothing asked for it
    std::string halt_requested;
    bool cable_out = false;

    // --- firmware.cpp: time and bytes ---
    void advance(time_point now);
    std::optional<time_point> next_event() const;
    std::optional<time_point> next_own_event() const; // of the board alone, bytes left aside
    void fire();
    void run();
    bool blocked() const;
    void say(std::string_view line);
    nanoseconds scaled(double simulated_seconds) const;

    // --- firmware_lines.cpp: lines, the queue, and what acts past it ---
    void take_line(std::string line);
    void judge_line(std::string line, const line_faults& drawn);
    void damaged_line(std::string_view error, std::optional<std::int64_t> got, bool silent);
    void finish_resend();
    bool step_queue();
    void begin(const command& read);
    void finish();
    void emergency_now(const emergency& what);
    void pull_cable();

    // --- firmware_talk.cpp: identity, boot, halt, prompts ---
    bool begin_talk(const command& read);
    void boot_lines();
    void start_boot();
    void halt(const std::string& reason);
    void say_identity();
    void ask_user(const std::string& title, std::initializer_list<std::string_view> buttons);
    void begin_user_wait(const command& read);
    void begin_filament_change();
    void say_text(const command& read);

    // --- firmware_motion.cpp ---
    bool begin_motion(const command& read);
    bool try_move(const command& read);
    void queue_move(const axes& to, double length);
    void begin_home(const command& read);
    void begin_dwell(const command& read);
    void begin_probe();
    axes destination(const command& read) const;
    void quick_stop();
    std::string position_line() const;

    // --- firmware_modes.cpp ---
    bool begin_modes(const command& read);
    void set_position(const command& read);
    void settle_motors();
    void motors_off(const command& read);

    // --- firmware_card.cpp ---
    bool begin_card(const command& read);
    bool feed_from_card();
    void end_card_print();
    void press(panel_button which);

    // --- firmware_heat.cpp ---
    bool begin_heat(const command& read);
    void heat_to(time_point now);
    bool heat_active() const;
    void begin_heat_wait(heater& which, const command& read);
    all_heat heat_now() const;
    std::string heat_line() const;
    void say_target(bool for_tool);
    bool check_heat(); // halts on trouble; true when it did
    void heaters_off();
};

constexpr std::string_view axis_letters = "XYZE";

// A number with so many decimals, never "-0.00".
std::string fixed(double value, int decimals);

// Whether a command is left out of the list of executed ones: questions and housekeeping of hosts.
bool is_housekeeping(const command& read);

} // namespace layerline::printer::virtual_printer
