// A Marlin in miniature for tests, in virtual milliseconds: a paced wire, a receive buffer, a command queue,
// a planner, line numbers with all their consequences, and seeded faults. It keeps what it executed.
#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layerline::tests {

struct model_settings {
    bool advanced_ok = false, busy = true, autoreport = true, emergency_parser = true;
    double move_ms = 5;         // each G1
    double bytes_per_ms = 11.5; // 115200 baud
    std::size_t receive_buffer = 128, queue = 4, planner = 16;
    double drop_ok = 0, corrupt = 0, lose_line = 0, silent_resend = 0, double_ok = 0; // chances
    std::size_t lose_ok = 0; // the n-th ok from the start is lost; 0: none
    unsigned seed = 1;
};

class firmware_model {
public:
    explicit firmware_model(model_settings settings) : settings_(settings), random_(settings.seed) {}

    void host_writes(std::string_view bytes);
    // One millisecond passes; what it said is appended to said().
    void step();
    std::string take_said() { return std::exchange(said_, std::string()); }
    // As after the reset button.
    void reset(bool say_start = true);

    // Every G1, G28, G4 and M117 in the order of execution, without number and checksum.
    const std::vector<std::string>& executed() const { return executed_; }
    std::size_t overflows() const { return overflows_; } // bytes lost in the receive buffer
    std::size_t oks_dropped() const { return oks_dropped_; }
    std::size_t oks() const { return oks_; } // said or dropped
    std::size_t faults() const { return faults_; }
    bool idle() const { return queue_.empty() && wire_.empty() && received_.empty() && planner_ms_.empty(); }

private:
    bool chance(double p) { return p > 0 && std::uniform_real_distribution<>(0, 1)(random_) < p; }
    void say(std::string_view line) { said_.append(line).push_back('\n'); }
    void ok(std::string_view line, std::string_view extra = {});
    void read_lines();
    void take_line(std::string line);
    void line_fault(std::string_view text);
    bool execute(const std::string& line); // false: not finished yet
    std::string temperatures() const;

    model_settings settings_;
    std::mt19937 random_;
    std::string host_line_; // being written by the host
    std::deque<char> wire_;
    double wire_credit_ = 0;
    std::string received_;
    std::deque<std::string> queue_;
    std::deque<double> planner_ms_;
    long last_number_ = 0;
    double block_ms_ = -1; // of the command at the front of the queue, where it takes time
    int busy_ms_ = 0, keepalive_ms_ = 2000, report_ms_ = 0, report_every_ms_ = 0;
    bool dead_ = false, break_wait_ = false;
    std::string said_;
    std::vector<std::string> executed_;
    std::size_t overflows_ = 0, oks_dropped_ = 0, oks_ = 0, faults_ = 0;
};

} // namespace layerline::tests
