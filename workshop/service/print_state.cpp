#include "workshop/service/print_state.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace layerline::workshop {

namespace {

constexpr std::array<std::string_view, 5> under_way{"printing", "pausing", "paused", "resuming",
                                                    "cancelling"};
// "offline" is a printer that is switched off: most are, most of the time.
constexpr std::array<std::string_view, 5> at_rest{"offline", "idle", "finished", "cancelled", "error"};

} // namespace

print_state print_state_in(std::string_view status)
{
    const auto told = nlohmann::json::parse(status, nullptr, false);
    if (!told.is_object() || !told.contains("printer")) return print_state::unknown;
    const auto& printer = told["printer"];
    if (!printer.is_object() || !printer.contains("phase") || !printer["phase"].is_string())
        return print_state::unknown;
    const auto phase = printer["phase"].get<std::string>();
    if (std::find(under_way.begin(), under_way.end(), phase) != under_way.end()) return print_state::printing;
    if (std::find(at_rest.begin(), at_rest.end(), phase) != at_rest.end()) return print_state::idle;
    return print_state::unknown; // "connecting": its print host may be printing
}

host_share share_beside(std::span<const print_state> printers, while_printing chosen)
{
    if (chosen == while_printing::run) return host_share::usual;
    const auto any = [&](print_state state) {
        return std::find(printers.begin(), printers.end(), state) != printers.end();
    };
    if (any(print_state::printing))
        return chosen == while_printing::wait ? host_share::none : host_share::one_core;
    return any(print_state::unknown) ? host_share::one_core : host_share::usual;
}

} // namespace layerline::workshop
