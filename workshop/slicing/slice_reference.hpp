// What a slice request may say: one table of its fields with type, default, range, unit and text. It makes
// the reference that forms are built from, and it is what requests are checked against.
#pragma once

#include "workshop/slicing/slice_error.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

namespace layerline::workshop {

inline constexpr std::string_view slice_version = "1.0.6";

enum class field_kind : std::uint8_t {
    whole,  // a number without a fraction
    number, // finite
    flag,
    text,
    choice,
    lines, // of G-code: a list of strings
};

struct slice_field {
    std::string_view name; // in camelCase; "position.x" is a field of an object of its own
    field_kind kind = field_kind::whole;
    double usual = 0;        // the default of numbers and flags (0 or 1)
    std::string_view word{}; // of texts and choices; of lines: separated by line feeds
    double least = std::numeric_limits<double>::lowest(), most = std::numeric_limits<double>::max();
    bool open_below = false; // `least` itself is outside
    bool needed = false;     // there is no default
    std::string_view unit{}; // "micron", "mm/s", "%", "degree", "radian", "s", "layer", "line"
    std::span<const std::string_view> choices{};
    std::string_view text{};   // what it does
    std::string_view before{}; // its name in a version where letters' case alone does not tell it
};

enum class section_shape : std::uint8_t { object, list };

struct slice_section {
    std::string_view name;
    section_shape shape = section_shape::object;
    std::optional<slice_errc> missing; // none: may be left out
    bool can_be_off = false;           // by `null` or `false`; a list: may be empty
    std::span<const slice_field> fields;
    std::string_view text;
};

// In the order in which a request is looked through for missing ones.
std::span<const slice_section> slice_sections();
// By its name in any version, in any case of letters; null if there is none.
const slice_section* find_section(std::string_view name);
const slice_field* find_field(const slice_section& section, std::string_view name);

// The default of a field as JSON; null where there is none.
nlohmann::json usual_value(const slice_field& field);

// The whole table as JSON: {"version", "sections": {NAME: {"shape", "canBeOff", "text", "fields": {…}}}}.
nlohmann::json reference_json();

// Whether two names are the same but for the case of their ASCII letters.
bool same_name(std::string_view a, std::string_view b);

} // namespace layerline::workshop
