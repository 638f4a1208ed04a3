// layerline-bench-wire-faults: millions of lines through the protocol machine to the virtual firmware over a
// wire with every fault, in virtual time: what was lost, what was doubled, and how long the printer had to
// wait.
#include "tests/printer/long_print.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

namespace layerline::bench {

namespace {

using tests::long_print_outcome;
using tests::long_print_settings;

long_print_outcome sum_of(const std::vector<long_print_outcome>& parts)
{
    long_print_outcome all;
    for (const auto& part : parts) {
        all.executed += part.executed;
        all.lost += part.lost;
        all.doubled += part.doubled;
        all.strange += part.strange;
        all.faults += part.faults;
        all.resends += part.resends;
        all.probes += part.probes;
        all.took += part.took;
        all.longest_stall = std::max(all.longest_stall, part.longest_stall);
        for (std::size_t step = 0; step < all.stalls.size(); ++step)
            all.stalls[step] += part.stalls[step];
        if (all.ended.empty()) all.ended = part.ended;
    }
    return all;
}

void tell(const char* name, const long_print_outcome& all)
{
    using seconds = std::chrono::duration<double>;
    std::printf(
        "%s: %llu lines, %llu faults, %llu lost, %llu doubled, %llu strange; longest wait for a line %.3f s "
        "(over 0.25 s %llu, over 0.5 s %llu, over 1 s %llu, over 2 s %llu); %llu resends, %llu probes, "
        "%.1f h of virtual time%s%s\n",
        name, static_cast<unsigned long long>(all.executed), static_cast<unsigned long long>(all.faults),
        static_cast<unsigned long long>(all.lost), static_cast<unsigned long long>(all.doubled),
        static_cast<unsigned long long>(all.strange), seconds(all.longest_stall).count(),
        static_cast<unsigned long long>(all.stalls[0]), static_cast<unsigned long long>(all.stalls[1]),
        static_cast<unsigned long long>(all.stalls[2]), static_cast<unsigned long long>(all.stalls[3]),
        static_cast<unsigned long long>(all.resends), static_cast<unsigned long long>(all.probes),
        seconds(all.took).count() / 3600, all.ended.empty() ? "" : "; ended: ", all.ended.c_str());
    std::fflush(stdout);
}

int run_program(int argc, char** argv)
{
    long_print_settings settings;
    settings.lines = 10'000'000;
    std::uint64_t a_print = 1'000'000;
    unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
    CLI::App app("Prints over a wire with every fault, in virtual time. Exit code 0: nothing lost, nothing "
                 "doubled, no "
                 "wait of over 2 s.");
    app.add_option("--lines", settings.lines, "in all")->capture_default_str();
    app.add_option("--print", a_print, "lines of one print")->capture_default_str();
    app.add_option("--chance", settings.chance, "of each fault, for each line")->capture_default_str();
    app.add_option("--window", settings.window_lines, "lines under way at most")->capture_default_str();
    app.add_option("--seed", settings.seed, "of the first print")->capture_default_str();
    app.add_option("--jobs", jobs, "prints at a time")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    a_print = std::clamp<std::uint64_t>(a_print, 1, 40'000'000);

    bool fine = true;
    std::vector<long_print_outcome> ended;
    std::uint64_t left = settings.lines;
    std::uint64_t number = 0;
    while (left > 0) {
        std::vector<long_print_settings> wanted;
        for (; wanted.size() < std::max(1U, jobs) && left > 0; ++number) {
            auto one = settings;
            one.seed += number;
            one.lines = std::min(left, a_print);
            one.advanced_ok = number % 2 == 1; // every other print on firmware that tells each line's number
            left -= one.lines;
            wanted.push_back(one);
        }
        std::vector<long_print_outcome> outcomes(wanted.size());
        std::vector<std::thread> threads;
        for (std::size_t at = 0; at < wanted.size(); ++at)
            threads.emplace_back([&outcomes, &wanted, at] { outcomes[at] = tests::print_long(wanted[at]); });
        for (auto& thread : threads)
            thread.join();
        for (std::size_t at = 0; at < wanted.size(); ++at) {
            const auto name = "seed " + std::to_string(wanted[at].seed) +
                              (wanted[at].advanced_ok ? ", ok with line number" : ", plain ok");
            tell(name.c_str(), outcomes[at]);
            ended.push_back(outcomes[at]);
        }
    }
    const auto all = sum_of(ended);
    fine = all.ended.empty() && all.lost + all.doubled + all.strange + all.stalls.back() == 0 &&
           all.executed == settings.lines;
    tell("all", all);
    return fine ? 0 : 1;
}

} // namespace

} // namespace layerline::bench

int main(int argc, char** argv)
{
    return layerline::bench::run_program(argc, argv);
}
