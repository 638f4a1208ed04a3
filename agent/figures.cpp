#include "agent/figures.hpp"

#include "observe/single_figures.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string>
#include <utility>

namespace layerline::agent {

namespace {

using observe::counter;
using observe::gauge;
using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Registry;

constexpr std::size_t most_statuses = 64; // the API has some thirty; beyond that something is amiss
constexpr std::size_t most_heaters = 16;
constexpr std::array phases{printer::phase::offline,   printer::phase::connecting, printer::phase::idle,
                            printer::phase::printing,  printer::phase::pausing,    printer::phase::paused,
                            printer::phase::resuming,  printer::phase::cancelling, printer::phase::finished,
                            printer::phase::cancelled, printer::phase::error};

} // namespace

struct figures::families {
    explicit families(Registry& into)
        : requests(prometheus::BuildCounter()
                       .Name("layerline_agent_requests_total")
                       .Help("Requests by the edge they came by and the Status they got.")
                       .Register(into)),
          phase(prometheus::BuildGauge()
                    .Name("layerline_agent_printer_state")
                    .Help("1 for the state that the printer is in, 0 for the others.")
                    .Register(into)),
          temperature(prometheus::BuildGauge()
                          .Name("layerline_agent_temperature_celsius")
                          .Help("Heaters: what is measured, and what is aimed at; NaN while it is unknown.")
                          .Register(into)),
          received(counter(into, "layerline_agent_received_bytes_total", "Bytes of requests' bodies.")),
          sent(counter(into, "layerline_agent_sent_bytes_total", "Bytes of answers' bodies.")),
          limited(counter(into, "layerline_agent_limited_total", "Requests that were answered 429.")),
          store_failures(counter(into, "layerline_agent_store_failures_total",
                                 "Requests that failed because the tokens could not be read.")),
          tunnels(counter(into, "layerline_agent_tunnels_total", "Tunnels to the relay that began.")),
          reconnects(counter(into, "layerline_agent_reconnects_total",
                             "Tunnels to the relay that began after the first one.")),
          tunnel_up(gauge(into, "layerline_agent_tunnel_up", "1 while there is a tunnel to the relay.")),
          connections(gauge(into, "layerline_agent_lan_connections", "Connections of the local network.")),
          viewers(gauge(into, "layerline_agent_camera_viewers", "Viewers of cameras' streams.")),
          streams(gauge(into, "layerline_agent_camera_streams",
                        "Connections to cameras that viewers look through.")),
          progress(gauge(into, "layerline_agent_job_progress_ratio",
                         "Of the current or last job, 0 to 1; NaN while it is unknown.")),
          underruns(gauge(into, "layerline_agent_job_underruns",
                          "Times that the printer waited for a line of the current or last job.")),
          acks(prometheus::BuildGauge()
                   .Name("layerline_agent_ack_seconds")
                   .Help("How long lines of the current or last job waited for the printer's ok; NaN while "
                         "it is "
                         "unknown.")
                   .Register(into)),
          ack_p50(acks.Add({{"quantile", "0.5"}})), ack_p95(acks.Add({{"quantile", "0.95"}}))
    {
        for (const auto each : phases)
            by_phase.emplace_back(each, &phase.Add({{"state", std::string(printer::name_of(each))}}));
    }

    Counter& counted(transport::edge via, unsigned status)
    {
        const auto key = std::pair(via, status);
        const auto found = by_status.find(key);
        if (found != by_status.end()) return *found->second;
        const std::string edge = via == transport::edge::tunnel ? "tunnel" : "lan";
        std::string name = status == 0 ? "none" : std::to_string(status);
        if (by_status.size() >= most_statuses) name = "other";
        auto& fresh = requests.Add({{"via", edge}, {"status", name}});
        if (name != "other") by_status.emplace(key, &fresh);
        return fresh;
    }

    prometheus::Family<Counter>& requests;
    prometheus::Family<Gauge>& phase;
    prometheus::Family<Gauge>& temperature;
    Counter& received;
    Counter& sent;
    Counter& limited;
    Counter& store_failures;
    Counter& tunnels;
    Counter& reconnects;
    Gauge& tunnel_up;
    Gauge& connections;
    Gauge& viewers;
    Gauge& streams;
    Gauge& progress;
    Gauge& underruns;
    prometheus::Family<Gauge>& acks;
    Gauge &ack_p50, &ack_p95;
    std::map<std::pair<transport::edge, unsigned>, Counter*> by_status;
    std::vector<std::pair<printer::phase, Gauge*>> by_phase;
    std::map<std::string, std::pair<Gauge*, Gauge*>, std::less<>> by_heater; // measured, aimed at
};

figures::figures() : registry_(std::make_shared<Registry>()), all_(std::make_unique<families>(*registry_)) {}

figures::~figures() = default;

void figures::answered(transport::edge via, unsigned status, std::uint64_t bytes_in, std::uint64_t bytes_out)
{
    all_->counted(via, status).Increment();
    if (bytes_in != 0) all_->received.Increment(static_cast<double>(bytes_in));
    if (bytes_out != 0) all_->sent.Increment(static_cast<double>(bytes_out));
}

void figures::limited()
{
    all_->limited.Increment();
}

void figures::store_failed()
{
    all_->store_failures.Increment();
}

void figures::cameras(std::size_t viewers, std::size_t streams)
{
    all_->viewers.Set(static_cast<double>(viewers));
    all_->streams.Set(static_cast<double>(streams));
}

void figures::now(const printer::printer_state& printer, bool tunnel_up, std::uint64_t tunnels,
                  std::size_t lan_connections)
{
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    for (const auto& [each, told] : all_->by_phase)
        told->Set(each == printer.now ? 1 : 0);
    for (auto& [name, told] : all_->by_heater) { // one that is gone is not at its last temperature
        told.first->Set(unknown);
        told.second->Set(unknown);
    }
    for (const auto& heater : printer.heaters) {
        auto found = all_->by_heater.find(heater.name);
        if (found == all_->by_heater.end()) {
            if (all_->by_heater.size() >= most_heaters) continue;
            auto& measured = all_->temperature.Add({{"heater", heater.name}, {"value", "actual"}});
            auto& aim = all_->temperature.Add({{"heater", heater.name}, {"value", "target"}});
            found = all_->by_heater.emplace(heater.name, std::pair(&measured, &aim)).first;
        }
        found->second.first->Set(heater.actual_c.value_or(unknown));
        found->second.second->Set(heater.target_c.value_or(unknown));
    }
    all_->progress.Set(printer.job && printer.job->progress ? *printer.job->progress : unknown);
    all_->underruns.Set(printer.job ? static_cast<double>(printer.job->underruns) : 0);
    const auto seconds = [](const std::optional<double>& ms) { return ms ? *ms / 1000 : unknown; };
    all_->ack_p50.Set(printer.job ? seconds(printer.job->ack_p50_ms) : unknown);
    all_->ack_p95.Set(printer.job ? seconds(printer.job->ack_p95_ms) : unknown);
    all_->tunnel_up.Set(tunnel_up ? 1 : 0);
    const auto reconnects = static_cast<double>(tunnels == 0 ? 0 : tunnels - 1);
    all_->tunnels.Increment(static_cast<double>(tunnels) - all_->tunnels.Value());
    all_->reconnects.Increment(reconnects - all_->reconnects.Value());
    all_->connections.Set(static_cast<double>(lan_connections));
}

} // namespace layerline::agent
