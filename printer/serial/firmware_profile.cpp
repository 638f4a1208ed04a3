// The table of firmware families.
#include "printer/serial/firmware_profile.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace layerline::printer::serial {

namespace {

using namespace std::chrono_literals;

// Families without busy lines answer a slow move when there is room for it: silence proves less.
constexpr auto patient = 180'000ms;

constexpr std::array profiles{
    firmware_profile{.kind = firmware_kind::unknown,
                     .name = "unknown",
                     .title = "a firmware that is not known",
                     .keep_alive = "M113 S1",
                     .list_card = "M20",
                     .go_on = {}},
    firmware_profile{.kind = firmware_kind::marlin1,
                     .name = "marlin1",
                     .title = "Marlin 1",
                     .keep_alive = "M113 S1",
                     .tells_card = false,
                     .list_card = "M20",
                     .go_on = {}},
    firmware_profile{.kind = firmware_kind::marlin2,
                     .name = "marlin2",
                     .title = "Marlin 2",
                     .keep_alive = "M113 S1",
                     .cuts_sd_print = true,
                     .list_card = "M20 L",
                     .ask_card_file = "M27 C",
                     .go_on = {}},
    firmware_profile{.kind = firmware_kind::prusa,
                     .name = "prusa",
                     .title = "Prusa (8-bit)",
                     .keep_alive = "M113 S1",
                     .tells_card = false,
                     .list_card = "M20 L",
                     .go_on = "M602",
                     .silence = 60'000ms, // a change of filament may say nothing
                     .resend_ok = 500ms},
    firmware_profile{.kind = firmware_kind::repetier,
                     .name = "repetier",
                     .title = "Repetier",
                     .keep_alive = {},
                     .ok_tells_line = true,
                     .tells_card = false,
                     .list_card = "M20",
                     .go_on = {},
                     .silence = patient},
    firmware_profile{.kind = firmware_kind::smoothie,
                     .name = "smoothie",
                     .title = "Smoothieware",
                     .keep_alive = {},
                     .motors_by_time = false,
                     .tells_card = false,
                     .list_card = "M20",
                     .go_on = {},
                     .silence = patient,
                     .resend_ok = 500ms},
    firmware_profile{.kind = firmware_kind::reprapfirmware,
                     .name = "reprapfirmware",
                     .title = "RepRapFirmware",
                     .keep_alive = {},
                     .tells_card = false,
                     .list_card = "M20",
                     .go_on = {},
                     .silence = patient},
    firmware_profile{.kind = firmware_kind::klipper,
                     .name = "klipper",
                     .title = "Klipper",
                     .keep_alive = {},
                     .motors_by_time = false,
                     .list_card = "M20",
                     .go_on = {},
                     .silence = patient},
};

struct known_name {
    std::string_view part; // of FIRMWARE_NAME, in small letters; the first that fits counts
    firmware_kind kind;
};
constexpr std::array names{
    known_name{"prusa-firmware-buddy", firmware_kind::marlin2},
    known_name{"prusa", firmware_kind::prusa},
    known_name{"repetier", firmware_kind::repetier},
    known_name{"smoothie", firmware_kind::smoothie},
    known_name{"reprapfirmware", firmware_kind::reprapfirmware},
    known_name{"klipper", firmware_kind::klipper},
    known_name{"marlin 1", firmware_kind::marlin1},
    known_name{"marlin v1", firmware_kind::marlin1},
    known_name{"marlin_v1", firmware_kind::marlin1},
    known_name{"marlin bugfix-1", firmware_kind::marlin1},
    known_name{"marlin", firmware_kind::marlin2},
};

} // namespace

std::span<const firmware_profile> firmware_profiles()
{
    return profiles;
}

const firmware_profile& profile_of(firmware_kind kind)
{
    const auto found = std::find_if(profiles.begin(), profiles.end(),
                                    [&](const firmware_profile& one) { return one.kind == kind; });
    return found == profiles.end() ? profiles.front() : *found;
}

std::optional<firmware_kind> firmware_named(std::string_view name)
{
    const auto found = std::find_if(profiles.begin(), profiles.end(),
                                    [&](const firmware_profile& one) { return one.name == name; });
    return found == profiles.end() ? std::nullopt : std::optional(found->kind);
}

firmware_kind kind_of(const firmware_info& told)
{
    std::string name;
    for (const char c : told.name)
        name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (const auto& one : names)
        if (name.find(one.part) != std::string::npos) return one.kind;
    return firmware_kind::unknown;
}

} // namespace layerline::printer::serial
