#include "workshop/service/profile_answer.hpp"

#include "workshop/slicing/slice_request.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace layerline::workshop {

using nlohmann::json;

namespace {

double number(const json& section, const char* name)
{
    return section.is_object() && section.contains(name) && section[name].is_number()
               ? section[name].get<double>()
               : 0;
}

json printer_json(const profile& one)
{
    const auto bed = one.sections.value("bed", json::object());
    return {{"name", one.name},
            {"title", one.title},
            {"bed",
             {{"xMm", number(bed, "xLength") / 1000},
              {"yMm", number(bed, "yLength") / 1000},
              {"zMm", number(bed, "zLength") / 1000}}},
            {"limits", {{"nozzleC", one.most_nozzle_c}, {"bedC", one.most_bed_c}}}};
}

slice_failure wrong(std::string field, std::string text)
{
    return {slice_errc::bad_value, std::move(field), std::move(text)};
}

} // namespace

json profiles_json(const profile_book& book)
{
    json all{{"printers", json::array()}, {"materials", json::array()}, {"qualities", json::array()}};
    for (const auto& one : book.all()) {
        if (one.kind == profile_kind::printer)
            all["printers"].push_back(printer_json(one));
        else
            all[one.kind == profile_kind::material ? "materials" : "qualities"].push_back(
                {{"name", one.name}, {"title", one.title}});
    }
    return all;
}

slice_result<json> request_from_profiles(const profile_book& book, std::string_view body)
{
    const auto asked = json::parse(body, nullptr, false);
    if (!asked.is_object()) return slice_failure{slice_errc::malformed, {}, {}};
    profile_choice choice;
    std::string mode, response, bucket;
    const std::array<std::pair<const char*, std::string*>, 6> texts{{{"printer", &choice.printer},
                                                                     {"material", &choice.material},
                                                                     {"quality", &choice.quality},
                                                                     {"mode", &mode},
                                                                     {"responseId", &response},
                                                                     {"bucketOut", &bucket}}};
    json models, wishes;
    for (const auto& [name, value] : asked.items()) {
        const auto* const text = std::find_if(texts.begin(), texts.end(),
                                              [&name = name](const auto& one) { return name == one.first; });
        if (text != texts.end()) {
            if (!value.is_string()) return wrong(name, "It is a text.");
            *text->second = value.get<std::string>();
        } else if (name == "extruders") {
            if (!value.is_number_unsigned() || value > most_extruders || value == 0)
                return wrong(name, "It is how many there are, 1 to 16.");
            choice.extruders = value.get<std::size_t>();
        } else if (name == "model") {
            models = value;
        } else if (name == "settings") {
            wishes = value;
        } else {
            return wrong(name, "It is not known.");
        }
    }
    if (!wishes.is_null() && !wishes.is_object())
        return wrong("settings", "It is sections of a slice request.");
    auto data = request_data(book, choice, models, wishes);
    if (data.has_error()) return data.error();
    for (const auto& [name, value] :
         {std::pair("mode", &mode), {"responseId", &response}, {"bucketOut", &bucket}})
        if (!value->empty()) (*data)[name] = *value;
    json request{{"type", "slice"}, {"data", *std::move(data)}};
    const auto good = read_slice_request(request.dump(-1, ' ', false, json::error_handler_t::replace));
    if (good.has_error()) return good.error();
    return slice_result<json>(boost::system::in_place_value, std::move(request));
}

} // namespace layerline::workshop
