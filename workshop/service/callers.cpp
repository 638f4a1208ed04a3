#include "workshop/service/callers.hpp"

#include "access/base32.hpp"
#include "access/base64.hpp"
#include "access/crypto.hpp"
#include "transport/date_field.hpp"
#include "workshop/jobs/embedded_queue.hpp"
#include "workshop/operations/parameters.hpp"
#include "workshop/service/token_request.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace layerline::workshop {

using nlohmann::json;
using transport::task;

namespace {

constexpr const char* local_owner = "local"; // whoever may open the unix socket and names nobody
constexpr std::size_t most_request = 4096, most_principal = 200, sessions_of_token = 64;
constexpr std::int64_t access_s = 3600, refresh_s = 30L * 24 * 3600;
constexpr std::string_view no_client = "Basic Og=="; // ":"
constexpr std::string_view access_prefix = "lw_", refresh_prefix = "lwr_";

std::string hash_of(const std::string& secret)
{
    return access::to_base32(access::sha256(secret));
}

std::string new_secret(std::string_view prefix)
{
    std::array<unsigned char, 32> random{};
    if (!access::random_bytes(random)) throw std::runtime_error("no random numbers");
    return std::string(prefix) + access::to_base64url(random);
}

model_failure lacks_scope()
{
    return {model_errc::access_denied, "Access denied: the token lacks the scope \"files\"."};
}

model_failure denied(access::credential_fault fault)
{
    if (fault == access::credential_fault::store)
        return {model_errc::server_error, "The store of tokens did not answer."};
    return {model_errc::access_denied, {}};
}

// What a session is answered, with the names of OAuth and of the vendor.
model_answer session_answer(const std::string& access, const std::string& refresh, std::int64_t now)
{
    auto told = json::object();
    told["access_token"] = access;
    told["token_type"] = "bearer";
    told["expires_in"] = access_s;
    told["refresh_token"] = refresh;
    told[".issued"] = transport::date_text(now);
    told[".expires"] = transport::date_text(now + access_s);
    return success(200, told);
}

// The principal that a program of ours names; nothing if it names none well.
std::optional<model_result<caller>> relayed(const transport::fields& headers)
{
    const auto principal = headers.find("x-layerline-principal");
    if (!principal) return std::nullopt;
    const bool good =
        !principal->empty() && principal->size() <= most_principal &&
        std::all_of(principal->begin(), principal->end(), [](char c) { return c > 0x20 && c < 0x7f; });
    const auto scopes = access::parse_scopes(headers.find("x-layerline-scopes").value_or(""));
    if (!good || !scopes || !scopes->has(access::scope::files)) return lacks_scope();
    return caller{"via:" + std::string(*principal)};
}

} // namespace

task<access::standing> callers::standing_of(std::string secret)
{
    if (!secret.starts_with(access_prefix)) co_return co_await tokens_.standing_of_secret(std::move(secret));
    auto holder = co_await holder_of(std::move(secret), "access");
    if (holder.has_value()) co_return access::standing(*std::move(holder));
    const bool store = holder.error().code == model_errc::server_error;
    co_return access::standing(store ? access::credential_fault::store : access::credential_fault::unknown);
}

task<model_result<access::token_standing>> callers::holder_of(std::string secret, const char* kind)
{
    auto look = [hash = hash_of(secret)](ledger& kept) { return kept.find_session(hash); };
    auto found = co_await kept_.ask(std::move(look));
    if (found.has_error()) co_return found.error();
    if (!*found || (*found)->kind != kind || (*found)->expires_unix <= unix_now())
        co_return denied(access::credential_fault::unknown);
    auto standing = co_await tokens_.standing_of_id((*found)->token);
    if (const auto* fault = std::get_if<access::credential_fault>(&standing)) co_return denied(*fault);
    co_return std::get<access::token_standing>(std::move(standing));
}

task<model_result<caller>> callers::of(const transport::request_head& request,
                                       std::optional<unsigned>& status)
{
    if (request.via == transport::edge::local) {
        auto named = relayed(request.headers);
        if (!named) co_return caller{local_owner};
        if (named->has_error()) status = 403;
        co_return *std::move(named);
    }
    const auto field = request.headers.find("authorization");
    auto secret = field ? access::secret_from_authorization(*field) : std::nullopt;
    auto found = co_await standing_of(std::move(secret).value_or(std::string()));
    if (const auto* fault = std::get_if<access::credential_fault>(&found)) co_return denied(*fault);
    auto& standing = std::get<access::token_standing>(found);
    if (!standing.who.scopes.has(access::scope::files)) {
        status = 403;
        co_return lacks_scope();
    }
    co_return caller{std::move(standing.who.id), standing.expired, standing.who.uploads_per_month};
}

task<model_answer> callers::begin_session(std::string token)
{
    const auto now = unix_now();
    const auto access = new_secret(access_prefix), refresh = new_secret(refresh_prefix);
    session_record first{hash_of(access), "access", token, now + access_s};
    session_record second{hash_of(refresh), "refresh", token, now + refresh_s};
    auto keep = [first, second](ledger& kept) -> model_result<void> {
        if (auto added = kept.add_session(first, sessions_of_token); added.has_error()) return added.error();
        return kept.add_session(second, sessions_of_token);
    };
    auto kept = co_await kept_.ask(std::move(keep));
    if (kept.has_error()) co_return refusal(kept.error());
    co_return session_answer(access, refresh, now);
}

task<model_answer> callers::sign_in(transport::exchange& call)
{
    const auto body = call.body();
    auto text = co_await transport::read_all(*body, most_request);
    if (text.has_error()) co_return refusal(invalid_parameter("body"));
    const auto& request = call.request();
    // Agent and relay have checked the token that came as the client's secret, and keep it to themselves.
    const bool mounted = request.via == transport::edge::local;
    const auto client = mounted ? no_client : request.headers.find("authorization").value_or("");
    auto asked = parse_token_request(client, *text);
    if (asked.has_error()) co_return refusal(asked.error());
    if (mounted) co_return session_answer(asked->secret, asked->secret, unix_now());
    if (asked->grant == token_grant::refresh) {
        auto holder = co_await holder_of(asked->secret, "refresh");
        if (holder.has_error()) co_return refusal(holder.error());
        co_return co_await begin_session(std::move(holder->who.id));
    }
    auto found = co_await tokens_.standing_of_secret(asked->secret);
    if (const auto* fault = std::get_if<access::credential_fault>(&found)) co_return refusal(denied(*fault));
    auto& holder = std::get<access::token_standing>(found);
    if (holder.who.name != asked->user) co_return refusal(denied(access::credential_fault::unknown));
    if (!holder.who.scopes.has(access::scope::files)) co_return refusal(lacks_scope(), 403);
    co_return co_await begin_session(std::move(holder.who.id));
}

} // namespace layerline::workshop
