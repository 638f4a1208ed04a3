// A virtual printer's board under a clock that the test moves: nothing sleeps.
#pragma once

#include "printer/virtual/firmware.hpp"
#include "printer/virtual/line_intake.hpp"

#include <catch2/catch.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace layerline::printer::virtual_printer::test {

using namespace std::chrono_literals;

inline std::string numbered(long number, const std::string& text)
{
    const auto body = "N" + std::to_string(number) + " " + text;
    return body + "*" + std::to_string(checksum(body)) + "\n";
}

// Settings of a board that answers plainly, as most transcripts show it.
inline firmware_settings plain()
{
    firmware_settings settings;
    settings.advanced_ok = false;
    settings.boot_time = 1ms;
    return settings;
}

inline std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

class board {
public:
    explicit board(const firmware_settings& settings)
        : firmware_(settings, now_, [this](std::string_view text, auto number) {
              executed.emplace_back(text);
              executed_numbers.push_back(number);
          })
    {
        run(1s);
    }

    // Sends and lets time pass; everything that was said until then, line by line.
    std::vector<std::string> exchange(const std::string& bytes, nanoseconds time = 100ms)
    {
        send(bytes);
        return run(time);
    }
    void send(const std::string& bytes) { firmware_.receive(bytes, now_); }
    std::vector<std::string> run(nanoseconds time)
    {
        now_ += time;
        partial_ += firmware_.take_output(now_);
        const auto whole = partial_.rfind('\n') + 1; // 0 when there is none
        const auto lines = lines_of(partial_.substr(0, whole));
        partial_.erase(0, whole);
        return lines;
    }
    // Runs until a line begins with `start`; false when that takes longer than `limit`.
    bool run_until(const std::string& start, nanoseconds limit)
    {
        for (const auto end = now_ + limit; now_ < end;) {
            for (auto& line : run(10ms)) {
                heard.push_back(line);
                if (line.rfind(start, 0) == 0) return true;
            }
        }
        return false;
    }
    firmware_status status() { return firmware_.status(now_); }
    firmware& get() { return firmware_; }
    time_point now() const { return now_; }

    std::vector<std::string> executed;
    std::vector<std::optional<std::int64_t>> executed_numbers;
    std::vector<std::string> heard; // by run_until()

private:
    time_point now_{1h};
    std::string partial_; // a line that is not all there yet
    firmware firmware_;
};

using strings = std::vector<std::string>;

} // namespace layerline::printer::virtual_printer::test
