// Families of firmware and where they differ, as one table. What they say is read by one grammar for all
// (reply_parser.hpp); what is said to them, and how long they are waited for, stands here.
#pragma once

#include "printer/printer_state.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace layerline::printer::serial {

enum class firmware_kind : std::uint8_t {
    unknown, // what every family understands, and no more
    marlin1,
    marlin2,
    prusa, // the 8-bit boards' own branch of Marlin 1
    repetier,
    smoothie,
    reprapfirmware,
    klipper // G-code on its pty; through Moonraker is better
};

struct firmware_profile {
    firmware_kind kind = firmware_kind::unknown;
    std::string_view name;               // in the configuration: "marlin2"
    std::string_view title;              // for people
    std::string_view keep_alive;         // asks for a busy line each second; empty: it has no such command
    bool ok_tells_line = false;          // "ok 137"; a bare ok is then nobody's
    bool motors_by_time = true;          // M84 S0 keeps the motors on; elsewhere it would switch them off
    bool cuts_sd_print = false;          // M524 ends a print from its card; elsewhere M25, then M26 S0
    bool tells_card = true;              // M115 says whether it has one (SDCARD); elsewhere one has to ask it
    std::string_view list_card;          // lists the card, with long names where it has them
    std::string_view ask_card_file = {}; // which file of the card it prints; empty: it cannot tell
    std::string_view go_on;              // ends a pause that was begun at its panel; empty: M108 or an answer
    std::chrono::milliseconds silence{30'000}; // no byte at all while an ok is owed: gone
    std::chrono::milliseconds resend_ok{200};  // the ok that belongs to a resend comes within this, or never
};

std::span<const firmware_profile> firmware_profiles();
const firmware_profile& profile_of(firmware_kind kind);
std::optional<firmware_kind> firmware_named(std::string_view name); // "marlin2" …
// From what M115 told; unknown for a name that is none of these.
firmware_kind kind_of(const firmware_info& told);

} // namespace layerline::printer::serial
