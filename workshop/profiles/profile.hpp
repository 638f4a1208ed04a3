// Printers, materials and qualities: parts of a slice request under a name, from TOML. Pure.
#pragma once

#include "workshop/slicing/slice_error.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace layerline::workshop {

inline constexpr std::size_t most_profile_bytes = 64UL * 1024;

enum class profile_kind : std::uint8_t { printer, material, quality };
std::string_view name_of(profile_kind kind); // "printer", "material", "quality"

struct profile {
    profile_kind kind = profile_kind::printer;
    std::string name;  // in requests: lower-case letters, digits, '-', '.'
    std::string title; // for people
    nlohmann::json
        sections; // of a slice request, with the fields that it sets; `extruder` is for each of them
    // The limits of the heaters, degrees C; 0: not told.
    double most_nozzle_c = 0, most_bed_c = 0;
};

struct profile_fault {
    std::string text; // "ender-3.toml:12: unknown field bed.width"
};

// A file whose name without ".toml" is the profile's:
//     kind = "printer"          # or "material", "quality"
//     title = "…"
//     [limits]                  # of a printer: nozzle_c, bed_c
//     [SECTION]                 # of the reference: fields with their values
//     [extruder]                # for each extruder
// A section may be `false` outside of any table: it is off. Unknown sections and fields are faults with the
// line, and so is a value that the reference does not take.
std::variant<profile, profile_fault> parse_profile(std::string_view toml, std::string_view name);

// Those that come with the program.
std::span<const profile> built_in_profiles();

// A later one of the same kind and name takes the place of an earlier.
class profile_book {
public:
    void add(profile one);
    const profile* find(profile_kind kind, std::string_view name) const;
    std::span<const profile> all() const { return all_; }

private:
    std::vector<profile> all_;
};

struct profile_choice {
    std::string printer, material, quality; // names; "" where there is to be none
    std::size_t extruders = 1;
};

// A slice request's data made of them, each before the next: what the profiles do not say has its default,
// raft and support are off. `models` is its list, `wishes` sections and fields that stand above the profiles
// (a section that is null is off). 400 for a name that is not known, and for temperatures above the printer's
// limits; what else is wrong is seen when the request is read.
slice_result<nlohmann::json> request_data(const profile_book& book, const profile_choice& choice,
                                          const nlohmann::json& models, const nlohmann::json& wishes);

} // namespace layerline::workshop
