// Full states and differences as server-sent events.
#include "commands/state_events.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace layerline::commands {

using nlohmann::json;

namespace {

std::string dumped(const json& value)
{
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// FNV-1a, 32 bits: tells runs apart, guards nothing.
std::string hash_of(std::string_view text)
{
    std::uint32_t hash = 2166136261U;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string all;
    for (int shift = 28; shift >= 0; shift -= 4)
        all += digits[(hash >> static_cast<unsigned>(shift)) & 0xFU];
    return all;
}

std::string event(std::string_view kind, std::string_view id, const json& data)
{
    std::string text = "event: ";
    text.append(kind).append("\nid: ").append(id).append("\ndata: ");
    text += dumped(data);
    text += "\n\n";
    return text;
}

} // namespace

state_events::state_events(std::string last_event_id) : last_id_(std::move(last_event_id)) {}
state_events::~state_events() = default;

std::string state_events::next(const printer::printer_state& state)
{
    json told = state;
    json age = std::move(told["age_ms"]);
    told.erase("age_ms");
    const std::string id = std::to_string(state.sequence) + "." + hash_of(dumped(told));
    if (!last_) {
        const bool known = id == last_id_;
        last_ = std::make_unique<json>(told);
        last_id_ = id;
        if (known) return {};
        told["age_ms"] = std::move(age);
        return event("state", id, told);
    }
    if (id == last_id_) return {};
    json changed{{"sequence", state.sequence}};
    for (const auto& [name, value] : told.items())
        if ((*last_)[name] != value) changed[name] = value;
    *last_ = std::move(told);
    last_id_ = id;
    return event("change", id, changed);
}

std::string_view state_events::heartbeat()
{
    return ": still here\n\n";
}

} // namespace layerline::commands
