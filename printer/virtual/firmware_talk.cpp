// What the firmware says: boot, identity, halts, prompts for the user, and commands that are only accepted.
#include "printer/virtual/firmware_impl.hpp"

#include <algorithm>
#include <cstdio>

namespace layerline::printer::virtual_printer {

namespace {

// Commands that are carried out without any effect here: settings of things that this machine has not got to
// show.
constexpr int accepted[] = {42,  73,  75,  76,  77,  92,  106, 107, 111, 117, 120, 121, 200, 201, 204,
                            205, 206, 218, 300, 301, 304, 420, 425, 500, 501, 502, 593, 900, 907};
// Questions and housekeeping of hosts: not listed as executed.
constexpr int housekeeping[] = {105, 108, 110, 111, 112, 113, 114, 115, 119, 154, 155, 400, 410, 503, 876};

} // namespace

std::string fixed(double value, int decimals)
{
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    std::string out = text;
    if (out.find_first_not_of("-0.") == std::string::npos && out[0] == '-') out.erase(0, 1);
    return out;
}

bool is_housekeeping(const command& read)
{
    return read.letter() == 'M' &&
           std::find(std::begin(housekeeping), std::end(housekeeping), read.code()) != std::end(housekeeping);
}

// From reset to the end of booting nothing is heard; the heat stays where it is.
void firmware::impl::start_boot()
{
    quick_stop();
    const auto stands = planner.position(clock);
    wire.cut();
    assembler.clear();
    emergencies.clear();
    packing.restart();
    numbers.set_last(0);
    queue.clear();
    running.reset();
    step = nullptr;
    modes = {};
    modes.at = {0, 0, 0, 0}; // the board thinks so; the head stands where it stood
    modes.offset = {};
    planner.place({stands[0], stands[1], stands[2], 0});
    modes.at = planner.position(clock);
    heaters_off();
    tool.clear_trouble();
    bed.clear_trouble();
    answered = synchronous = resend_pending = resend_silent = user_waiting = false;
    inserted.printing = false;
    after_ok.clear();
    next_idle_word.reset();
    known = true;
    tally.killed = false;
    halt_requested.clear();
    wake_at = next_busy = next_heat_report = next_position_report = motors_idle_since = dry_since =
        std::nullopt;
    ++tally.boots;
    boot_ends = clock + settings.boot_time;
}

void firmware::impl::boot_lines()
{
    for (const auto& text : boot_texts(settings))
        say(text);
    if (settings.says_wait) next_idle_word = clock + std::chrono::seconds(1);
}

void firmware::impl::halt(const std::string& reason)
{
    say("echo:" + reason);
    say(halt_text(settings, reason));
    if (settings.prompts) say("//action:poweroff");
    quick_stop();
    heaters_off();
    queue.clear();
    running.reset();
    step = nullptr;
    resend_pending = user_waiting = false;
    wake_at = next_busy = next_heat_report = next_position_report = std::nullopt;
    tally.killed = true;
    tally.kill_reason = reason;
    modes.motors_on = false;
    modes.homed = {};
}

void firmware::impl::say_identity()
{
    say(name_text(settings));
    const auto cap = [this](std::string_view name, bool has) {
        say("Cap:" + std::string(name) + (has ? ":1" : ":0"));
    };
    for (auto name : {"SERIAL_XON_XOFF", "BINARY_FILE_TRANSFER", "EEPROM", "VOLUMETRIC"})
        cap(name, false);
    cap("AUTOREPORT_POS", settings.auto_report);
    cap("AUTOREPORT_TEMP", settings.auto_report);
    for (auto name : {"PROGRESS", "PRINT_JOB", "AUTOLEVEL", "RUNOUT", "Z_PROBE", "LEVELING_DATA",
                      "BUILD_PERCENT", "SOFTWARE_POWER", "TOGGLE_LIGHTS", "CASE_LIGHT_BRIGHTNESS"})
        cap(name, false);
    cap("EMERGENCY_PARSER", settings.emergency_parser);
    cap("HOST_ACTION_COMMANDS", settings.prompts);
    cap("PROMPT_SUPPORT", settings.prompts);
    cap("SDCARD", inserted.present());
    for (auto name : {"MULTI_VOLUME", "REPEAT", "SD_WRITE", "AUTOREPORT_SD_STATUS", "LONG_FILENAME",
                      "LFN_WRITE", "CUSTOM_FIRMWARE_UPLOAD", "EXTENDED_M20"})
        cap(name, false);
    cap("THERMAL_PROTECTION", settings.thermal_protection);
    cap("MOTION_MODES", false);
    cap("ARCS", true);
    cap("BABYSTEPPING", false);
    cap("CHAMBER_TEMPERATURE", settings.chamber);
    cap("COOLER_TEMPERATURE", false);
    cap("MEATPACK", settings.meatpack);
    cap("CONFIG_EXPORT", false);
    const std::string area = "min:{x:0.00,y:0.00,z:0.00},max:{x:" + fixed(settings.size[0], 2) +
                             ",y:" + fixed(settings.size[1], 2) + ",z:" + fixed(settings.size[2], 2) + "}";
    say("area:{full:{" + area + "},work:{" + area + "}}");
}

void firmware::impl::ask_user(const std::string& title, std::initializer_list<std::string_view> buttons)
{
    if (settings.prompts) {
        say("//action:prompt_end");
        say("//action:prompt_begin " + title);
        for (auto button : buttons)
            say("//action:prompt_button " + std::string(button));
        say("//action:prompt_show");
    }
    user_choice = 0;
    user_waiting = true;
}

// M0, M1: after the moves, wait for the user or the given time.
void firmware::impl::begin_user_wait(const command& read)
{
    const double seconds = read.value('S').value_or(read.value('P').value_or(0) / 1000);
    const bool timed = (read.seen('S') || read.seen('P')) && seconds > 0;
    const std::string title =
        timed || read.argument().empty() ? "Click to Resume..." : std::string(read.argument());
    synchronous = true;
    step = [this, seconds, timed, title, asked = false, until = time_point()]() mutable {
        if (!planner.idle()) return false;
        if (!asked) {
            asked = true;
            say("echo:" + title);
            ask_user(title, {"Continue"});
            until = clock + scaled(seconds);
        }
        if (timed && clock >= until) user_waiting = false;
        if (user_waiting && timed) wake_at = until;
        return !user_waiting;
    };
}

// M600: two questions; choice 0 of the second (purge more) asks again.
void firmware::impl::begin_filament_change()
{
    synchronous = true;
    step = [this, stage = 0]() mutable {
        if (!planner.idle() || user_waiting) return false;
        if (stage == 0) {
            if (settings.prompts) say("//action:paused");
            ask_user("Nozzle Parked", {"Continue"});
            stage = 1;
            return false;
        }
        if (stage == 1) {
            ask_user("Paused", {"PurgeMore", "Continue"});
            user_choice = 1; // what M108 means
            stage = 2;
            return false;
        }
        if (user_choice == 0) {
            ask_user("Paused", {"PurgeMore", "Continue"});
            user_choice = 1;
            return false;
        }
        if (settings.prompts) {
            say("//action:resumed");
            say("//action:prompt_end");
        }
        return true;
    };
}

// M118: [E1] [A1] [Pn] text.
void firmware::impl::say_text(const command& read)
{
    auto text = read.argument();
    std::string before;
    while (text.size() > 1 && (text[0] == 'A' || text[0] == 'E' || text[0] == 'P') && text[1] >= '0' &&
           text[1] <= '9') {
        if (text[0] == 'A' && text[1] == '1') before = "//";
        if (text[0] == 'E' && text[1] == '1') before = "echo:";
        text.remove_prefix(2);
        while (!text.empty() && text.front() == ' ')
            text.remove_prefix(1);
    }
    say(before + std::string(text));
}

bool firmware::impl::begin_talk(const command& read)
{
    if (read.letter() != 'M') return false;
    const auto s = read.value('S');
    if (settings.family == firmware_family::repetier && (read.code() == 113 || read.code() == 600))
        return false;
    switch (read.code()) {
    case 0:
    case 1:
        begin_user_wait(read);
        return true;
    case 600:
        begin_filament_change();
        return true;
    case 108:
        if (!settings.emergency_parser) emergency_now({emergency::kind::continue_on});
        return true;
    case 410:
        if (!settings.emergency_parser) emergency_now({emergency::kind::quick_stop});
        return true;
    case 876:
        return true;
    case 112:
        halt_requested = "M112 Shutdown";
        return true;
    case 110:
        if (auto number = read.value('N'))
            numbers.set_last(static_cast<std::int64_t>(std::clamp(*number, -2147483647.0, 2147483647.0)));
        else if (settings.m110_reports)
            say("Line: " + std::to_string(numbers.last()));
        return true;
    case 113:
        if (s)
            modes.keep_alive = static_cast<int>(std::clamp(*s, 0.0, 60.0));
        else
            say("echo:M113 S" + std::to_string(modes.keep_alive));
        return true;
    case 114:
        say(position_line());
        return true;
    case 115:
        say_identity();
        return true;
    case 118:
        say_text(read);
        return true;
    case 119:
        say("Reporting endstop status");
        for (auto name : {"x_min", "y_min", "z_min"})
            say(std::string(name) + ": open");
        return true;
    case 154:
        modes.report_position = static_cast<int>(std::clamp(s.value_or(0), 0.0, 60.0));
        if (modes.report_position > 0)
            next_position_report = clock + std::chrono::seconds(modes.report_position);
        else
            next_position_report.reset();
        return true;
    case 503:
        say("echo:; Linear Units:");
        say("echo:  G21 ; (mm)");
        say("echo:; Steps per unit:");
        say("echo:  M92 X80.00 Y80.00 Z400.00 E95.00");
        say("echo:; Max feedrates (units/s):");
        say("echo:  M203 X" + fixed(modes.max_feed[0], 2) + " Y" + fixed(modes.max_feed[1], 2) + " Z" +
            fixed(modes.max_feed[2], 2) + " E" + fixed(modes.max_feed[3], 2));
        return true;
    default:
        return std::find(std::begin(accepted), std::end(accepted), read.code()) != std::end(accepted);
    }
}

} // namespace layerline::printer::virtual_printer
