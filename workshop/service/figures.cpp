#include "workshop/service/figures.hpp"

#include "observe/single_figures.hpp"

#include <array>
#include <string>

namespace layerline::workshop {

using observe::counter;
using observe::gauge;
using prometheus::Counter;
using prometheus::Gauge;

namespace {

constexpr std::size_t classes = 6; // "1xx" to "5xx" by their first digit

} // namespace

struct figures::families {
    explicit families(prometheus::Registry& into)
        : requests(prometheus::BuildCounter()
                       .Name("layerline_workshop_requests_total")
                       .Help("Requests by the class of their answer.")
                       .Register(into)),
          unanswered(requests.Add({{"status", "none"}})),
          received(counter(into, "layerline_workshop_received_bytes_total", "Bytes of requests' bodies.")),
          sent(counter(into, "layerline_workshop_sent_bytes_total", "Bytes of answers' bodies.")),
          running(gauge(into, "layerline_workshop_running", "Operations whose processes run.")),
          succeeded(
              gauge(into, "layerline_workshop_succeeded", "Operations that succeeded since the start.")),
          failed(gauge(into, "layerline_workshop_failed", "Operations that failed since the start.")),
          died(gauge(into, "layerline_workshop_died",
                     "Processes that ended without an answer and whose operation was tried again.")),
          connections(gauge(into, "layerline_workshop_connections", "Connections of callers."))
    {
        for (std::size_t at = 1; at < classes; ++at)
            by_class.at(at) = &requests.Add({{"status", std::to_string(at) + "xx"}});
    }

    prometheus::Family<Counter>& requests;
    Counter& unanswered;
    Counter& received;
    Counter& sent;
    Gauge& running;
    Gauge& succeeded;
    Gauge& failed;
    Gauge& died;
    Gauge& connections;
    std::array<Counter*, classes> by_class{};
};

figures::figures()
    : registry_(std::make_shared<prometheus::Registry>()), all_(std::make_unique<families>(*registry_))
{
}

figures::~figures() = default;

void figures::answered(unsigned status, std::uint64_t bytes_in, std::uint64_t bytes_out)
{
    const auto at = status / 100;
    auto* const counted = at >= 1 && at < classes ? all_->by_class.at(at) : &all_->unanswered;
    counted->Increment();
    all_->received.Increment(static_cast<double>(bytes_in));
    all_->sent.Increment(static_cast<double>(bytes_out));
}

void figures::now(const runner_counts& jobs, std::size_t connections)
{
    all_->running.Set(static_cast<double>(jobs.running));
    all_->succeeded.Set(static_cast<double>(jobs.succeeded));
    all_->failed.Set(static_cast<double>(jobs.failed));
    all_->died.Set(static_cast<double>(jobs.again));
    all_->connections.Set(static_cast<double>(connections));
}

} // namespace layerline::workshop
