// What an operation takes: a table of its parameters, and the check of a request's JSON against it. Pure.
#pragma once

#include "workshop/models/model_error.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace layerline::workshop {

// JSON as a result. Said in so many words, since JSON converts itself to anything.
inline model_result<nlohmann::json> json_result(nlohmann::json value)
{
    return {boost::system::in_place_value, std::move(value)};
}

enum class parameter_kind : std::uint8_t {
    model,  // id of a file or of a result
    number, // finite
    whole,  // a number without a fraction
    choice, // one of `choices`, in any case; kept in the table's spelling
    flag,
    list, // of objects, each with `fields`; at most `most` of them
};

struct parameter {
    std::string_view name; // camelCase, as on the wire
    parameter_kind kind = parameter_kind::number;
    bool needed = true;
    // Of numbers: the range, and the code of a value outside of it; of choices: the code of another word.
    double least = 0, most = 0;
    bool open_below = false; // `least` itself is outside
    std::span<const std::string_view> choices = {};
    model_errc wrong = model_errc::invalid_parameter;
    std::string_view either = {};      // just one of this parameter and that one is given
    std::string_view needed_with = {}; // needed once that one is given
    std::string_view meaning;          // for the documentation
    const parameter* fields = nullptr; // of a list's objects: numbers, whole numbers, choices and flags
    std::size_t field_count = 0;
};

inline std::span<const parameter> fields_of(const parameter& row)
{
    return {row.fields, row.field_count};
}

// A refusal of a parameter that is missing, of another type or not finite: code 13 in the contract's words.
model_failure invalid_parameter(std::string_view name);

// The parameters that the table knows, each checked; others are left out, since clients send more than they
// need. `null` counts as missing.
model_result<nlohmann::json> checked_parameters(const nlohmann::json& given,
                                                std::span<const parameter> table);

} // namespace layerline::workshop
