#include "workshop/profiles/profile.hpp"

#include "cmake/toml.hpp"
#include "workshop/slicing/slice_fields.hpp"
#include "workshop/slicing/slice_reference.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> kinds{"printer", "material", "quality"};
constexpr std::string_view each_extruder = "extruder";
constexpr double hottest_c = 500;

bool is_profile_name(std::string_view name)
{
    constexpr std::size_t longest = 64;
    return !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

// Nothing for what JSON has no value for (dates).
std::optional<json> json_of(const toml::node& node)
{
    if (node.is_boolean()) return json(*node.value<bool>());
    if (node.is_integer()) return json(*node.value<std::int64_t>());
    if (node.is_floating_point()) return json(*node.value<double>());
    if (node.is_string()) return json(*node.value<std::string>());
    const auto* const list = node.as_array();
    if (list == nullptr) return std::nullopt;
    auto all = json::array();
    for (const auto& one : *list) {
        auto value = json_of(one);
        if (!value) return std::nullopt;
        all.push_back(*std::move(value));
    }
    return all;
}

class reader {
public:
    explicit reader(std::string_view name) : file_(std::string(name) + ".toml") { made_.name = name; }

    std::variant<profile, profile_fault> read(std::string_view text)
    {
        if (!is_profile_name(made_.name))
            return profile_fault{file_ + ": a profile's name has small letters, digits, '-' and '.'"};
        if (text.size() > most_profile_bytes) return profile_fault{file_ + ": larger than 64 KiB"};
        toml::table document;
        try {
            document = toml::parse(text, file_);
        } catch (const toml::parse_error& fault) {
            return at(fault.source(), std::string(fault.description()));
        }
        made_.sections = json::object();
        for (const auto& [key, node] : document)
            if (auto fault = take(std::string(key.str()), node)) return *std::move(fault);
        if (!known_kind_) return profile_fault{file_ + ": `kind` is missing"};
        if (made_.title.empty()) made_.title = made_.name;
        return std::move(made_);
    }

private:
    using fault = std::optional<profile_fault>;

    profile_fault at(const toml::source_region& where, const std::string& what) const
    {
        return {file_ + ":" + std::to_string(where.begin.line) + ": " + what};
    }

    fault take(const std::string& key, const toml::node& node)
    {
        if (key == "kind") return take_kind(node);
        if (key == "title") {
            if (!node.is_string()) return at(node.source(), "title is a text in quotes");
            made_.title = *node.value<std::string>();
            return std::nullopt;
        }
        if (key == "limits") return take_limits(node);
        const auto* const section = find_section(key == each_extruder ? "extruders" : key);
        if (section == nullptr || section->name == "model" || key == "extruders")
            return at(node.source(), "unknown section " + key);
        if (node.is_boolean() && !*node.value<bool>()) {
            if (!section->can_be_off) return at(node.source(), key + " cannot be off");
            made_.sections[std::string(section->name)] = nullptr;
            return std::nullopt;
        }
        const auto* const table = node.as_table();
        if (table == nullptr) return at(node.source(), key + " is a section, or false");
        return take_section(key, *section, *table);
    }

    fault take_kind(const toml::node& node)
    {
        const auto told = node.value<std::string>().value_or("");
        const auto* const hit = std::find(kinds.begin(), kinds.end(), told);
        if (hit == kinds.end()) return at(node.source(), "kind is \"printer\", \"material\" or \"quality\"");
        made_.kind = static_cast<profile_kind>(hit - kinds.begin());
        known_kind_ = true;
        return std::nullopt;
    }

    fault take_limits(const toml::node& node)
    {
        const auto* const table = node.as_table();
        if (table == nullptr) return at(node.source(), "limits is a section");
        for (const auto& [key, value] : *table) {
            const auto told = value.value<double>().value_or(-1);
            if (!(told >= 0 && told <= hottest_c))
                return at(value.source(), "limits." + std::string(key.str()) + " is from 0 to 500 degrees C");
            if (key.str() == "nozzle_c")
                made_.most_nozzle_c = told;
            else if (key.str() == "bed_c")
                made_.most_bed_c = told;
            else
                return at(value.source(), "unknown field limits." + std::string(key.str()));
        }
        return std::nullopt;
    }

    fault take_section(const std::string& key, const slice_section& section, const toml::table& table)
    {
        auto fields = json::object();
        for (const auto& [name, value] : table) {
            const std::string path = key + "." + std::string(name.str());
            const auto* const field = find_field(section, name.str());
            if (field == nullptr) return at(value.source(), "unknown field " + path);
            auto read = json_of(value);
            if (!read) return at(value.source(), path + " is no value of a request");
            // By itself, so that the fault has its line.
            const json alone{{std::string(field->name), *read}};
            if (const auto good = checked_fields(section, alone, key); good.has_error())
                return at(value.source(), good.error().field + ": " + text_of(good.error()));
            fields[std::string(field->name)] = *std::move(read);
        }
        made_.sections[key == each_extruder ? key : std::string(section.name)] = std::move(fields);
        return std::nullopt;
    }

    std::string file_;
    profile made_;
    bool known_kind_ = false;
};

} // namespace

std::string_view name_of(profile_kind kind)
{
    return kinds.at(static_cast<std::size_t>(kind));
}

std::variant<profile, profile_fault> parse_profile(std::string_view toml, std::string_view name)
{
    return reader(name).read(toml);
}

void profile_book::add(profile one)
{
    const auto same = std::find_if(all_.begin(), all_.end(), [&one](const profile& other) {
        return other.kind == one.kind && other.name == one.name;
    });
    if (same == all_.end())
        all_.push_back(std::move(one));
    else
        *same = std::move(one);
}

const profile* profile_book::find(profile_kind kind, std::string_view name) const
{
    const auto hit = std::find_if(all_.begin(), all_.end(), [kind, name](const profile& one) {
        return one.kind == kind && one.name == name;
    });
    return hit == all_.end() ? nullptr : &*hit;
}

} // namespace layerline::workshop
