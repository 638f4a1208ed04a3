// layerline-bench-lateness: sleeps one millisecond, again and again, and tells how late it woke: what a print
// program beside us would feel. One JSON object on standard output; microseconds.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <vector>

namespace layerline::bench {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000, sleep_ns = 1'000'000;

std::int64_t now_ns()
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * second_ns + now.tv_nsec;
}

// How much later than asked it woke.
std::int64_t sleep_once()
{
    const auto until = now_ns() + sleep_ns;
    timespec at{};
    at.tv_sec = until / second_ns;
    at.tv_nsec = until % second_ns;
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
    return now_ns() - until;
}

int run_program(int argc, char** argv)
{
    double seconds = 10;
    CLI::App app("Sleeps 1 ms until the time is over, and tells how late it woke.");
    app.add_option("--seconds", seconds)->check(CLI::Range(0.1, 86400.0));
    CLI11_PARSE(app, argc, argv);

    std::vector<std::int64_t> late;
    late.reserve(static_cast<std::size_t>(seconds * 1000));
    for (const auto end = now_ns() + static_cast<std::int64_t>(seconds * 1e9); now_ns() < end;)
        late.push_back(sleep_once());
    std::sort(late.begin(), late.end());
    const auto share = [&](double part) {
        const auto at = static_cast<std::size_t>(part * static_cast<double>(late.size()));
        return static_cast<double>(late[std::min(at, late.size() - 1)]) / 1000;
    };
    std::printf("{\"sleeps\":%zu,\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"most\":%.1f}\n", late.size(),
                share(0.5), share(0.99), share(0.999), static_cast<double>(late.back()) / 1000);
    return 0;
}

} // namespace

} // namespace layerline::bench

int main(int argc, char** argv)
{
    return layerline::bench::run_program(argc, argv);
}
