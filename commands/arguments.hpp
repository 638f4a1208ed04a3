// Typed arguments of a command, from a JSON body and a query. Pure: text in, values or a failure out.
#pragma once

#include "commands/plugin_api.hpp"
#include "commands/reply.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace layerline::commands {

inline constexpr std::size_t max_argument_bytes = std::size_t{64} * 1024; // of a JSON body
inline constexpr std::size_t max_json_depth = 16;
inline constexpr std::size_t max_query_fields = 64;

enum class argument_type : std::uint8_t { boolean, integer, number, text, object, array };
constexpr std::string_view name_of(argument_type t)
{
    switch (t) {
    case argument_type::boolean:
        return "boolean";
    case argument_type::integer:
        return "integer";
    case argument_type::number:
        return "number";
    case argument_type::object:
        return "object";
    case argument_type::array:
        return "array";
    case argument_type::text:
        break;
    }
    return "string";
}

// One row of a command's schema. The bounds are of the value, or of a text's length in bytes.
struct argument {
    std::string_view name;
    argument_type type = argument_type::text;
    bool required = false;
    double least = 0;
    double most = 1024;
    std::string_view alias = {}; // another name for it in queries
};

// What was given, by the schema's names.
class arguments {
public:
    using value = std::variant<bool, std::int64_t, double, std::string>;
    bool has(std::string_view name) const { return values_.count(name) != 0; }
    // Each is empty where the argument was not given. The type is what the schema says.
    std::optional<bool> boolean(std::string_view name) const;
    std::optional<std::int64_t> integer(std::string_view name) const;
    std::optional<double> number(std::string_view name) const;    // finite
    std::optional<std::string> text(std::string_view name) const; // of an object or array: its JSON
    void set(std::string_view name, value v) { values_.insert_or_assign(name, std::move(v)); }

private:
    std::map<std::string_view, value> values_; // the names are the schema's
};

// The fields of a query ("a=1&b=%20x", without '?') in order, percent-decoded, '+' as a space. A failure
// (751) for a broken escape, text that is not UTF-8, or more than max_query_fields fields.
outcome<std::vector<std::pair<std::string, std::string>>> decode_query(std::string_view query);

// The arguments of one call. `body` is empty or one JSON object. Failures: 751 undecodable; 400 missing, of
// the wrong type, out of range, with characters that G-code would take as its own (CR, LF, NUL, other control
// characters, ';', '*'), and in the exact dialect also unknown or given twice. Names in a query match in any
// case; in a body exactly.
outcome<arguments> decode_arguments(std::span<const argument> schema, dialect how, std::string_view query,
                                    std::string_view body);

} // namespace layerline::commands
