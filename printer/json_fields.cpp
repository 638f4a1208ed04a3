// Strict reading of JSON members.
#include "printer/json_fields.hpp"

#include <nlohmann/json.hpp>

#include <limits>

namespace layerline::printer {

using nlohmann::json;

void throw_field_error(std::string_view name, std::string_view what)
{
    throw json::other_error::create(599, std::string(name) + " " + std::string(what), nullptr);
}

const json* find_field(const json& object, const char* name)
{
    if (!object.is_object()) throw_field_error("the message", "is not an object");
    const auto at = object.find(name);
    return at == object.end() || at->is_null() ? nullptr : &*at;
}

std::optional<std::string> text_field(const json& object, const char* name, std::size_t max_bytes)
{
    const json* member = find_field(object, name);
    if (!member) return std::nullopt;
    if (!member->is_string()) throw_field_error(name, "is not a string");
    const auto& text = member->get_ref<const std::string&>();
    if (text.size() > max_bytes)
        throw_field_error(name, "is longer than " + std::to_string(max_bytes) + " bytes");
    return text;
}

std::optional<bool> bool_field(const json& object, const char* name)
{
    const json* member = find_field(object, name);
    if (!member) return std::nullopt;
    if (!member->is_boolean()) throw_field_error(name, "is neither true nor false");
    return member->get<bool>();
}

std::optional<double> number_field(const json& object, const char* name)
{
    const json* member = find_field(object, name);
    if (!member) return std::nullopt;
    if (!member->is_number()) throw_field_error(name, "is not a number");
    return member->get<double>();
}

std::optional<std::uint64_t> count_field(const json& object, const char* name)
{
    const json* member = find_field(object, name);
    if (!member) return std::nullopt;
    // A number built in memory may be of the signed kind though it is not negative.
    if (member->is_number_unsigned()) return member->get<std::uint64_t>();
    if (member->is_number_integer() && member->get<std::int64_t>() >= 0)
        return static_cast<std::uint64_t>(member->get<std::int64_t>());
    throw_field_error(name, "is not a whole number from 0 on");
}

std::optional<int> int_field(const json& object, const char* name)
{
    const json* member = find_field(object, name);
    if (!member) return std::nullopt;
    if (member->is_number_unsigned() && member->get<std::uint64_t>() <= std::numeric_limits<int>::max())
        return static_cast<int>(member->get<std::uint64_t>());
    if (member->is_number_integer() && !member->is_number_unsigned()) {
        const auto value = member->get<std::int64_t>();
        if (value >= std::numeric_limits<int>::min() && value <= std::numeric_limits<int>::max())
            return static_cast<int>(value);
    }
    throw_field_error(name, "is not a whole number in range");
}

} // namespace layerline::printer
