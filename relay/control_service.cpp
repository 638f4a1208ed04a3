#include "relay/control_service.hpp"

#include "access/token_control.hpp"
#include "relay/answer.hpp"
#include "transport/error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace layerline::relay {

namespace {

using nlohmann::json;

constexpr std::size_t max_request = 16UL * 1024;
constexpr std::string_view printers = "/control/printers";

transport::task<void> say(transport::exchange& call, unsigned status, json body)
{
    transport::response_head head;
    head.status = status;
    head.headers.set("content-type", "application/json");
    (void)co_await transport::respond_with(call, std::move(head),
                                           body.dump(-1, ' ', false, json::error_handler_t::replace));
}

transport::task<void> say_wrong(transport::exchange& call, unsigned status, std::string text,
                                std::optional<std::chrono::seconds> retry_after = {})
{
    const auto id = request_id_of(call.request());
    auto answer = status == static_cast<unsigned>(relay_errc::own_failure)
                      ? answer_for(relay_errc::own_failure, "relay", id, false, retry_after, text)
                      : plain_answer(status, "refused", text, id, retry_after);
    (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
}

// The text of a field of at most 64 printable characters, or nothing.
std::optional<std::string> short_text(const json& body, const char* name)
{
    if (!body.is_object() || !body.contains(name) || !body[name].is_string()) return std::nullopt;
    auto text = body[name].get<std::string>();
    if (text.size() > 64 ||
        std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        return std::nullopt;
    return text;
}

json printer_json(const access::printer_row& row, const registry::holder* holder, bool in_quarantine)
{
    return json{{"agent_id", row.agent_id},
                {"name", row.name},
                {"claimed", row.claimed_unix},
                {"last_seen", row.last_seen_unix ? json(*row.last_seen_unix) : json(nullptr)},
                {"online", holder != nullptr},
                {"quarantined", in_quarantine},
                {"version", holder != nullptr ? json(holder->version) : json(nullptr)}};
}

json claimed_json(const access::printer_row& row)
{
    return json{{"agent_id", row.agent_id}, {"name", row.name}};
}

json forgotten_json(const std::string& agent_id)
{
    return json{{"forgotten", agent_id}};
}

} // namespace

control_service::control_service(agents& known, registry& present, access::token_service& tokens,
                                 access::audit_log& audit)
    : known_(known), present_(present), tokens_(tokens), audit_(audit)
{
}

transport::task<void> control_service::serve(transport::exchange& call)
{
    const auto method = call.request().method;
    const auto target = call.request().target;
    constexpr auto store_failed = static_cast<unsigned>(relay_errc::own_failure);
    if (co_await access::serve_token_control(call, tokens_, audit_, store_failed)) co_return;
    if (method == "POST" && target == "/control/claim") {
        co_await claim(call);
    } else if (method == "GET" && target == printers) {
        co_await list(call);
    } else if (method == "DELETE" && target.starts_with(printers) && target.size() > printers.size() + 1) {
        co_await forget(call, target.substr(printers.size() + 1));
    } else {
        co_await say_wrong(call, 404, "there is no such control command");
    }
}

transport::task<void> control_service::claim(transport::exchange& call)
{
    auto content = call.body();
    auto text = co_await transport::read_all(*content, max_request);
    const auto body = json::parse(text ? *text : std::string(), nullptr, false);
    const auto code = short_text(body, "code");
    if (!code) {
        co_await say_wrong(call, 400, "code must be a text such as ABCD-EFGH");
        co_return;
    }
    auto name = short_text(body, "name").value_or("");
    auto done = co_await known_.claim(*code, std::move(name), "local", "control socket");
    if (const auto* why = std::get_if<claim_failure>(&done)) {
        std::optional<std::chrono::seconds> retry_after;
        if (why->retry_after.count() > 0) retry_after = why->retry_after;
        co_await say_wrong(call, why->status, why->text, retry_after);
        co_return;
    }
    co_await say(call, 200, claimed_json(std::get<access::printer_row>(done)));
}

transport::task<void> control_service::list(transport::exchange& call)
{
    json rows = json::array();
    for (const auto& row : known_.claimed())
        rows.push_back(printer_json(row, present_.find(row.agent_id), known_.in_quarantine(row.agent_id)));
    json body = json::object();
    body["printers"] = std::move(rows);
    body["waiting"] = known_.waiting();
    co_await say(call, 200, std::move(body));
}

transport::task<void> control_service::forget(transport::exchange& call, std::string agent_id)
{
    auto done = co_await known_.forget(agent_id);
    if (!done) {
        co_await say_wrong(call, 600, "The relay's store failed: " + done.error().message() + ".",
                           std::chrono::seconds(5));
        co_return;
    }
    if (!*done) {
        co_await say_wrong(call, 404, "there is no such printer");
        co_return;
    }
    if (const auto* holder = present_.find(agent_id)) {
        const auto tunnel = holder->tunnel;
        tunnel->stop(make_error_code(transport::errc::credentials_refused));
    }
    co_await say(call, 200, forgotten_json(agent_id));
}

} // namespace layerline::relay
