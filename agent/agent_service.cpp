// Authentication by edge, the owner's policy, limits and routing, in this order.
#include "agent/agent_service.hpp"

#include "agent/answer.hpp"
#include "agent/noted_exchange.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace layerline::agent {

namespace {

constexpr std::string_view health_body = R"({"status":"ok"})";

transport::task<void> say(transport::exchange& call, own_answer answer)
{
    // A caller who has gone needs no answer.
    (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
}

std::string_view name_of(transport::edge via)
{
    return via == transport::edge::lan ? "lan" : via == transport::edge::tunnel ? "tunnel" : "local";
}

} // namespace

agent_service::agent_service(access::token_service& tokens, commands::plugin_api& commands,
                             const policy& owner, service_limits limits)
    : tokens_(tokens), commands_(commands), owner_(owner), requests_(limits.requests),
      bad_tokens_(limits.bad_tokens)
{
}

transport::task<void> agent_service::serve(transport::exchange& outer)
{
    noted_exchange call(outer);
    const auto& request = call.request();
    const auto where = route_of(request.target);
    std::string who = "-";
    const bool for_ui = uis_ != nullptr && asks_for_ui(request);
    if (where.to == destination::health && !for_ui) {
        const bool reads = request.method == "GET" || request.method == "HEAD";
        auto answer = reads ? json_answer(200, std::string(health_body))
                            : answer_for(wrong_method, request_id_of(request));
        co_await say(call, std::move(answer));
        co_return; // not logged: probes come every few seconds
    }
    auto found = co_await who_asks(request);
    if (auto* no = std::get_if<refusal>(&found)) {
        co_await say(call, answer_for(*no, request_id_of(request)));
    } else {
        auto asker = std::get<commands::caller>(std::move(found));
        who = asker.principal;
        const bool known = where.to != destination::nowhere;
        const bool urgent = known && !for_ui && where.command == "emergency-stop"; // never held up by a count
        std::optional<std::chrono::milliseconds> wait;
        if (!urgent) wait = requests_.take(asker.principal, transport::clock::now());
        if (wait) {
            auto later = too_often;
            later.retry_after = wait;
            co_await say(call, answer_for(later, request_id_of(request)));
        } else if (for_ui) {
            co_await uis_->serve(call, asker.scopes, owner_);
        } else if (!known) {
            co_await say(call, answer_for(no_such_route, request_id_of(request)));
        } else {
            const auto dialect =
                where.to == destination::command ? commands::dialect::exact : commands::dialect::seed;
            co_await commands_.serve(call, std::move(asker), dialect, where.command);
        }
    }
    const auto level =
        call.status() >= 400 || call.status() == 0 ? spdlog::level::info : spdlog::level::debug;
    spdlog::log(level, "{} {} {} {} by {} from {}: {}", request_id_of(request), name_of(request.via),
                loggable(request.method), loggable(request.target), who, loggable(request.peer),
                call.status() == 0 ? "no answer" : std::to_string(call.status()));
}

transport::task<std::variant<commands::caller, refusal>>
agent_service::who_asks(const transport::request_head& request)
{
    std::variant<commands::caller, refusal> found = no_such_route;
    if (request.via == transport::edge::lan) {
        found = co_await holder_of_token(request);
    } else if (request.via == transport::edge::tunnel) {
        const auto named = relayed(request.headers.find("x-layerline-principal"),
                                   request.headers.find("x-layerline-scopes"));
        const auto scopes = named ? access::parse_scopes(named->scopes) : std::nullopt;
        if (scopes) {
            // Marked, so that no name of the relay's passes for a token of our own.
            found = commands::caller{"relay:" + named->id, owner_.permitted(*scopes)};
        } else {
            found = no_principal;
        }
    }
    co_return found;
}

transport::task<std::variant<commands::caller, refusal>>
agent_service::holder_of_token(const transport::request_head& request)
{
    const auto header = request.headers.find("authorization");
    const auto secret = header ? access::secret_from_authorization(*header) : std::nullopt;
    // Authenticated first, counted after: a stranger's bad tries never hold up a good token.
    auto answer = co_await tokens_.authenticate(secret.value_or(std::string()));
    if (auto* holder = std::get_if<access::principal>(&answer))
        co_return commands::caller{holder->id, owner_.permitted(holder->scopes)};
    if (std::get<access::credential_fault>(answer) == access::credential_fault::store) co_return store_failed;
    auto no = no_token;
    if (auto wait = bad_tokens_.take(access::address_key(request.peer), transport::clock::now())) {
        no = too_often;
        no.retry_after = wait;
    }
    co_return no;
}

} // namespace layerline::agent
