#include "workshop/service/job_events.hpp"

#include <boost/asio/buffer.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace layerline::workshop {

namespace net = transport::net;
using nlohmann::json;
using transport::clock;
using transport::task;

namespace {

constexpr std::chrono::milliseconds between_looks{200};
constexpr std::chrono::seconds between_signs{15}; // of life, so that nothing on the way gives up

} // namespace

task<void> send_job_events(transport::exchange& call, job_queue& queue, job_runner& runner, job_record job,
                           job_teller tell)
{
    transport::response_head head;
    head.headers.set("content-type", "text/event-stream");
    head.headers.set("cache-control", "no-store");
    const auto begun = co_await call.respond(std::move(head));
    if (!begun) co_return;
    std::string told;
    auto last = clock::now();
    std::uint64_t seen = 0; // what was looked at may be older than any change
    for (;;) {
        auto now = tell(job, runner.progress(job.id)).dump(-1, ' ', false, json::error_handler_t::replace);
        std::string part;
        if (now != told)
            part = "event: state\ndata: " + now + "\n\n";
        else if (clock::now() - last >= between_signs)
            part = ":\n\n";
        if (!part.empty()) {
            told = std::move(now);
            last = clock::now();
            const auto written = co_await call.write(net::buffer(part));
            if (!written) co_return;
        }
        if (is_over(job.state)) break;
        co_await runner.change_after(job.id, seen, between_looks);
        seen = runner.changes();
        auto next = co_await queue.find(job.id);
        if (next.has_error() || !*next) co_return;
        job = **std::move(next);
    }
    (void)co_await call.finish();
}

} // namespace layerline::workshop
