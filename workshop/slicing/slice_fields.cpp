#include "workshop/slicing/slice_fields.hpp"

#include "workshop/slicing/slice_request.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr std::size_t most_text = 1024;

slice_failure wrong(const std::string& path, std::string text)
{
    return {slice_errc::bad_value, path, std::move(text)};
}

std::string plain(double value)
{
    std::array<char, 32> text{};
    return {text.data(), static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.10g", value))};
}

std::string range_of(const slice_field& field)
{
    std::string text = field.open_below ? "above " : "from ";
    text += plain(field.least) + (field.open_below ? ", at most " : " to ") + plain(field.most);
    if (!field.unit.empty()) text += " " + std::string(field.unit);
    return text;
}

slice_result<json> checked_number(const slice_field& field, const json& given, const std::string& path)
{
    if (!given.is_number()) return wrong(path, "It is a number " + range_of(field) + ".");
    const double value = given.get<double>();
    if (!std::isfinite(value) || value < field.least || value > field.most ||
        (field.open_below && value == field.least))
        return wrong(path, "It is " + range_of(field) + ".");
    if (field.kind == field_kind::number) return {boost::system::in_place_value, value};
    // Clients send lengths in micron that they have computed: "200.00000001" is meant whole.
    const double nearest = std::round(value);
    if (std::abs(value - nearest) > 1e-6 && field.unit != "micron")
        return wrong(path, "It is a whole number.");
    return {boost::system::in_place_value, static_cast<long long>(nearest)};
}

// Word for word as the owner wrote it, but one command each: a line feed inside would smuggle in others.
slice_result<json> checked_lines(const json& given, const std::string& path)
{
    if (!given.is_array()) return wrong(path, "It is a list of lines of G-code.");
    if (given.size() > most_code_lines)
        return wrong(path, "It has more than " + std::to_string(most_code_lines) + " lines.");
    for (std::size_t at = 0; at < given.size(); ++at) {
        const std::string place = path + "[" + std::to_string(at) + "]";
        if (!given[at].is_string()) return wrong(place, "It is a line of G-code.");
        const auto& line = given[at].get_ref<const std::string&>();
        if (line.size() > most_code_bytes)
            return wrong(place, "The line is longer than " + std::to_string(most_code_bytes) + " bytes.");
        const bool plain_text = std::none_of(line.begin(), line.end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x20 && c != '\t';
        });
        if (!plain_text) return wrong(place, "The line has a control character in it.");
    }
    return {boost::system::in_place_value, given};
}

slice_result<json> checked_value(const slice_field& field, const json& given, const std::string& path)
{
    switch (field.kind) {
    case field_kind::whole:
    case field_kind::number:
        return checked_number(field, given, path);
    case field_kind::flag:
        if (!given.is_boolean()) return wrong(path, "It is true or false.");
        return {boost::system::in_place_value, given};
    case field_kind::lines:
        return checked_lines(given, path);
    case field_kind::text:
        if (!given.is_string() || given.get_ref<const std::string&>().size() > most_text)
            return wrong(path, "It is a text of at most 1,024 bytes.");
        return {boost::system::in_place_value, given};
    case field_kind::choice:
        break;
    }
    if (given.is_string()) {
        const auto& word = given.get_ref<const std::string&>();
        for (const auto one : field.choices)
            if (same_name(one, word)) return {boost::system::in_place_value, std::string(one)};
        if (word == field.word) return {boost::system::in_place_value, word};
    }
    std::string text = "It is one of";
    for (const auto one : field.choices)
        text += " " + std::string(one);
    return wrong(path, text + ".");
}

// "position.x" is looked for as "x" in "position", then under its former name.
const json* value_of(const slice_field& field, const json& given)
{
    const auto dot = field.name.find('.');
    const json* found = nullptr;
    for (auto at = given.begin(); at != given.end(); ++at) {
        if (dot != std::string_view::npos && same_name(at.key(), field.name.substr(0, dot)) &&
            at->is_object()) {
            for (auto inner = at->begin(); inner != at->end(); ++inner)
                if (same_name(inner.key(), field.name.substr(dot + 1))) return &*inner;
        }
        if (same_name(at.key(), field.name) || (!field.before.empty() && same_name(at.key(), field.before)))
            found = &*at;
    }
    return found;
}

std::string unknown_name(const slice_section& section, const json& given)
{
    const auto group_of = [&](std::string_view name) {
        return std::any_of(section.fields.begin(), section.fields.end(), [name](const slice_field& field) {
            return same_name(field.name.substr(0, field.name.find('.')), name);
        });
    };
    for (auto at = given.begin(); at != given.end(); ++at) {
        const bool group = group_of(at.key()) && at->is_object();
        if (!group && !find_field(section, at.key()) && !(at->is_null() && group_of(at.key())))
            return at.key().substr(0, 64);
        if (!group) continue;
        for (auto inner = at->begin(); inner != at->end(); ++inner)
            if (!find_field(section, at.key() + "." + inner.key()))
                return at.key().substr(0, 64) + "." + inner.key().substr(0, 64);
    }
    return {};
}

} // namespace

slice_result<json> checked_fields(const slice_section& section, const json& given, const std::string& path)
{
    if (!given.is_object()) return wrong(path, "It is an object.");
    if (const auto name = unknown_name(section, given); !name.empty())
        return wrong(path + "." + name, "There is no such field.");
    auto all = json::object();
    for (const auto& field : section.fields) {
        const std::string place = path + "." + std::string(field.name);
        const auto* told = value_of(field, given);
        json value;
        if (told == nullptr || told->is_null()) {
            if (field.needed) return wrong(place, "It is missing.");
            value = usual_value(field);
        } else {
            auto checked = checked_value(field, *told, place);
            if (checked.has_error()) return checked.error();
            value = *std::move(checked);
        }
        const auto dot = field.name.find('.');
        if (dot == std::string_view::npos)
            all[std::string(field.name)] = std::move(value);
        else
            all[std::string(field.name.substr(0, dot))][std::string(field.name.substr(dot + 1))] =
                std::move(value);
    }
    return {boost::system::in_place_value, std::move(all)};
}

} // namespace layerline::workshop
