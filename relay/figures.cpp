#include "relay/figures.hpp"

#include "observe/single_figures.hpp"
#include "relay/relay_error.hpp"

#include <prometheus/histogram.h>

#include <array>
#include <string>

namespace layerline::relay {

namespace {

using observe::counter;
using observe::gauge;
using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Registry;

// Seconds: from an answer out of kept state on a LAN to the relay's own patience.
prometheus::Histogram::BucketBoundaries answer_times()
{
    return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

constexpr std::size_t first_class = 1, last_class = 5; // "1xx" to "5xx"
constexpr std::size_t first_own = 600, own_codes = 14; // 600 to 613

} // namespace

struct figures::families {
    explicit families(Registry& into)
        : requests(
              prometheus::BuildCounter()
                  .Name("layerline_relay_requests_total")
                  .Help("Requests by how they were answered: a class of HTTP, or the relay's own 6xx code.")
                  .Register(into)),
          limits(prometheus::BuildCounter()
                     .Name("layerline_relay_limited_total")
                     .Help("Requests that were answered 429, by the limit.")
                     .Register(into)),
          unanswered(requests.Add({{"status", "none"}})), by_requests(limits.Add({{"limit", "requests"}})),
          by_streams(limits.Add({{"limit", "streams"}})), by_guesses(limits.Add({{"limit", "guesses"}})),
          received(counter(into, "layerline_relay_received_bytes_total", "Bytes of requests' bodies.")),
          sent(counter(into, "layerline_relay_sent_bytes_total", "Bytes of answers' bodies.")),
          came(counter(into, "layerline_relay_tunnels_total", "Tunnels that began.")),
          came_again(counter(into, "layerline_relay_reconnects_total",
                             "Tunnels of agents that had been here since the relay started.")),
          refused(counter(into, "layerline_relay_handshakes_failed_total", "Agents that did not get in.")),
          displaced(counter(into, "layerline_relay_takeovers_total",
                            "Tunnels that a newer one of the same agent took the place of.")),
          tunnels(gauge(into, "layerline_relay_tunnels", "Agents that are connected.")),
          waiting(gauge(into, "layerline_relay_waiting_agents", "Agents that wait to be claimed.")),
          connections(gauge(into, "layerline_relay_connections", "Connections of callers and agents.")),
          streams(gauge(into, "layerline_relay_streams", "Requests under way to agents.")),
          answers(prometheus::BuildHistogram()
                      .Name("layerline_relay_agent_seconds")
                      .Help("Time until an agent's answer began.")
                      .Register(into)
                      .Add({}, answer_times()))
    {
        for (auto at = first_class; at <= last_class; ++at)
            classes.at(at) = &requests.Add({{"status", std::to_string(at) + "xx"}});
        for (std::size_t at = 0; at < own_codes; ++at)
            if (row_of(static_cast<relay_errc>(first_own + at)).sent)
                own.at(at) = &requests.Add({{"status", std::to_string(first_own + at)}});
    }

    prometheus::Family<Counter>& requests;
    prometheus::Family<Counter>& limits;
    Counter& unanswered;
    Counter& by_requests;
    Counter& by_streams;
    Counter& by_guesses;
    Counter& received;
    Counter& sent;
    Counter& came;
    Counter& came_again;
    Counter& refused;
    Counter& displaced;
    Gauge& tunnels;
    Gauge& waiting;
    Gauge& connections;
    Gauge& streams;
    prometheus::Histogram& answers;
    std::array<Counter*, last_class + 1> classes{};
    std::array<Counter*, own_codes> own{};
};

figures::figures() : registry_(std::make_shared<Registry>()), all_(std::make_unique<families>(*registry_)) {}

figures::~figures() = default;

void figures::answered(unsigned status, std::uint64_t bytes_in, std::uint64_t bytes_out)
{
    auto* counted = &all_->unanswered;
    if (status >= first_own && status < first_own + own_codes && all_->own.at(status - first_own) != nullptr)
        counted = all_->own.at(status - first_own);
    else if (status / 100 >= first_class && status / 100 <= last_class)
        counted = all_->classes.at(status / 100);
    counted->Increment();
    if (bytes_in != 0) all_->received.Increment(static_cast<double>(bytes_in));
    if (bytes_out != 0) all_->sent.Increment(static_cast<double>(bytes_out));
}

void figures::agent_answered(std::chrono::steady_clock::duration after)
{
    all_->answers.Observe(std::chrono::duration<double>(after).count());
}

void figures::limited(limit by)
{
    (by == limit::requests  ? all_->by_requests
     : by == limit::streams ? all_->by_streams
                            : all_->by_guesses)
        .Increment();
}

void figures::agent_came(bool again)
{
    all_->came.Increment();
    if (again) all_->came_again.Increment();
}

void figures::handshake_failed()
{
    all_->refused.Increment();
}

void figures::agent_displaced()
{
    all_->displaced.Increment();
}

void figures::now(std::size_t tunnels, std::size_t waiting_agents, std::size_t connections,
                  std::size_t streams)
{
    all_->tunnels.Set(static_cast<double>(tunnels));
    all_->waiting.Set(static_cast<double>(waiting_agents));
    all_->connections.Set(static_cast<double>(connections));
    all_->streams.Set(static_cast<double>(streams));
}

} // namespace layerline::relay
