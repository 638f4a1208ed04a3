// The control socket's routes.
#include "agent/control_service.hpp"

#include "access/token_control.hpp"
#include "agent/answer.hpp"
#include "agent/routing.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace layerline::agent {

namespace {

transport::task<void> say(transport::exchange& call, own_answer answer)
{
    (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
}

own_answer error_answer(unsigned status, const std::string& text)
{
    nlohmann::json body;
    body["Error"] = text;
    return json_answer(status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

access::audit_entry owners_entry(const char* action, const transport::error_code& fault)
{
    access::audit_entry entry;
    entry.who = "local";
    entry.name = "command line";
    entry.peer = "control socket";
    entry.action = action;
    entry.outcome = fault ? "failed" : "ok";
    if (fault) entry.detail = fault.message();
    return entry;
}

} // namespace

control_service::control_service(owner_desk& desk, access::token_service& tokens, access::audit_log& audit)
    : desk_(desk), tokens_(tokens), audit_(audit)
{
}

transport::task<void> control_service::serve(transport::exchange& call)
{
    const auto method = call.request().method;
    const auto target = call.request().target;
    if (target == "/control/status" && method == "GET") {
        co_await say(call, json_answer(200, as_json(desk_.report(), transport::clock::now())));
        co_return;
    }
    if (target == "/control/reconnect" && method == "POST") {
        desk_.reconnect();
        co_await say(call, json_answer(200, "{}"));
        co_return;
    }
    if (target == "/control/unpair" && method == "POST") {
        co_await unpair(call);
        co_return;
    }
    if (target == "/control/rekey" && method == "POST") {
        co_await rekey(call);
        co_return;
    }
    const bool served = co_await access::serve_token_control(call, tokens_, audit_, store_failed.status);
    if (served) {
        if (method != "GET") co_await desk_.tokens_changed();
        co_return;
    }
    co_await say(call, error_answer(404, "there is nothing at " + loggable(target)));
}

transport::task<void> control_service::unpair(transport::exchange& call)
{
    auto done = co_await desk_.unpair();
    (void)audit_.write(
        owners_entry("pair.forget", done.has_error() ? done.error() : transport::error_code()));
    auto answer = json_answer(200, "{}");
    if (done.has_error()) answer = error_answer(500, done.error().message());
    co_await say(call, std::move(answer));
}

transport::task<void> control_service::rekey(transport::exchange& call)
{
    auto done = desk_.rekey();
    auto entry = owners_entry("key.renew", done.has_error() ? done.error() : transport::error_code());
    if (done.has_value()) entry.target = *done;
    (void)audit_.write(entry);
    auto answer = done.has_error() ? error_answer(500, "the new key: " + done.error().message())
                                   : json_answer(200, "{\"agent_id\":\"" + *done + "\"}");
    co_await say(call, std::move(answer));
}

} // namespace layerline::agent
