#include "relay/routing.hpp"

#include <algorithm>

namespace layerline::relay {

namespace {

constexpr std::string_view printers = "/printers/", workshop = "/workshop/";
constexpr std::size_t agent_id_length = 26; // see access/identity.hpp

bool is_agent_id(std::string_view text)
{
    return text.size() == agent_id_length && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
           });
}

bool is_command(std::string_view target)
{
    return target.starts_with("/plugin-api/") || target.starts_with("/octoeverywhere-command-api/");
}

route printer_route(std::string_view rest)
{
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos || !is_agent_id(rest.substr(0, slash))) return to_nowhere{};
    const auto target = rest.substr(slash);
    const auto found = [&](access::scope needed) {
        return route{to_printer{std::string(rest.substr(0, slash)), std::string(target), needed}};
    };
    if (is_command(target) || target.starts_with("/api/")) return found(access::scope::view);
    if (target.starts_with(workshop)) return found(access::scope::files);
    return to_nowhere{};
}

} // namespace

route route_of(std::string_view target)
{
    const auto path = target.substr(0, target.find('?'));
    if (path == "/healthz") return to_health{};
    if (path == "/tunnel/v1") return to_tunnel_door{};
    if (path.starts_with(workshop)) {
        to_printer found;
        found.target = target.substr(workshop.size() - 1);
        found.needed = access::scope::files;
        found.workshop = true;
        return found;
    }
    if (path.starts_with(printers)) return printer_route(target.substr(printers.size()));
    return to_nowhere{};
}

route route_of(std::string_view target, std::string_view host_field, const host_mode_settings& settings)
{
    auto host = host_of_printer(host_field, settings);
    if (!host) return route_of(target);
    to_printer found;
    found.target = target;
    found.ui = !is_command(target);
    found.needed = found.ui ? access::scope::ui : access::scope::view;
    found.label = std::move(host->label);
    found.place = std::move(host->place);
    return found;
}

bool is_camera_stream(const to_printer& where)
{
    const auto path = std::string_view(where.target).substr(0, where.target.find('?'));
    return is_command(path) && path.ends_with("/webcam/stream");
}

} // namespace layerline::relay
