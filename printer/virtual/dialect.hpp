// What the families of firmware say in words of their own. Pure: the same figures, other texts.
#pragma once

#include "printer/virtual/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::printer::virtual_printer {

struct heat_figures {
    double reading = 0, target = 0;
    int power = 0; // 0..127
};
struct all_heat {
    heat_figures tool, bed;
    std::optional<heat_figures> chamber;
    double ambient = 0;
};

// The ok of a line; `blocks` and `slots` are those that are free.
std::string ok_text(const firmware_settings& of, std::optional<std::int64_t> number, std::size_t blocks,
                    std::size_t slots);
// Of M105 and of reports, with a leading blank where the family has one.
std::string heat_text(const firmware_settings& of, const all_heat& heat);
// Each second of M109 and M190; `left` is the time the temperature must still hold.
std::string heat_wait_text(const firmware_settings& of, const all_heat& heat, const std::string& left);
// A heater was set; empty where the family says nothing.
std::string target_text(const firmware_settings& of, bool tool, double celsius);
// Why a line was not taken; `marlin` is that family's text, up to the number.
std::string damage_text(const firmware_settings& of, std::string_view marlin, std::int64_t last,
                        std::optional<std::int64_t> got);
std::string resend_text(const firmware_settings& of, std::int64_t next);
// To a line that was taken before: nothing, or "skip 5" and an ok.
std::vector<std::string> repeat_texts(const firmware_settings& of, std::int64_t number);
std::string unknown_text(const firmware_settings& of, std::string_view command);
std::string busy_text(const firmware_settings& of, bool for_user);
std::string halt_text(const firmware_settings& of, const std::string& reason);
std::vector<std::string> boot_texts(const firmware_settings& of);
// The first line of M115 and the capabilities that the family has in words of its own.
std::string name_text(const firmware_settings& of);

} // namespace layerline::printer::virtual_printer
