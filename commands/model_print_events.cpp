#include "commands/model_print_events.hpp"

#include "commands/model_print.hpp"

#include <array>
#include <utility>

namespace layerline::commands {

using nlohmann::json;

namespace {

bool is_over(const json& print)
{
    constexpr std::array ends{print_stage::started, print_stage::sent, print_stage::failed,
                              print_stage::cancelled};
    for (const auto one : ends)
        if (print.at("Stage") == name_of(one)) return true;
    return false;
}

} // namespace

std::string model_print_events::next(const json& prints)
{
    std::string text;
    std::map<std::string, json> seen;
    for (const auto& one : prints) {
        const auto& id = one.at("PrintId").get_ref<const std::string&>();
        const auto known = told_.find(id);
        const bool news = known != told_.end() ? known->second != one : begun_ || !is_over(one);
        if (news)
            text += "event: model-print\ndata: " + one.dump(-1, ' ', false, json::error_handler_t::replace) +
                    "\n\n";
        seen.emplace(id, one);
    }
    told_ = std::move(seen);
    begun_ = true;
    return text;
}

} // namespace layerline::commands
