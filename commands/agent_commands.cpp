// get-plugin-logs, send-command, get-connection-info and what an agent never does from afar.
#include "commands/agent_parts.hpp"
#include "commands/command_groups.hpp"
#include "commands/host_call.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace layerline::commands {

using nlohmann::json;
namespace net = transport::net;

transport::task<void> run_plugin_logs(command_context& at, const arguments& given)
{
    if (at.logs == nullptr) {
        co_await send_raw_failure(at, fail(404, "This agent keeps no log in memory."));
        co_return;
    }
    const auto text = at.logs->newest(static_cast<std::size_t>(given.integer("TailLines").value_or(500)));
    transport::response_head head;
    head.headers.set("content-type", "text/plain; charset=utf-8");
    head.headers.set("content-disposition", "attachment; filename=layerline-agent.log");
    head.headers.set("cache-control", "no-store");
    head.headers.set("x-content-type-options", "nosniff");
    head.headers.set("x-request-id", at.request_id);
    (void)co_await transport::respond_with(at.call, std::move(head), text);
}

transport::task<command_answer> run_send_command(command_context& at, const arguments& given)
{
    const auto transport_type = given.text("TransportType").value_or("http");
    if (transport_type != "http" && transport_type != "websocket" && transport_type != "mqtt")
        co_return command_answer(fail(400, "TransportType must be \"http\", \"websocket\" or \"mqtt\"."));
    if (at.host == nullptr)
        co_return command_answer(fail(788, "No program with an API of its own drives this printer."));
    if (transport_type != "http")
        co_return command_answer(fail(788, "Only \"http\" leads to this printer's host."));
    const auto request = given.text("Request").value_or("{}");
    auto what = parse_host_request(request);
    if (!what) co_return command_answer(what.error());
    const auto within = given.integer("TimeoutSec").value_or(10);
    what->within = std::chrono::seconds(within);
    what->principal = at.who.principal;
    what->principal_name = at.who.name;
    what->peer = at.who.peer;
    auto answered = co_await at.host->ask(std::move(*what));
    if (!answered) co_return command_answer(fail(answered.error()));
    json result = json::object();
    result["TransportType"] = transport_type;
    result["Request"] = json::parse(request, nullptr, false);
    result["ResponseReceived"] = true;
    result["Response"] = told(*answered);
    result["IsError"] = answered->status >= 400;
    result["TimeoutSec"] = within;
    co_return command_answer(std::move(result));
}

// The vendor's seven fields. Credentials are told to nobody: who may come by the LAN has a token of his own.
transport::task<command_answer> run_connection_info(command_context& at, const arguments&)
{
    json result = json::object();
    for (const auto* name :
         {"LocalIp", "LocalPort", "AccessCode", "SerialNumber", "ApiKey", "Username", "Password"})
        result[name] = nullptr;
    if (at.lan != nullptr && *at.lan)
        if (const auto place = (*at.lan)()) {
            result["LocalIp"] = place->address;
            result["LocalPort"] = place->port;
        }
    co_return command_answer(std::move(result));
}

transport::task<command_answer> run_rekey(command_context&, const arguments&)
{
    co_return command_answer(
        fail(403, "A new key would cut this printer off until it is paired anew, so it is made at "
                  "the printer's host only: layerline-agent rekey."));
}

transport::task<command_answer> run_mqtt(command_context&, const arguments&)
{
    co_return command_answer(fail(788, "This printer speaks no MQTT."));
}

} // namespace layerline::commands
