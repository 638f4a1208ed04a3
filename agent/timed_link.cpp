#include "agent/timed_link.hpp"

#include "agent/routing.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace layerline::agent {

namespace net = transport::net;
using transport::clock;
using transport::task;

namespace {

constexpr std::size_t part_bytes = std::size_t{32} * 1024;
constexpr std::chrono::minutes longest_reading{20};
// Elapsed time goes back when another print begins; by less it is only told more exactly.
constexpr double another_print_s = 2;

bool prints(const printer::printer_state& state)
{
    using printer::phase;
    return state.job && state.job->elapsed_s &&
           (state.now == phase::printing || state.now == phase::paused || state.now == phase::pausing ||
            state.now == phase::resuming || state.now == phase::cancelling);
}

} // namespace

timed_link::timed_link(net::io_context& context, std::unique_ptr<printer::printer_link> inner,
                       commands::file_store& files)
    : inner_(std::move(inner)), files_(files), pause_(context)
{
}

void timed_link::follow(const printer::printer_state& state) const
{
    if (!prints(state)) {
        print_.path.clear();
        return;
    }
    const auto& job = *state.job;
    const double elapsed = job.elapsed_s.value_or(0);
    if (print_.path != job.path || elapsed + another_print_s < print_.elapsed_s)
        print_ = {job.path, print_.number + 1, 0, elapsed, std::nullopt, {}};
    if (print_.sequence == state.sequence) return;
    print_.sequence = state.sequence;
    print_.elapsed_s = elapsed;
    if (!print_.profile || !job.done_bytes) return;
    const auto& profile = *print_.profile;
    printer::print_progress known;
    known.elapsed_s = elapsed;
    known.moving_s = elapsed; // Klipper counts from the first extrusion on
    known.done_s = profile.seconds_at(*job.done_bytes);
    known.whole_s = profile.seconds;
    known.slicer_whole_s = profile.slicer_seconds;
    known.slicer_left_s = profile.slicer_left_at(*job.done_bytes);
    if (profile.bytes > 0)
        known.byte_share = static_cast<double>(*job.done_bytes) / static_cast<double>(profile.bytes);
    print_.left.update(known);
}

printer::printer_state timed_link::state() const
{
    auto state = inner_->state();
    follow(state);
    if (prints(state) && print_.left.told()) state.job->left_s = print_.left.told();
    return state;
}

task<void> timed_link::run()
{
    using namespace net::experimental::awaitable_operators; // NOLINT(google-build-using-namespace)
    auto linked = inner_->run();
    auto timed = read_files();
    co_await (std::move(linked) && std::move(timed));
}

void timed_link::stop()
{
    stopped_ = true;
    pause_.cancel();
    inner_->stop();
}

task<void> timed_link::read_files()
{
    std::uint64_t read_number = 0;
    while (!stopped_) {
        const auto state = inner_->state();
        follow(state);
        if (!print_.path.empty() && print_.number != read_number) {
            read_number = print_.number;
            std::string path = print_.path;
            auto profile = co_await read(std::move(path));
            // Another print may have begun meanwhile.
            if (profile && print_.number == read_number) {
                print_.profile = std::move(profile);
                print_.left.begin();
                print_.sequence = 0;
            }
            continue;
        }
        const auto news = co_await inner_->changed(state.sequence);
        if (!news) co_return;
    }
}

task<std::optional<gcode::time_profile>> timed_link::read(std::string path)
{
    const auto by = clock::now() + longest_reading;
    const std::string name = loggable_sentence(path);
    const auto opened = co_await files_.read(std::move(path));
    if (!opened) {
        spdlog::info("the moves of {} are not timed: {}", name, loggable_sentence(opened.error().detail));
        co_return std::nullopt;
    }
    gcode::time_profiler profiler;
    std::vector<char> part(part_bytes);
    while (!stopped_ && clock::now() < by) {
        const auto got = co_await opened->content->read_some(net::buffer(part));
        if (!got) {
            spdlog::info("the moves of {} are not timed: {}", name, got.error().message());
            co_return std::nullopt;
        }
        if (*got == 0) co_return profiler.finish();
        const auto began = clock::now();
        profiler.push({part.data(), *got});
        // As long again for others: a print starts just now.
        pause_.expires_after(clock::now() - began);
        co_await pause_.async_wait(net::as_tuple(net::use_awaitable));
    }
    co_return std::nullopt;
}

} // namespace layerline::agent
