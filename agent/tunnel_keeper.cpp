// The coroutine shell around the dial planner.
#include "agent/tunnel_keeper.hpp"

#include "access/software_version.hpp"
#include "agent/version.hpp"
#include "transport/error.hpp"
#include "transport/heap.hpp"
#include "transport/http_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <utility>

namespace layerline::agent {

namespace net = transport::net;
using transport::clock;
using transport::dial_planner;

namespace {

constexpr auto as_tuple = net::as_tuple(net::use_awaitable);

transport::dial_settings dial_settings_for(const configuration& settings)
{
    transport::dial_settings dials;
    dials.addresses = std::max<std::size_t>(settings.relays.size(), 1);
    std::random_device random;
    dials.seed = (static_cast<std::uint64_t>(random()) << 32U) | random();
    return dials;
}

std::string too_old_for(const access::relay_facts& relay)
{
    const auto& least = relay.minimum_agent_version;
    if (least.empty() || !access::is_older(version, least)) return {};
    return "This agent has version " + std::string(version) + ", and the relay accepts " + least +
           " and newer: it answers requests with 610 until this host is upgraded.";
}

} // namespace

tunnel_keeper::tunnel_keeper(net::io_context& context, const configuration& settings,
                             std::shared_ptr<const access::identity> self, pin_memory& pin,
                             transport::service& answers)
    : context_(context), settings_(settings), self_(std::move(self)), pin_(pin), answers_(answers),
      planner_(dial_settings_for(settings)), bell_(context), halt_(context)
{
    bell_.expires_at(clock::time_point::max());
    halt_.expires_at(clock::time_point::max());
}

transport::task<void> tunnel_keeper::run()
{
    if (settings_.relays.empty()) co_return;
    auto next = planner_.start(clock::now());
    while (!stopping_) {
        if (const auto* where = std::get_if<dial_planner::dial>(&next)) {
            const auto url = settings_.relays.at(where->address);
            auto how = co_await attempt(url);
            if (stopping_) break;
            told(url, how);
            next = how.was_up ? planner_.tunnel_ended(clock::now(), how.why)
                              : planner_.refused(clock::now(), how.why);
            if (auto* wait = std::get_if<dial_planner::wait_until>(&next); wait && how.not_before)
                wait->when = std::max(wait->when, clock::now() + *how.not_before);
        } else {
            co_await rest(next);
            if (stopping_) break;
            const auto now = clock::now();
            if (std::exchange(again_, false)) {
                next = planner_.asked_to_reconnect(now);
            } else if (std::exchange(network_news_, false)) {
                auto news = planner_.network_changed(now);
                if (!std::holds_alternative<dial_planner::nothing>(news)) next = news;
            } else if (const auto* wait = std::get_if<dial_planner::wait_until>(&next);
                       wait && wait->when <= now) {
                next = planner_.woken(now);
            }
        }
        // A reconnect that was asked for during an attempt that failed for its own reasons.
        if (again_ && !std::holds_alternative<dial_planner::dial>(next)) {
            again_ = false;
            next = planner_.asked_to_reconnect(clock::now());
        }
    }
    report_ = {};
}

transport::task<void> tunnel_keeper::rest(dial_planner::action next)
{
    if (const auto* wait = std::get_if<dial_planner::wait_until>(&next)) {
        report_.now = relay_phase::waiting;
        report_.next_try = wait->when;
        bell_.expires_at(wait->when);
    } else {
        report_.now = relay_phase::given_up;
        report_.next_try.reset();
        bell_.expires_at(clock::time_point::max());
    }
    if (again_ || network_news_ || stopping_) co_return;
    co_await bell_.async_wait(as_tuple);
}

transport::task<void> tunnel_keeper::halted()
{
    co_await halt_.async_wait(as_tuple);
}

transport::task<tunnel_keeper::ending> tunnel_keeper::attempt(relay_url url)
{
    using namespace net::experimental::awaitable_operators; // NOLINT(google-build-using-namespace)
    network_news_ = false;                                  // older than this attempt
    report_ = {};
    report_.now = relay_phase::dialling;
    report_.url = url.text;
    halt_.expires_at(clock::time_point::max());
    auto connected = co_await (connect(url) || halted());
    ending how;
    if (connected.index() == 1) {
        if (stream_) stream_->abort();
        stream_.reset();
        how.why = make_error_code(transport::errc::closed);
        how.text = "Ended to connect anew.";
        co_return how;
    }
    how = std::get<0>(std::move(connected));
    if (how.why) co_return how;

    how.was_up = true;
    ++tunnels_;
    (void)planner_.dialled(clock::now());
    report_.now = relay_phase::connected;
    report_.base_url = session_.facts.base_url;
    report_.printer_name = session_.facts.printer_name;
    report_.problem = too_old_for(session_.facts);
    last_problem_.clear();
    if (!report_.problem.empty()) spdlog::warn("relay: {}: {}", url.text, report_.problem);
    spdlog::info("relay: connected to {}{}", url.text, session_.newly_paired ? ", newly paired" : "");
    transport::tunnel_limits limits;
    tunnel_ = transport::make_tunnel_server(std::move(stream_), answers_, limits);
    stream_.reset();
    how.why = co_await tunnel_->run();
    tunnel_.reset();
    how.text = "The tunnel ended: " + how.why.message() + ".";
    // Dialling again settles it: the other one is gone, or a running copy of this key and the relay finds
    // out.
    if (how.why == transport::errc::superseded) how.why = make_error_code(transport::errc::closed);
    co_return how;
}

transport::task<tunnel_keeper::ending> tunnel_keeper::connect(relay_url url)
{
    ending how;
    auto pin = co_await pin_.load();
    if (pin.has_error()) {
        how.why = pin.error();
        how.text = "The relay's pinned key cannot be read: " + pin.error().message() + ".";
        co_return how;
    }
    transport::client_options options;
    options.ca_file = settings_.ca_file;
    options.allow_insecure = settings_.allow_insecure;
    unsigned status = 0;
    auto dialled =
        co_await transport::dial_websocket(url.text + "/tunnel/v1", transport::fields(), options, &status);
    if (dialled.has_error()) {
        how.why = dialled.error();
        how.text = how.why.message() + (status != 0 ? " (HTTP " + std::to_string(status) + ")." : ".");
        co_return how;
    }
    stream_ = *dialled;
    access::agent_handshake_options handshake;
    handshake.self = self_;
    handshake.software_version = std::string(version);
    handshake.host = url.host;
    handshake.binding = binding_for(settings_, url);
    handshake.pin = *pin;
    handshake.code = code_;
    auto session = co_await access::agent_handshake(stream_, handshake, *this);
    hide_code();
    if (session.has_error()) {
        stream_.reset();
        const auto& failure = session.error();
        // The planner knows transport's errors: one of them stands for "no use in trying again".
        how.why = failure.permanent ? make_error_code(transport::errc::credentials_refused) : failure.code;
        how.text = failure.text;
        how.not_before = failure.retry_after;
        co_return how;
    }
    session_ = std::move(*session);
    transport::give_back_freed_memory(); // the system's authorities, above all
    co_return how;
}

void tunnel_keeper::told(const relay_url& url, const ending& how)
{
    report_ = {};
    report_.url = url.text;
    report_.problem = how.text;
    // The same trouble each minute for days is told once.
    const auto level = how.text == last_problem_ ? spdlog::level::debug : spdlog::level::warn;
    spdlog::log(level, "relay: {}: {}", url.text, how.text);
    last_problem_ = how.text;
}

void tunnel_keeper::stop()
{
    stopping_ = true;
    (void)planner_.stop();
    bell_.cancel();
    halt_.cancel();
    if (tunnel_) tunnel_->drain();
}

void tunnel_keeper::abort()
{
    if (tunnel_) tunnel_->stop(make_error_code(transport::errc::shutting_down));
    if (stream_) stream_->abort();
}

void tunnel_keeper::reconnect()
{
    if (tunnel_) {
        (void)planner_.asked_to_reconnect(clock::now()); // tunnel_ended() then dials at once
        tunnel_->stop(make_error_code(transport::errc::closed));
        return;
    }
    again_ = true;
    halt_.cancel();
    bell_.cancel();
}

void tunnel_keeper::network_changed()
{
    network_news_ = true;
    bell_.cancel();
}

void tunnel_keeper::show_code(const std::string& code, std::chrono::seconds valid_for)
{
    report_.now = relay_phase::pairing;
    report_.code = code;
    report_.code_until = clock::now() + valid_for;
    spdlog::info("pairing {}", pairing_words(code, valid_for));
}

void tunnel_keeper::hide_code()
{
    report_.code.reset();
    report_.code_until.reset();
}

transport::task<transport::result<void>> tunnel_keeper::keep_pin(access::relay_pin pin)
{
    co_return co_await pin_.keep(pin);
}

} // namespace layerline::agent
