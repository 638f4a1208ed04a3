#include "workshop/operations/parameters.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace layerline::workshop {

namespace {

using nlohmann::json;

bool same_word(std::string_view a, std::string_view b)
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char one, char other) { return lower(one) == lower(other); });
}

std::string in_words(double value)
{
    auto text = json(value).dump();
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text;
}

model_failure out_of_range(const parameter& row)
{
    return {row.wrong, std::string(row.name) + " must be " + (row.open_below ? "above " : "from ") +
                           in_words(row.least) + (row.open_below ? ", at most " : " to ") +
                           in_words(row.most) + "."};
}

model_failure unknown_choice(const parameter& row)
{
    std::string all;
    for (std::size_t i = 0; i < row.choices.size(); ++i)
        all += std::string(i == 0                        ? ""
                           : i + 1 == row.choices.size() ? " or "
                                                         : ", ") +
               std::string(row.choices[i]);
    return {row.wrong, std::string(row.name) + " must be " + all + "."};
}

model_result<json> checked_number(const json& value, const parameter& row)
{
    if (!value.is_number()) return invalid_parameter(row.name);
    const auto number = value.get<double>();
    if (!std::isfinite(number)) return invalid_parameter(row.name);
    const bool whole = row.kind == parameter_kind::whole;
    if (whole && number != std::floor(number)) return invalid_parameter(row.name);
    if (number < row.least || number > row.most || (row.open_below && number == row.least))
        return out_of_range(row);
    return json_result(whole ? json(static_cast<std::int64_t>(number)) : json(number));
}

model_result<json> checked_list(const json& value, const parameter& row);

model_result<json> checked(const json& value, const parameter& row)
{
    switch (row.kind) {
    case parameter_kind::model:
        if (!value.is_string() || value.get_ref<const std::string&>().empty() ||
            value.get_ref<const std::string&>().size() > 64)
            return invalid_parameter(row.name);
        return json_result(value);
    case parameter_kind::flag:
        if (!value.is_boolean()) return invalid_parameter(row.name);
        return json_result(value);
    case parameter_kind::choice:
        if (!value.is_string()) return invalid_parameter(row.name);
        for (const auto known : row.choices)
            if (same_word(value.get_ref<const std::string&>(), known)) return json_result(known);
        return unknown_choice(row);
    case parameter_kind::list:
        return checked_list(value, row);
    case parameter_kind::number:
    case parameter_kind::whole:
        break;
    }
    return checked_number(value, row);
}

// What is wrong is named with its place: "drainHoles[0].x".
model_result<json> checked_list(const json& value, const parameter& row)
{
    if (!value.is_array()) return invalid_parameter(row.name);
    if (static_cast<double>(value.size()) > row.most)
        return model_failure{row.wrong, std::string(row.name) + " must have at most " + in_words(row.most) +
                                            " entries."};
    auto taken = json::array();
    for (std::size_t i = 0; i < value.size(); ++i) {
        const auto place = std::string(row.name) + "[" + std::to_string(i) + "]";
        if (!value[i].is_object()) return invalid_parameter(place);
        auto one = json::object();
        for (auto field : fields_of(row)) {
            const auto key = std::string(field.name);
            auto name = place;
            name.append(".").append(key);
            field.name = name;
            const auto found = value[i].find(key);
            if (found == value[i].end()) return invalid_parameter(name);
            auto read = checked(*found, field);
            if (read.has_error()) return read.error();
            one[key] = *std::move(read);
        }
        taken.push_back(std::move(one));
    }
    return json_result(std::move(taken));
}

// Of parameters that depend on others.
model_result<void> belonging_together(const json& taken, std::span<const parameter> table)
{
    for (const auto& row : table) {
        const bool here = taken.contains(row.name);
        if (!row.either.empty() && here == taken.contains(row.either)) return invalid_parameter(row.name);
        if (!row.needed_with.empty() && !here && taken.contains(row.needed_with))
            return invalid_parameter(row.name);
    }
    return {};
}

} // namespace

model_failure invalid_parameter(std::string_view name)
{
    return {model_errc::invalid_parameter,
            "The value supplied for parameter '" + std::string(name) + "' is invalid."};
}

model_result<json> checked_parameters(const json& given, std::span<const parameter> table)
{
    auto taken = json::object();
    if (!given.is_object()) return invalid_parameter("body");
    for (const auto& row : table) {
        const auto found = given.find(row.name);
        if (found == given.end() || found->is_null()) {
            if (row.needed) return invalid_parameter(row.name);
            continue;
        }
        auto value = checked(*found, row);
        if (value.has_error()) return value.error();
        taken[std::string(row.name)] = *std::move(value);
    }
    if (const auto fit = belonging_together(taken, table); fit.has_error()) return fit.error();
    return json_result(std::move(taken));
}

} // namespace layerline::workshop
