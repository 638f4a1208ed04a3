#include "agent/kept_model_prints.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace layerline::agent {

using nlohmann::json;

std::string text_of(const std::vector<kept_model_print>& all)
{
    json prints = json::array();
    for (const auto& one : all) {
        json kept{{"print", one.now.record()},
                  {"principal", one.who.principal},
                  {"scopes", access::to_string(one.who.scopes)},
                  {"name", one.who.name},
                  {"peer", one.who.peer},
                  {"key", one.key},
                  {"ended", one.ended_unix}};
        prints.push_back(std::move(kept));
    }
    const json whole{{"version", 1}, {"prints", std::move(prints)}};
    return whole.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<std::vector<kept_model_print>> parse_kept_prints(std::string_view text)
{
    const json whole = json::parse(text, nullptr, false);
    if (!whole.is_object()) return std::nullopt;
    std::vector<kept_model_print> all;
    try {
        if (whole.at("version") != 1) return std::nullopt;
        const auto& prints = whole.at("prints");
        if (!prints.is_array() || prints.size() > most_kept_prints) return std::nullopt;
        for (const auto& kept : prints) {
            auto print = commands::model_print::from_record(kept.at("print"));
            const auto scopes = access::parse_scopes(kept.at("scopes").get<std::string>());
            if (!print || !scopes) return std::nullopt;
            kept_model_print one{std::move(*print), {}, {}, 0};
            kept.at("principal").get_to(one.who.principal);
            one.who.scopes = *scopes;
            kept.at("name").get_to(one.who.name);
            kept.at("peer").get_to(one.who.peer);
            kept.at("key").get_to(one.key);
            kept.at("ended").get_to(one.ended_unix);
            all.push_back(std::move(one));
        }
    } catch (const json::exception&) {
        return std::nullopt;
    }
    return all;
}

} // namespace layerline::agent
