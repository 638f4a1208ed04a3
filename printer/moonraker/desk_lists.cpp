// What the desk keeps beside the state: cameras, power devices, macros, the console; questions of others; and
// what macros tell us by calling our methods.
#include "printer/moonraker/moonraker_desk.hpp"

#include "printer/moonraker/host_lists.hpp"

#include <algorithm>
#include <utility>

namespace layerline::printer::moonraker {

using nlohmann::json;

namespace {

constexpr std::size_t longest_notice = 600;
constexpr const char* notify_method = "layerline_notify";
constexpr const char* pause_reason_method = "layerline_pause_reason";

bool names(const json& list, const char* wanted)
{
    return list.is_array() && std::any_of(list.begin(), list.end(), [wanted](const json& name) {
               return name.is_string() && name.get_ref<const std::string&>() == wanted;
           });
}

// One argument of a macro's call. Macros give them by name; numbers and the like are shown as they are.
std::string argument(const json& params, const char* name)
{
    if (!params.is_object()) return {};
    const auto at = params.find(name);
    if (at == params.end() || at->is_structured() || at->is_null()) return {};
    return plain_words(at->is_string() ? at->get_ref<const std::string&>() : at->dump(), longest_notice);
}

} // namespace

// Methods live as long as the connection.
void moonraker_desk::register_methods(time_point now)
{
    ask_own(call_kind::register_notify, "connection.register_remote_method",
            json{{"method_name", notify_method}}, now);
    ask_own(call_kind::register_pause_reason, "connection.register_remote_method",
            json{{"method_name", pause_reason_method}}, now);
}

void moonraker_desk::ask_lists(const json& components, time_point now)
{
    if (lists_asked_) return;
    lists_asked_ = true;
    if (names(components, "webcam")) ask_own(call_kind::webcams, "server.webcams.list", nullptr, now);
    if (names(components, "power"))
        ask_own(call_kind::power_list, "machine.device_power.devices", nullptr, now);
}

bool moonraker_desk::list_answered(const call& what, const json& result)
{
    switch (what.kind) {
    case call_kind::webcams:
        webcams_ = read_webcams(result);
        lists_changed_ = true;
        return true;
    case call_kind::power_list:
        power_ = read_power_devices(result);
        lists_changed_ = true;
        return true;
    case call_kind::register_notify:
    case call_kind::register_pause_reason:
        return true;
    case call_kind::query:
        query_ended(what, printer_result<json>(boost::system::in_place_value, result));
        return true;
    default:
        return false;
    }
}

bool moonraker_desk::list_noticed(const rpc_notice& notice, time_point)
{
    static const json nothing;
    const auto& params = notice.params;
    const auto& first = params.is_array() && !params.empty() ? params.front() : nothing;
    if (notice.method == "notify_webcams_changed") {
        webcams_ = read_webcams(first);
        lists_changed_ = true;
    } else if (notice.method == "notify_power_changed") {
        if (!power_) power_.emplace();
        take_power_change(first, *power_);
        lists_changed_ = true;
    } else if (notice.method == notify_method) {
        auto text = argument(params, "message");
        if (const auto title = argument(params, "title"); !title.empty())
            text = text.empty() ? title : title + ": " + text;
        if (text.empty()) return false;
        wants_ = attention{"notice", std::move(text)};
    } else if (notice.method == pause_reason_method) {
        pause_reason_ = argument(params, "reason");
    } else {
        return false;
    }
    return true;
}

moonraker_desk::ticket moonraker_desk::query(std::string_view method, const json& params,
                                             std::chrono::milliseconds within, time_point now)
{
    const auto id = ++last_ticket_;
    if (!online_) {
        replies_.push_back(
            {id, printer_failure{known_.away.value_or(printer_errc::host_gone), known_.reason}});
    } else if (calls_.size() >= settings_.most_waiting) {
        replies_.push_back({id, printer_failure{printer_errc::too_many_clients,
                                                "Too many questions are waiting for Moonraker; try again."}});
    } else {
        call what;
        what.kind = call_kind::query;
        what.query = id;
        what.deadline = now + within;
        queue(std::move(what), method, params);
    }
    return id;
}

void moonraker_desk::forget_query(ticket id)
{
    std::erase_if(replies_, [id](const reply& one) { return one.id == id; });
    const auto found =
        std::find_if(calls_.begin(), calls_.end(), [id](const auto& one) { return one.second.query == id; });
    if (found != calls_.end()) drop_call(found->first);
}

void moonraker_desk::query_ended(const call& what, printer_result<json> how)
{
    if (what.query) replies_.push_back({*what.query, std::move(how)});
}

void moonraker_desk::end_queries(const printer_failure& why)
{
    for (const auto& [number, what] : calls_)
        if (what.kind == call_kind::query) query_ended(what, why);
}

std::optional<moonraker_desk::reply> moonraker_desk::next_reply()
{
    if (replies_.empty()) return std::nullopt;
    auto first = std::move(replies_.front());
    replies_.pop_front();
    return first;
}

} // namespace layerline::printer::moonraker
