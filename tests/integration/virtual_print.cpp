#include "virtual_print.hpp"

#include "printer/virtual/firmware.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace layerline::tests {

namespace {

using namespace printer::virtual_printer;
using namespace std::chrono_literals;

constexpr std::size_t most_complaints = 20;
constexpr auto longest_wait = 30min; // for the ok of one line: a bed that heats
constexpr auto step = 250ms;         // where the firmware itself waits for nothing

class board {
public:
    explicit board(virtual_print& told) : told_(told), firmware_(settings(), now_, [](auto, auto) {})
    {
        now_ += 1s; // it boots
        (void)firmware_.take_output(now_);
    }
    // False: no ok comes any more.
    bool send(const std::string& line)
    {
        firmware_.receive(line + "\n", now_);
        const auto until = now_ + longest_wait;
        while (now_ < until) {
            const auto due = firmware_.next_wakeup();
            now_ = std::max(now_, due ? std::min(*due, now_ + step) : now_ + step);
            firmware_.advance(now_);
            if (acknowledged(firmware_.take_output(now_))) return true;
        }
        return false;
    }
    firmware_status status() const { return firmware_.status(now_); }
    double seconds() const { return std::chrono::duration<double>(now_ - time_point()).count(); }

private:
    static firmware_settings settings()
    {
        firmware_settings all;
        all.baud = 0;
        all.boot_time = 1ms;
        all.auto_report = false;
        return all;
    }
    bool acknowledged(const std::string& output)
    {
        partial_ += output;
        bool done = false;
        for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n')) {
            const std::string line = partial_.substr(0, end);
            partial_.erase(0, end + 1);
            done = done || line.starts_with("ok");
            const bool complains = line.find("Error") != std::string::npos ||
                                   line.find("Unknown") != std::string::npos ||
                                   line.find("cold") != std::string::npos;
            if (complains && told_.complaints.size() < most_complaints) told_.complaints.push_back(line);
        }
        return done;
    }

    virtual_print& told_;
    time_point now_{};
    firmware firmware_;
    std::string partial_;
};

} // namespace

virtual_print print_virtually(const std::string& gcode)
{
    virtual_print told;
    board at(told);
    std::istringstream in(gcode);
    for (std::string line; told.ended_with.empty() && std::getline(in, line);) {
        line.erase(std::min(line.find(';'), line.size()));
        line.erase(line.find_last_not_of(" \r\t") + 1);
        if (line.empty()) continue;
        ++told.lines;
        if (!at.send(line)) told.ended_with = "no ok for line " + std::to_string(told.lines) + ": " + line;
    }
    const auto status = at.status();
    if (status.killed) told.ended_with = status.kill_reason;
    told.unknown_commands = status.unknown_commands;
    told.cold_extrusions = status.cold_extrusions;
    told.filament_mm = status.path.filament;
    told.seconds = at.seconds();
    return told;
}

} // namespace layerline::tests
