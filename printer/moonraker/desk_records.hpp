// What the desk remembers of the calls that are under way, and why they were made.
#pragma once

#include "printer/printer_action.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace layerline::printer::moonraker::desk_records {

using time_point = std::chrono::steady_clock::time_point;

enum class klippy : std::uint8_t { unknown, disconnected, startup, ready, shutdown, error };
enum class call_kind : std::uint8_t {
    identify,
    server_info,
    printer_info,
    objects_list,
    subscribe,
    settings,
    history,
    start_check,
    start,
    pause,
    resume,
    cancel,
    home,
    heat,
    move,
    extrude,
    adjust, // fan, factors, babysteps, lights, objects: what changes no place by itself
    motors,
    level,
    power,
    console,
    macro,
    answer,
    restore,
    emergency,
    emergency_power, // the owner's device is switched off, since Klipper did not confirm the stop
    register_notify,
    register_pause_reason,
    webcams,
    power_list,
    query
};
struct call {
    call_kind kind = call_kind::server_info;
    std::string message;
    std::optional<std::uint64_t> who = {};    // the ticket of an action
    std::optional<std::uint64_t> query = {};  // the ticket of a question
    std::uint64_t stop = 0;                   // the ticket of an emergency stop, waited for or not
    std::optional<time_point> deadline = {};  // of calls of our own; those of others have their asker's
    std::optional<time_point> accept_at = {}; // set when sent
    std::string reply = {};                   // of a console line: what Klipper said since it was sent
    std::string word = {};                    // the G-code command, to know what Klipper calls unknown
    bool written = false, unknown = false;
};
struct asker {
    time_point deadline;
    std::uint64_t call = 0;             // 0: not made yet
    std::optional<performed> held = {}; // told when the state shows it
};
// What was asked for and shows in the state until it is done.
struct overlay {
    call_kind kind = call_kind::pause;
    std::uint64_t call = 0;
    std::optional<time_point> answered = {};
};
// An emergency stop that Klipper has not confirmed.
struct open_stop {
    std::string device;    // to be switched off then; empty: none is allowed
    time_point power_at{}; // when, if nothing is confirmed before
    bool power_sent = false;
    std::string why; // what Klipper said instead of stopping
};
struct start_under_way {
    std::uint64_t who = 0;
    std::string file;
    std::uint64_t commit = 0;
    time_point began = {};
    bool sent = false;
    std::optional<time_point> check_at = {}; // Klipper was busy: when to look again
    std::optional<time_point> answered = {};
};
struct known_job {
    std::string file; // as Klipper calls it
    bool live = false;
    std::optional<double> estimated_s = {};
    std::string end_reason = {};
};
// "!! ..." on Klipper's console.
struct fault {
    std::string text;
    time_point at;
};

} // namespace layerline::printer::moonraker::desk_records
