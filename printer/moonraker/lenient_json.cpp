#include "printer/moonraker/lenient_json.hpp"

#include "printer/moonraker/rpc_messages.hpp"

#include <cmath>

namespace layerline::printer::moonraker {

using nlohmann::json;

const json& member(const json& object, const char* name)
{
    static const json nothing;
    if (!object.is_object()) return nothing;
    const auto at = object.find(name);
    return at == object.end() ? nothing : *at;
}

std::string text_in(const json& object, const char* name)
{
    const auto& value = member(object, name);
    return value.is_string() ? value.get<std::string>() : std::string();
}

std::string words_in(const json& object, const char* name, std::size_t limit)
{
    const auto& value = member(object, name);
    return value.is_string() ? plain_words(value.get_ref<const std::string&>(), limit) : std::string();
}

bool flag_in(const json& object, const char* name, bool otherwise)
{
    const auto& value = member(object, name);
    return value.is_boolean() ? value.get<bool>() : otherwise;
}

std::optional<double> number_in(const json& object, const char* name)
{
    const auto& value = member(object, name);
    if (!value.is_number()) return std::nullopt;
    const auto number = value.get<double>();
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

} // namespace layerline::printer::moonraker
