#include "workshop/slicing/slice_request.hpp"

#include "workshop/slicing/slice_fields.hpp"
#include "workshop/slicing/slice_reference.hpp"
#include "workshop/slicing/slice_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace layerline::workshop {

namespace {

using nlohmann::json;

slice_failure fault(slice_errc code, std::string field = {}, std::string text = {})
{
    return {code, std::move(field), std::move(text)};
}

constexpr std::array<std::string_view, 4> beside_sections{"mode", "version", "responseId", "bucketOut"};

// What `data` has under that name, in any case of letters; null if nothing.
const json* member(const json& data, std::string_view name)
{
    for (auto at = data.begin(); at != data.end(); ++at)
        if (same_name(at.key(), name)) return &*at;
    return nullptr;
}

std::optional<slice_failure> unknown_field(const json& data)
{
    for (auto at = data.begin(); at != data.end(); ++at) {
        const bool known = find_section(at.key()) != nullptr ||
                           std::any_of(beside_sections.begin(), beside_sections.end(),
                                       [&](std::string_view name) { return same_name(name, at.key()); });
        if (!known) return fault(slice_errc::unknown_field, at.key().substr(0, 64));
    }
    return std::nullopt;
}

bool is_off(const json& value)
{
    return value.is_null() || (value.is_boolean() && !value.get<bool>());
}

std::optional<slice_failure> missing_section(const json& data)
{
    const auto* extruders = member(data, "extruders");
    const bool several = extruders != nullptr && extruders->is_array() && extruders->size() > 1;
    for (const auto& section : slice_sections()) {
        if (!section.missing) continue;
        if (section.missing == slice_errc::no_multi_extrusion && !several) continue;
        const auto* found = member(data, section.name);
        const bool empty = found != nullptr && !section.can_be_off &&
                           (is_off(*found) || (found->is_array() && found->empty()));
        if (found == nullptr || empty) return fault(*section.missing, std::string(section.name));
    }
    return std::nullopt;
}

struct version_number {
    unsigned major = 0, minor = 0, patch = 0;
    // clang-tidy takes the comparison with 0 behind it for one with a pointer.
    auto operator<=>(const version_number&) const = default; // NOLINT(modernize-use-nullptr)
};

std::optional<version_number> read_version(std::string_view text)
{
    version_number read;
    const std::array<unsigned*, 3> parts{&read.major, &read.minor, &read.patch};
    const char* at = text.data();
    const char* const end = at + text.size();
    for (std::size_t part = 0; part < parts.size(); ++part) {
        if (part > 0 && (at == end || *at++ != '.')) return std::nullopt;
        const auto [next, wrong] = std::from_chars(at, end, *parts[part]);
        if (wrong != std::errc{} || next == at || next - at > 4) return std::nullopt;
        at = next;
    }
    return at == end ? std::optional(read) : std::nullopt;
}

std::optional<slice_failure> wrong_version(const json& data)
{
    const auto* told = member(data, "version");
    if (told == nullptr || told->is_null()) return fault(slice_errc::no_version, "version");
    const auto read = told->is_string() ? read_version(told->get_ref<const std::string&>()) : std::nullopt;
    if (!read || *read > version_number{1, 0, 6}) return fault(slice_errc::bad_version, "version");
    if (*read < version_number{1, 0, 2}) return fault(slice_errc::too_old, "version");
    return std::nullopt;
}

slice_result<std::string> optional_text(const json& data, std::string_view name)
{
    const auto* found = member(data, name);
    if (found == nullptr || found->is_null()) return std::string();
    if (!found->is_string() || found->get_ref<const std::string&>().size() > 256)
        return fault(slice_errc::bad_value, std::string(name), "It is a text of at most 256 bytes.");
    return found->get<std::string>();
}

std::size_t most_of(std::string_view section)
{
    return section == "model" ? most_models : section == "extruders" ? most_extruders : most_regions;
}

slice_result<json> checked_section(const slice_section& section, const json* given)
{
    if (given == nullptr || is_off(*given)) {
        if (section.shape == section_shape::list) return {boost::system::in_place_value, json::array()};
        return {boost::system::in_place_value, json()};
    }
    if (section.shape == section_shape::object)
        return checked_fields(section, *given, std::string(section.name));
    if (!given->is_array()) return fault(slice_errc::bad_value, std::string(section.name), "It is a list.");
    if (given->size() > most_of(section.name))
        return fault(slice_errc::bad_value, std::string(section.name),
                     "It has more than " + std::to_string(most_of(section.name)) + " entries.");
    auto all = json::array();
    for (std::size_t at = 0; at < given->size(); ++at) {
        auto one =
            checked_fields(section, (*given)[at], std::string(section.name) + "[" + std::to_string(at) + "]");
        if (one.has_error()) return one.error();
        all.push_back(*std::move(one));
    }
    return {boost::system::in_place_value, std::move(all)};
}

} // namespace

slice_result<slice_request> read_slice_request(std::string_view text)
{
    if (text.size() > most_slice_bytes)
        return fault(slice_errc::malformed, {}, "The request is larger than 4 MiB.");
    const auto whole = json::parse(text, nullptr, false);
    if (!whole.is_object()) return fault(slice_errc::malformed);
    const auto* type = member(whole, "type");
    if (type == nullptr || !type->is_string() || type->get_ref<const std::string&>() != "slice")
        return fault(slice_errc::unknown_type, "type");
    const auto* data = member(whole, "data");
    if (data == nullptr || !data->is_object())
        return fault(slice_errc::malformed, "data", "`data` is not an object.");

    if (auto why = unknown_field(*data)) return *std::move(why);
    if (auto why = missing_section(*data)) return *std::move(why);
    if (auto why = wrong_version(*data)) return *std::move(why);

    slice_request read;
    const auto mode = optional_text(*data, "mode");
    if (mode.has_error()) return mode.error();
    if (!mode->empty() && *mode != "gcode" && *mode != "svg")
        return fault(slice_errc::bad_value, "mode", "It is \"gcode\" or \"svg\".");
    read.mode = *mode == "svg" ? slice_mode::svg : slice_mode::gcode;
    for (const auto& [name, into] :
         {std::pair{"responseId", &read.response_id}, {"bucketOut", &read.bucket_out}}) {
        auto told = optional_text(*data, name);
        if (told.has_error()) return told.error();
        *into = *std::move(told);
    }
    for (const auto& section : slice_sections()) {
        auto checked = checked_section(section, member(*data, section.name));
        if (checked.has_error()) return checked.error();
        read.data[std::string(section.name)] = *std::move(checked);
    }
    if (auto why = broken_rule(read.data)) return *std::move(why);
    return read;
}

std::string response_id_in(std::string_view text)
{
    if (text.size() > most_slice_bytes) return {};
    const auto whole = json::parse(text, nullptr, false);
    const auto* data = whole.is_object() ? member(whole, "data") : nullptr;
    if (data == nullptr || !data->is_object()) return {};
    auto told = optional_text(*data, "responseId");
    return told.has_value() ? *std::move(told) : std::string();
}

} // namespace layerline::workshop
