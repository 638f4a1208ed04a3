#include "access/token_control.hpp"

#include "access/error.hpp"
#include "access/identity.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace layerline::access {

namespace {

using nlohmann::json;

constexpr std::string_view base = "/control/tokens";
constexpr std::size_t max_request = 16UL * 1024;
constexpr std::int64_t longest_life_s = 10LL * 365 * 24 * 3600;
constexpr std::int64_t most_uploads_per_month = 100'000'000;

json number_or_null(const std::optional<std::int64_t>& value)
{
    return value ? json(*value) : json(nullptr);
}

transport::task<void> say(transport::exchange& call, unsigned status, json body)
{
    transport::response_head head;
    head.status = status;
    head.headers.set("content-type", "application/json");
    head.headers.set("cache-control", "no-store");
    (void)co_await transport::respond_with(call, std::move(head),
                                           body.dump(-1, ' ', false, json::error_handler_t::replace));
}

json error(const std::string& text)
{
    return json{{"Error", text}};
}

// What a failed call is answered with: the store's failures have a code of the program's own.
transport::task<void> say_failed(transport::exchange& call, transport::error_code why, unsigned store_status,
                                 std::string what_holds = "Nothing was changed")
{
    auto body = error(why.message());
    unsigned status = 500;
    if (is_store_failure(why)) {
        body["Error"] = "The store failed: " + why.message() + ". " + what_holds + "; try again.";
        body["Status"] = store_status;
        body["Cause"] = row_of(static_cast<errc>(why.value())).name;
        // Codes of the Plugin API and of the Model API are never an HTTP status.
        if (store_status >= 600 && store_status < 700) status = store_status;
    }
    co_await say(call, status, std::move(body));
}

// Bodies and entries are made outside the coroutines: g++ 12 cannot keep braced lists in their frames.
json shown_once(const new_token& made)
{
    json body(made.record);
    body["secret"] = made.secret;
    return body;
}

json listed(const std::vector<token_record>& all)
{
    json body{{"tokens", json::array()}};
    for (const auto& record : all)
        body["tokens"].push_back(record);
    return body;
}

json revoked(const std::string& id)
{
    return json{{"revoked", id}};
}

void note(audit_log& audit, const char* action, const std::string& target, const char* outcome,
          std::string detail)
{
    (void)audit.write(
        {"local", "command line", "control socket", action, target, outcome, std::move(detail)});
}

transport::task<void> create(transport::exchange& call, token_service& tokens, audit_log& audit,
                             unsigned store_status)
{
    auto content = call.body();
    auto text = co_await transport::read_all(*content, max_request);
    if (!text) {
        co_await say(call, 400, error("the request's body cannot be read: " + text.error().message()));
        co_return;
    }
    auto spec = parse_token_spec(*text);
    if (const auto* wrong = std::get_if<std::string>(&spec)) {
        co_await say(call, 400, error(*wrong));
        co_return;
    }
    auto made = co_await tokens.create(std::get<token_spec>(std::move(spec)));
    if (!made) {
        co_await say_failed(call, made.error(), store_status);
        co_return;
    }
    note(audit, "token.create", made->record.id, "ok", to_string(made->record.spec.scopes));
    co_await say(call, 201, shown_once(*made));
}

transport::task<void> list(transport::exchange& call, token_service& tokens, unsigned store_status)
{
    auto all = co_await tokens.list();
    if (!all) {
        co_await say_failed(call, all.error(), store_status);
        co_return;
    }
    co_await say(call, 200, listed(*all));
}

transport::task<void> revoke(transport::exchange& call, token_service& tokens, audit_log& audit,
                             std::string id, unsigned store_status)
{
    auto done = co_await tokens.revoke(id);
    if (!done) {
        co_await say_failed(call, done.error(), store_status,
                            "The token passes no more while this program runs, but would after a restart");
        co_return;
    }
    note(audit, "token.revoke", id, *done ? "ok" : "unknown", "");
    if (*done) {
        co_await say(call, 200, revoked(id));
        co_return;
    }
    co_await say(call, 404, error("there is no live token with the id " + id));
}

} // namespace

void to_json(json& into, const token_record& record)
{
    into = json{{"id", record.id},
                {"name", record.spec.name},
                {"scopes", to_string(record.spec.scopes)},
                {"printers", record.spec.all_printers ? json(nullptr) : json(record.spec.printers)},
                {"created", record.created_unix},
                {"expires", number_or_null(record.expires_unix)},
                {"last_used", number_or_null(record.last_used_unix)},
                {"revoked", number_or_null(record.revoked_unix)}};
    if (record.spec.uploads_per_month) into["uploads_per_month"] = *record.spec.uploads_per_month;
}

std::variant<token_spec, std::string> parse_token_spec(const std::string& text)
{
    const auto body = json::parse(text, nullptr, false);
    if (!body.is_object()) return std::string("the body must be a JSON object");
    token_spec spec;
    spec.all_printers = true;
    for (const auto& [key, value] : body.items()) {
        if (key == "name") {
            if (!value.is_string()) return std::string("name must be a text");
            spec.name = value.get<std::string>();
            const auto printable = [](unsigned char c) { return c >= 0x20 && c != 0x7f; };
            if (spec.name.empty() || spec.name.size() > 64 ||
                !std::all_of(spec.name.begin(), spec.name.end(), printable))
                return std::string("name must be 1 to 64 printable characters");
        } else if (key == "scopes") {
            const auto scopes = value.is_string() ? parse_scopes(value.get<std::string>()) : std::nullopt;
            if (!scopes || scopes->empty())
                return std::string(
                    "scopes must be a list such as view,control,files (also: console, ui, admin)");
            spec.scopes = *scopes;
        } else if (key == "printers") {
            if (value.is_null()) continue;
            if (!value.is_array() || value.empty() || value.size() > 256)
                return std::string("printers must be a list of 1 to 256 agent ids");
            for (const auto& id : value) {
                if (!id.is_string() || !is_agent_id(id.get<std::string>()))
                    return std::string("printers must be agent ids: 26 characters of a-z and 2-7");
                spec.printers.push_back(id.get<std::string>());
            }
            spec.all_printers = false;
        } else if (key == "lifetime_s") {
            if (value.is_null()) continue;
            if (!value.is_number_integer() || value.get<std::int64_t>() < 1 ||
                value.get<std::int64_t>() > longest_life_s)
                return std::string("lifetime_s must be whole seconds, from 1 to ten years");
            spec.lifetime = std::chrono::seconds(value.get<std::int64_t>());
        } else if (key == "uploads_per_month") {
            if (value.is_null()) continue;
            if (!value.is_number_integer() || value.get<std::int64_t>() < 0 ||
                value.get<std::int64_t>() > most_uploads_per_month)
                return std::string("uploads_per_month must be a whole number, from 0 (any) to 100000000");
            spec.uploads_per_month = static_cast<std::uint32_t>(value.get<std::int64_t>());
        } else {
            return "unknown field " + key;
        }
    }
    if (spec.name.empty()) return std::string("name is missing");
    if (spec.scopes.empty()) return std::string("scopes is missing");
    return spec;
}

transport::task<bool> serve_token_control(transport::exchange& call, token_service& tokens, audit_log& audit,
                                          unsigned store_status)
{
    const auto method = call.request().method;
    const auto target = call.request().target;
    if (target == base && method == "POST") {
        co_await create(call, tokens, audit, store_status);
        co_return true;
    }
    if (target == base && method == "GET") {
        co_await list(call, tokens, store_status);
        co_return true;
    }
    if (method == "DELETE" && target.starts_with(base) && target.size() > base.size() + 1 &&
        target[base.size()] == '/') {
        co_await revoke(call, tokens, audit, target.substr(base.size() + 1), store_status);
        co_return true;
    }
    co_return false;
}

} // namespace layerline::access
