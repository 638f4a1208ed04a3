// Profiles become a slice request.
#include "workshop/profiles/profile.hpp"

#include "workshop/slicing/slice_reference.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr const char* extruder = "extruder";
// What nobody wants without having said so.
constexpr std::array off_unless_asked{"raft", "support"};

// Field by field; a section that is null is off, one that comes after that is on again.
void lay_over(json& data, const json& sections)
{
    for (const auto& [name, fields] : sections.items()) {
        if (name == extruder) {
            for (auto& one : data["extruders"])
                one.update(fields);
        } else if (fields.is_object() && data[name].is_object()) {
            data[name].update(fields);
        } else {
            data[name] = fields;
        }
    }
}

slice_failure unknown(profile_kind kind, const std::string& name, const profile_book& book)
{
    std::string all;
    for (const auto& one : book.all())
        if (one.kind == kind) all += (all.empty() ? "" : ", ") + one.name;
    return {slice_errc::bad_value, std::string(name_of(kind)),
            "There is no profile \"" + name.substr(0, 64) + "\"; known are " + all + "."};
}

double field(const json& section, const char* name)
{
    return section.is_object() && section.contains(name) && section[name].is_number()
               ? section[name].get<double>()
               : 0;
}

std::optional<slice_failure> too_hot(const json& data, const profile& printer)
{
    const auto refuse = [&printer](std::string path, double limit) {
        return slice_failure{slice_errc::bad_value, std::move(path),
                             printer.title + " goes up to " + std::to_string(static_cast<int>(limit)) +
                                 " degrees."};
    };
    for (const char* name : {"temperature", "firstLayersTemperature"}) {
        if (printer.most_bed_c > 0 && field(data["bed"], name) > printer.most_bed_c)
            return refuse("bed." + std::string(name), printer.most_bed_c);
        for (const auto& one : data["extruders"])
            if (printer.most_nozzle_c > 0 && field(one, name) > printer.most_nozzle_c)
                return refuse("extruders[0]." + std::string(name), printer.most_nozzle_c);
    }
    return std::nullopt;
}

} // namespace

slice_result<json> request_data(const profile_book& book, const profile_choice& choice, const json& models,
                                const json& wishes)
{
    auto data = json::object();
    for (const auto& section : slice_sections())
        if (section.missing)
            data[std::string(section.name)] =
                section.shape == section_shape::list ? json::array() : json::object();
    for (const char* name : off_unless_asked)
        data[name] = nullptr;
    if (choice.extruders < 2) data.erase("multiExtrusion");
    for (std::size_t at = 0; at < std::max<std::size_t>(choice.extruders, 1); ++at)
        data["extruders"].push_back(json::object());
    const profile* printer = nullptr;
    for (const auto& [kind, name] : {std::pair(profile_kind::printer, &choice.printer),
                                     std::pair(profile_kind::material, &choice.material),
                                     std::pair(profile_kind::quality, &choice.quality)}) {
        if (name->empty()) continue;
        const auto* const found = book.find(kind, *name);
        if (found == nullptr) return unknown(kind, *name, book);
        if (kind == profile_kind::printer) printer = found;
        lay_over(data, found->sections);
    }
    if (wishes.is_object()) lay_over(data, wishes);
    data["model"] = models;
    data["version"] = slice_version;
    if (printer != nullptr)
        if (auto why = too_hot(data, *printer)) return *std::move(why);
    return slice_result<json>(boost::system::in_place_value, std::move(data));
}

} // namespace layerline::workshop
