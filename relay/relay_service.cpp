#include "relay/relay_service.hpp"

#include "access/software_version.hpp"
#include "observe/noted_exchange.hpp"
#include "observe/request_line.hpp"
#include "relay/routing.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace layerline::relay {

namespace {

using std::chrono::seconds;

// A wrong token costs its address as much as this many requests, so that guessing is slow.
constexpr double wrong_token_cost = 10;

access::rate per_minute(std::uint32_t count)
{
    // A sixth of a minute's requests may come at once: a page that opens asks for much.
    return {std::max(10.0, count / 6.0),
            std::chrono::milliseconds(std::max<std::uint32_t>(1, 60'000 / count))};
}

seconds whole_seconds(std::chrono::milliseconds wait)
{
    return std::chrono::ceil<seconds>(std::max(wait, std::chrono::milliseconds(1)));
}

bool may_use(const access::principal& who, const std::string& agent_id)
{
    return who.all_printers ||
           std::find(who.printers.begin(), who.printers.end(), agent_id) != who.printers.end();
}

// How soon a client should ask again for an agent that is not here: soon while it is likely on its way back.
seconds patience_for(std::optional<registry::time_point> gone_since, registry::time_point now)
{
    return gone_since && now - *gone_since < std::chrono::minutes(1) ? seconds(2) : seconds(30);
}

transport::task<void> send(transport::exchange& call, own_answer answer)
{
    (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
}

own_answer too_often(const transport::request_head& asked, std::chrono::milliseconds wait)
{
    return plain_answer(429, "too_many_requests", "Too many requests; wait before asking again.",
                        request_id_of(asked), whole_seconds(wait));
}

own_answer too_many(const transport::request_head& asked, std::string_view whose)
{
    return plain_answer(429, "too_many_streams",
                        "Too many requests of this " + std::string(whose) +
                            " are under way; wait until one has ended.",
                        request_id_of(asked), seconds(1));
}

own_answer refused(const transport::request_head& asked, relay_errc code, std::string_view hop,
                   std::optional<seconds> retry_after = {}, std::string_view detail = {})
{
    return answer_for(code, hop, request_id_of(asked), wants_standard_status(asked), retry_after, detail);
}

// Browsers ask a person for a password at a 401 that wants Basic, and at nothing else: so where whole pages
// are, and nowhere else, since they keep it and send it along whoever asks.
own_answer ask_for_password(const transport::request_head& asked, relay_errc code)
{
    auto answer = answer_for(code, "relay", request_id_of(asked), true);
    answer.head.headers.set("www-authenticate", R"(Basic realm="Layerline", charset="UTF-8")");
    return answer;
}

// One more stream of a token and a printer, for as long as it lives.
class counted_view {
public:
    using counts = std::map<std::pair<std::string, std::string>, std::uint32_t>;
    counted_view(counts& all, const counts::key_type& whose) : all_(all), at_(all.try_emplace(whose).first)
    {
        ++at_->second;
    }
    ~counted_view()
    {
        if (--at_->second == 0) all_.erase(at_);
    }
    counted_view(const counted_view&) = delete;
    counted_view& operator=(const counted_view&) = delete;
    // This one included.
    std::uint32_t count() const { return at_->second; }

private:
    counts& all_;
    counts::iterator at_;
};

} // namespace

// What is told of a request once it is over, however that comes.
struct relay_service::request_note {
    request_note(relay_service& of, transport::exchange& outer)
        : service(of), call(outer), address(access::address_key(outer.request().peer))
    {
    }
    request_note(const request_note&) = delete;
    request_note& operator=(const request_note&) = delete;
    ~request_note()
    {
        if (counted_under_way) {
            const auto found = service.under_way_.find(address);
            if (found != service.under_way_.end() && --found->second == 0) service.under_way_.erase(found);
        }
        if (quiet) return;
        const auto envelope = call.envelope_status();
        const bool own = envelope >= 600 && envelope < 700;
        service.counts_.answered(own ? envelope : call.status(), call.bytes_in(), call.bytes_out());
        tell(own ? envelope : 0);
    }

    void tell(unsigned own_code) const
    {
        const auto logged = service.limits_.log;
        const bool failed = call.status() == 0 || call.status() >= 400;
        if (logged == logged_requests::none || (logged == logged_requests::failures && !failed)) return;
        const auto& asked = call.request();
        observe::request_note line;
        line.id = request_id_of(asked);
        line.hop = "relay";
        line.via = "public";
        line.peer = asked.peer;
        line.principal = principal;
        line.method = asked.method;
        line.target = asked.target;
        line.status = call.status();
        line.envelope = own_code;
        line.took = std::chrono::duration_cast<std::chrono::microseconds>(call.age());
        line.bytes_in = call.bytes_in();
        line.bytes_out = call.bytes_out();
        spdlog::info("{}", observe::to_line(line));
    }

    relay_service& service;
    observe::noted_exchange call;
    std::string address, principal;
    bool quiet = false, counted_under_way = false;
};

relay_service::relay_service(access::token_service& tokens, agents& known, registry& present,
                             tunnel_door& door, figures& counts, service_limits limits)
    : tokens_(tokens), known_(known), present_(present), door_(door), counts_(counts),
      limits_(std::move(limits)), by_address_(per_minute(limits_.requests_per_minute_per_address)),
      by_token_(per_minute(limits_.requests_per_minute)), address_pace_(limits_.bytes_per_second_per_address),
      token_pace_(limits_.bytes_per_second)
{
    tokens_.on_revoked([this](const std::string& id) { uses_.cut(id); });
}

transport::task<void> relay_service::serve(transport::exchange& outer)
{
    request_note noted(*this, outer);
    auto& call = noted.call;
    bool failed = false;
    try {
        co_await serve_checked(call, noted);
    } catch (const boost::system::system_error&) {
        throw; // the caller went away
    } catch (const std::exception& fault) {
        spdlog::error("request {}: {}", request_id_of(call.request()), fault.what());
        failed = true;
    }
    if (failed) co_await send(call, refused(call.request(), relay_errc::own_failure, "relay", seconds(5)));
}

transport::task<void> relay_service::serve_checked(transport::exchange& call, request_note& noted)
{
    auto where =
        route_of(call.request().target, call.request().headers.find("host").value_or(""), host_mode_);
    if (std::holds_alternative<to_health>(where)) {
        noted.quiet = true; // probes come every few seconds
        transport::response_head head;
        head.headers.set("content-type", "application/json");
        (void)co_await transport::respond_with(call, std::move(head), "{\"Status\":200}");
        co_return;
    }
    if (const auto wait = by_address_.take(noted.address, transport::clock::now())) {
        counts_.limited(figures::limit::requests);
        co_await send(call, too_often(call.request(), *wait));
        co_return;
    }
    if (std::holds_alternative<to_tunnel_door>(where)) {
        noted.quiet = call.wants_websocket(); // tunnels have lines and figures of their own
        co_await door_.serve(call);
        co_return;
    }
    if (auto& same = under_way_[noted.address]; same >= limits_.streams_per_address) {
        counts_.limited(figures::limit::streams);
        co_await send(call, too_many(call.request(), "address"));
        co_return;
    } else {
        ++same;
        noted.counted_under_way = true;
    }
    if (auto* printer = std::get_if<to_printer>(&where); printer && (!printer->workshop || workshop_)) {
        co_await serve_printer(call, std::move(*printer), noted);
        co_return;
    }
    co_await send(call,
                  plain_answer(404, "no_such_path",
                               "Nothing is here. Printers are under /printers/<agent id>/plugin-api/v1/.",
                               request_id_of(call.request())));
}

transport::task<void> relay_service::tell_store_problem()
{
    const auto reason = co_await tokens_.any();
    // The same trouble with each request is told once.
    if (reason || reason.error().message() == store_problem_) co_return;
    store_problem_ = reason.error().message();
    spdlog::error("the tokens cannot be read from the store: {}; every request is refused until they can",
                  store_problem_);
}

transport::task<void> relay_service::serve_printer(transport::exchange& call, to_printer where,
                                                   request_note& noted)
{
    const auto& asked = call.request();
    // An empty secret goes the same way as a wrong one: same answer, same time.
    const bool from_slicer = !where.ui && where.target.starts_with("/api/");
    auto secret = access::secret_of(asked.headers.find("authorization"),
                                    from_slicer ? asked.headers.find("x-api-key") : std::nullopt)
                      .value_or("");
    auto known = co_await tokens_.authenticate(std::move(secret));
    if (const auto* fault = std::get_if<access::credential_fault>(&known)) {
        auto code = relay_errc::credentials_unknown;
        if (*fault == access::credential_fault::dead) code = relay_errc::credentials_dead;
        if (*fault == access::credential_fault::store) code = relay_errc::own_failure;
        std::optional<std::chrono::milliseconds> wait;
        if (code == relay_errc::credentials_unknown)
            wait = by_address_.take(noted.address, transport::clock::now(), wrong_token_cost);
        std::optional<seconds> retry_after;
        if (code == relay_errc::own_failure) {
            retry_after = seconds(5);
            co_await tell_store_problem();
        }
        auto answer = refused(asked, code, "relay", retry_after);
        if (where.ui && code != relay_errc::own_failure) answer = ask_for_password(asked, code);
        if (wait) {
            counts_.limited(figures::limit::guesses);
            answer = too_often(asked, *wait);
        }
        co_await send(call, std::move(answer));
        co_return;
    }
    store_problem_.clear();
    auto who = std::get<access::principal>(std::move(known));
    noted.principal = who.id;
    if (const auto wait = by_token_.take(who.id, transport::clock::now())) {
        counts_.limited(figures::limit::requests);
        co_await send(call, too_often(asked, *wait));
        co_return;
    }
    if (uses_.count(who.id) >= limits_.streams_per_token) {
        counts_.limited(figures::limit::streams);
        co_await send(call, too_many(asked, "token"));
        co_return;
    }
    if (!where.workshop && !known_.loaded()) {
        auto ready = co_await known_.load();
        if (!ready) {
            co_await send(call, refused(asked, relay_errc::own_failure, "relay", seconds(5)));
            co_return;
        }
    }
    if (where.place) where.agent_id = known_.labelled(where.label);
    if (!where.workshop && (!may_use(who, where.agent_id) || !known_.is_claimed(where.agent_id))) {
        co_await send(call, refused(asked, relay_errc::printer_unknown, "relay"));
        co_return;
    }
    if (!who.scopes.has(where.needed)) {
        co_await send(
            call, plain_answer(403, "scope_missing",
                               "This token lacks the scope \"" + std::string(name_of(where.needed)) + "\".",
                               request_id_of(asked)));
        co_return;
    }
    if (where.place &&
        from_elsewhere(asked.method, asked.headers, call.wants_websocket(), *where.place, !where.ui)) {
        co_await send(call,
                      plain_answer(403, "foreign_origin",
                                   "A page of another site asked for this; open the printer's own page, " +
                                       where.place->origin() + "/.",
                                   request_id_of(asked)));
        co_return;
    }
    if (auto why = where.workshop ? std::nullopt : unreachable(asked, where.agent_id)) {
        co_await send(call, *std::move(why));
        co_return;
    }
    std::optional<counted_view> view;
    if (is_camera_stream(where)) {
        view.emplace(cameras_, counted_view::counts::key_type(who.id, where.agent_id));
        if (view->count() > limits_.camera_streams_per_token) {
            counts_.limited(figures::limit::streams);
            co_await send(call, refused(asked, relay_errc::camera_limit, "relay", seconds(5)));
            co_return;
        }
    }
    const auto executor = co_await transport::net::this_coro::executor;
    access::open_uses::use use(uses_, executor, who.id, who.ends);
    const carriage by{use, token_pace_, address_pace_, noted.address, counts_};
    auto tunnel = workshop_;
    if (!where.workshop) tunnel = present_.find(where.agent_id)->tunnel;
    co_await forward(call, tunnel, where, who, limits_.forward, by);
}

std::optional<own_answer> relay_service::unreachable(const transport::request_head& asked,
                                                     const std::string& agent_id)
{
    // An old agent that is away is told as old: that it comes back will not help.
    const auto version = present_.version_of(agent_id);
    if (!version.empty() && access::is_older(version, limits_.minimum_agent_version))
        return refused(asked, relay_errc::agent_too_old, "agent", {},
                       "The printer's agent has version " + version + "; this relay accepts " +
                           limits_.minimum_agent_version + " and newer.");
    if (present_.find(agent_id) != nullptr) return std::nullopt;
    if (known_.in_quarantine(agent_id))
        return refused(asked, relay_errc::agent_offline, "agent", clone_watch::ask_again,
                       "Two running copies of the agent share one key, and both are kept out: run "
                       "`layerline-agent rekey` on one of them and pair it.");
    return refused(asked, relay_errc::agent_offline, "agent",
                   patience_for(present_.gone_since(agent_id), transport::clock::now()));
}

} // namespace layerline::relay
