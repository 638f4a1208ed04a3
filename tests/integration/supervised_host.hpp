// A print host under its own supervisor, the virtual printer behind it, and what either says of a print.
#pragma once

#include "rig.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include <poll.h>

namespace layerline::tests {

using nlohmann::json;

// Some of 3 mm each, 30 ms at the speed of a real print.
inline std::string steady_job(int lines)
{
    std::string gcode = "G28\nG90\nM83\nG1 Z0.2 F3000\n";
    for (int i = 0; i < lines; ++i) { // to and fro
        const int row = i / 40, column = row % 2 == 0 ? i % 40 : 39 - i % 40;
        gcode += "G1 X" + std::to_string(20 + 3 * column) + " Y" + std::to_string(20 + 3 * (row % 40)) +
                 " E0." + std::to_string(i % 7) + " F6000\n";
    }
    return gcode;
}

// A print host under its own supervisor, with nothing above it.
struct supervised_host {
    rig at;
    std::string job;

    explicit supervised_host(std::vector<std::string> printer = {}, const std::string& speed = "1")
        : at({.printer = std::move(printer), .host = {"--supervise"}, .speed = speed})
    {
        at.start_printer();
        at.start_host();
    }
    // The supervisor ends its print host before itself.
    ~supervised_host()
    {
        if (!at.host || !at.host->running()) return;
        at.host->signal(SIGCONT);
        at.host->signal(SIGTERM);
        for (int tenths = 0; at.host->running() && tenths < 150; ++tenths)
            (void)::poll(nullptr, 0, 100);
    }
    supervised_host(const supervised_host&) = delete;
    supervised_host& operator=(const supervised_host&) = delete;
    finished ctl(std::vector<std::string> words) const
    {
        words.insert(words.begin(), {program_path("layerline-printhost").string(), "ctl", "--socket",
                                     at.path("host.sock").string(), "--json"});
        return run(std::move(words));
    }
    json state() const
    {
        const auto told = ctl({"status"});
        return told.exit_code == 0 ? json::parse(told.output, nullptr, false) : json();
    }
    bool is(const std::string& phase) const
    {
        const auto now = state();
        return now.is_object() && now["now"] == phase;
    }
    void print(std::string gcode)
    {
        job = std::move(gcode);
        at.put_file("job.gcode", job);
        REQUIRE(at.becomes([&] { return is("idle") || is("finished"); }));
        const auto started = ctl({"start", "job.gcode", "--bed-clear"});
        INFO(started.output);
        REQUIRE(started.exit_code == 0);
    }
    // The print host itself; 0 while there is none.
    pid_t child() const
    {
        const auto pid = std::to_string(at.host->pid());
        std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
        pid_t found = 0;
        children >> found;
        return found;
    }
    // Killed, and followed by another.
    void kill_child() const
    {
        const pid_t old = child();
        REQUIRE(old > 0);
        REQUIRE(::kill(old, SIGKILL) == 0);
        REQUIRE(at.becomes([&] {
            const pid_t now = child();
            return now > 0 && now != old;
        }));
    }
    // Dead, and not followed before start_successor().
    void kill_and_hold() const
    {
        at.host->signal(SIGSTOP);
        const pid_t old = child();
        REQUIRE(::kill(old, SIGKILL) == 0);
    }
    void start_successor() const { at.host->signal(SIGCONT); }

    void check_whole() const
    {
        (void)at.report();
        std::ofstream(at.path("wanted.gcode"), std::ios::binary) << job;
        const auto compared = run({"python3", LAYERLINE_PACKAGING_DIR "/check-report.py",
                                   at.path("wanted.gcode").string(), at.path("report.json").string()});
        INFO(compared.output << at.host->log());
        CHECK(compared.exit_code == 0);
    }
    void wait_for_moves(int count) const
    {
        REQUIRE(at.becomes([&] { return at.report()["executed_count"].get<int>() >= count; }, seconds(120)));
    }
};

} // namespace layerline::tests
