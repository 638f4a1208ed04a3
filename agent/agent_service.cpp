// Authentication by edge, the owner's policy, limits and routing, in this order.
#include "agent/agent_service.hpp"

#include "agent/answer.hpp"
#include "observe/noted_exchange.hpp"
#include "observe/request_line.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <utility>

namespace layerline::agent {

namespace {

constexpr std::string_view health_body = R"({"status":"ok"})";

// Commands that change files, for the audit log.
struct file_change {
    std::string_view command;
    const char* action;
    bool in_parts = false; // noted only once the file is there
};
constexpr std::array file_changes{file_change{"files/upload", "file.upload"},
                                  file_change{"files/upload/part", "file.upload", true},
                                  file_change{"files/upload/commit", "file.upload", true},
                                  file_change{"files/delete", "file.delete"},
                                  file_change{"files/move", "file.move"},
                                  file_change{"files/folder/create", "folder.create"}};

const file_change* file_change_named(std::string_view command)
{
    for (const auto& one : file_changes)
        if (one.command == command) return &one;
    return nullptr;
}

transport::task<void> say(transport::exchange& call, own_answer answer)
{
    // A caller who has gone needs no answer.
    (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
}

std::string_view name_of(transport::edge via)
{
    return via == transport::edge::lan ? "lan" : via == transport::edge::tunnel ? "tunnel" : "local";
}

// What one of these names (such as "Path=", in lower case as well) has for a value in a query, as it was
// written.
std::string word_in_query(std::string_view target, std::initializer_list<std::string_view> names)
{
    const auto query = target.find('?');
    if (query == std::string_view::npos) return {};
    auto rest = target.substr(query + 1);
    while (!rest.empty()) {
        const auto part = rest.substr(0, rest.find('&'));
        for (const auto name : names)
            if (part.starts_with(name)) return loggable(part.substr(name.size()));
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    }
    return {};
}

} // namespace

// What is told of a request once it is over, however that comes.
struct agent_service::request_note {
    request_note(agent_service& of, transport::exchange& outer) : service(of), call(outer) {}
    request_note(const request_note&) = delete;
    request_note& operator=(const request_note&) = delete;
    ~request_note()
    {
        if (quiet) return;
        if (watches) service.note_watching(*this, true);
        const auto status = call.envelope_status();
        service.counts_.answered(call.request().via, status, call.bytes_in(), call.bytes_out());
        const auto logged = service.limits_.log;
        const bool failed = call.status() == 0 || call.status() >= 400 || status >= 400;
        if (logged == logged_requests::none || (logged == logged_requests::failures && !failed)) return;
        const auto& asked = call.request();
        observe::request_note line;
        line.id = asked.headers.find("x-request-id").value_or("");
        line.hop = "agent";
        line.via = name_of(asked.via);
        line.peer = who.peer.empty() ? std::string_view(asked.peer) : std::string_view(who.peer);
        line.principal = who.principal;
        line.method = asked.method;
        line.target = asked.target;
        line.status = call.status();
        line.envelope = status;
        line.took = std::chrono::duration_cast<std::chrono::microseconds>(call.age());
        line.bytes_in = call.bytes_in();
        line.bytes_out = call.bytes_out();
        spdlog::info("{}", observe::to_line(line));
    }

    agent_service& service;
    observe::noted_exchange call;
    commands::caller who;
    bool quiet = false;
    bool watches = false; // a camera
};

agent_service::agent_service(access::token_service& tokens, commands::plugin_api& commands,
                             const policy& owner, access::audit_log& audit, figures& counts,
                             service_limits limits)
    : tokens_(tokens), commands_(commands), owner_(owner), audit_(audit), counts_(counts), limits_(limits),
      requests_(limits.requests), bad_tokens_(limits.bad_tokens)
{
    tokens_.on_revoked([this](const std::string& id) { uses_.cut(id); });
}

transport::task<void> agent_service::serve(transport::exchange& outer)
{
    request_note noted(*this, outer);
    auto& call = noted.call;
    const auto& request = call.request();
    auto where = route_of(request.target);
    const bool for_ui = uis_ != nullptr && asks_for_ui(request);
    if (where.to == destination::health && !for_ui) {
        noted.quiet = true; // probes come every few seconds
        const bool reads = request.method == "GET" || request.method == "HEAD";
        auto answer = reads ? json_answer(200, std::string(health_body))
                            : answer_for(wrong_method, request_id_of(request));
        co_await say(call, std::move(answer));
        co_return;
    }
    std::variant<asker, refusal> found = no_such_route;
    if (request.via == transport::edge::tunnel)
        found = relays_principal(request.headers);
    else if (request.via == transport::edge::lan)
        found = co_await holder_of_token(request);
    if (auto* no = std::get_if<refusal>(&found)) {
        if (no->status == too_often.status) counts_.limited();
        co_await say(call, answer_for(*no, request_id_of(request)));
        co_return;
    }
    auto who = std::get<asker>(std::move(found));
    noted.who = who.caller;
    if (where.to == destination::slicer && !slicers_) where = {};
    if (where.to == destination::workshop && !workshop_) where = {};
    const bool known = where.to != destination::nowhere;
    const bool urgent = known && !for_ui && where.command == "emergency-stop"; // never held up by a count
    std::optional<refusal> later;
    if (!urgent) {
        if (auto wait = requests_.take(who.caller.principal, transport::clock::now())) {
            later = too_often;
            later->retry_after = wait;
        } else if (uses_.count(who.caller.principal) >= limits_.streams) {
            later = too_many_streams;
        }
    }
    if (later) {
        counts_.limited();
        co_await say(call, answer_for(*later, request_id_of(request)));
        co_return;
    }
    if (for_ui) {
        const auto executor = co_await transport::net::this_coro::executor;
        const access::open_uses::use use(uses_, executor, who.caller.principal, who.ends);
        co_await uis_->serve(call, who.caller.scopes, owner_);
        co_return;
    }
    if (!known) {
        co_await say(call, answer_for(no_such_route, request_id_of(request)));
        co_return;
    }
    co_await serve_known(noted, std::move(where), std::move(who));
}

transport::task<void> agent_service::serve_known(request_note& noted, route where, asker who)
{
    using transport::net::experimental::awaitable_operators::operator||;
    auto& call = noted.call;
    const auto executor = co_await transport::net::this_coro::executor;
    access::open_uses::use use(uses_, executor, who.caller.principal, who.ends);
    const bool uploads =
        where.to == destination::slicer && where.command == "files/local" && call.request().method == "POST";
    const bool changes_files = uploads || file_change_named(where.command) != nullptr;
    if (changes_files) call.keep_beginning();
    // Eyes: the owner sees who looks, from the first moment on.
    if (where.command == "webcam/stream") {
        noted.watches = true;
        note_watching(noted, false);
    }
    // Only what can go on for long is worth watching; the relay sees to its own tokens and resets their
    // streams.
    const bool goes_on = where.to == destination::workshop || where.command == "events" || uploads ||
                         where.command.starts_with("files/") ||
                         where.command.find("stream") != std::string::npos;
    auto work = work_for(call, where, std::move(who.caller));
    if (goes_on && call.request().via == transport::edge::lan) {
        auto end = use.ended();
        co_await (std::move(work) || std::move(end));
        if (use.over() && call.status() == 0)
            co_await say(call, answer_for(no_token, request_id_of(call.request())));
    } else {
        co_await std::move(work);
    }
    if (changes_files) note_file_change(noted, where.command);
}

transport::task<void> agent_service::work_for(transport::exchange& call, const route& where,
                                              commands::caller who)
{
    switch (where.to) {
    case destination::slicer:
        co_await slicers_->serve(call, std::move(who), where.command);
        co_return;
    case destination::workshop: {
        if (!who.scopes.has(access::scope::files)) {
            co_await say(call, answer_for(no_files_scope, request_id_of(call.request())));
            co_return;
        }
        auto target = call.request().target.substr(workshop_prefix.size() - 1);
        co_await workshop_->serve(call, std::move(target), who);
        co_return;
    }
    default:
        break;
    }
    const auto dialect =
        where.to == destination::command ? commands::dialect::exact : commands::dialect::seed;
    co_await commands_.serve(call, std::move(who), dialect, where.command);
}

void agent_service::note_watching(const request_note& noted, bool over)
{
    access::audit_entry entry;
    entry.who = noted.who.principal;
    entry.name = noted.who.name;
    entry.peer = noted.who.peer;
    entry.action = "camera.watch";
    entry.target = word_in_query(noted.call.request().target, {"Name=", "name=", "Index=", "index="});
    if (entry.target.empty()) entry.target = "default";
    entry.outcome = !over ? "begun" : noted.call.status() == 200 ? "ok" : std::to_string(noted.call.status());
    const auto took = std::chrono::duration_cast<std::chrono::seconds>(noted.call.age());
    if (over) entry.detail = "looked for " + std::to_string(took.count()) + " s";
    (void)audit_.write(entry);
}

void agent_service::note_file_change(const request_note& noted, const std::string& command)
{
    access::audit_entry entry;
    entry.who = noted.who.principal;
    entry.name = noted.who.name;
    entry.peer = noted.who.peer;
    const auto* change = file_change_named(command);
    entry.action = change != nullptr ? change->action : "file.upload";
    const auto answer = nlohmann::json::parse(noted.call.beginning(), nullptr, false);
    const auto text_of = [&](const nlohmann::json& from, const char* name) {
        return from.is_object() && from.contains(name) && from[name].is_string()
                   ? from[name].get<std::string>()
                   : std::string();
    };
    const auto status = noted.call.envelope_status();
    entry.outcome = status == 200 || status == 201 ? "ok"
                    : status == 0                  ? "no_answer"
                                                   : std::to_string(status);
    if (answer.is_object() && answer.contains("Result"))
        entry.target = text_of(answer["Result"], "VirtualPath");
    // Of an upload in parts the last one counts.
    if (const nlohmann::json::json_pointer done("/Result/Done");
        change != nullptr && change->in_parts && (!answer.contains(done) || answer.at(done) != true))
        return;
    if (const nlohmann::json::json_pointer stored("/files/local/path"); answer.contains(stored))
        entry.target = "gcode/" + text_of(answer.at(stored.parent_pointer()), "path");
    // Of what failed or was broken off only the request tells the name; deletions name it in their body.
    if (entry.target.empty()) entry.target = word_in_query(noted.call.request().target, {"Path=", "path="});
    entry.detail = text_of(answer, "Error") + text_of(answer, "error");
    (void)audit_.write(entry);
}

void agent_service::tell_store_problem()
{
    counts_.store_failed();
    if (store_problem_) return; // the same trouble with each request is told once
    store_problem_ = true;
    spdlog::error(
        "the tokens cannot be read from the store; every request on the local network is answered 750 "
        "until they can: look at the disk of the state folder");
}

std::variant<asker, refusal> agent_service::relays_principal(const transport::fields& headers) const
{
    auto named = relayed(headers.find("x-layerline-principal"), headers.find("x-layerline-scopes"),
                         headers.find("x-layerline-principal-name"));
    const auto scopes = named ? access::parse_scopes(named->scopes) : std::nullopt;
    if (!scopes) return no_principal;
    asker who;
    // Marked, so that no name of the relay's passes for a token of our own.
    who.caller.principal = "relay:" + named->id;
    who.caller.scopes = owner_.permitted(*scopes);
    who.caller.name = std::move(named->name);
    who.caller.peer = loggable(headers.find("x-forwarded-for").value_or(""));
    return who;
}

transport::task<std::variant<asker, refusal>>
agent_service::holder_of_token(const transport::request_head& request)
{
    const auto secret = access::secret_of(request.headers.find("authorization"),
                                          route_of(request.target).to == destination::slicer
                                              ? request.headers.find("x-api-key")
                                              : std::nullopt);
    // Authenticated first, counted after: a stranger's bad tries never hold up a good token.
    auto answer = co_await tokens_.authenticate(secret.value_or(std::string()));
    if (auto* holder = std::get_if<access::principal>(&answer)) {
        store_problem_ = false;
        asker who;
        who.caller.principal = holder->id;
        who.caller.scopes = owner_.permitted(holder->scopes);
        who.caller.name = holder->name;
        who.caller.peer = request.peer;
        who.ends = holder->ends;
        co_return who;
    }
    if (std::get<access::credential_fault>(answer) == access::credential_fault::store) {
        tell_store_problem();
        co_return store_failed;
    }
    auto no = no_token;
    if (auto wait = bad_tokens_.take(access::address_key(request.peer), transport::clock::now())) {
        no = too_often;
        no.retry_after = wait;
    }
    co_return no;
}

} // namespace layerline::agent
