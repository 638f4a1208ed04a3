// The numbered lines: which were sent, which the firmware accepted, and those kept for a resend. Pure
// counting. The lines' memory is taken when the ledger is made, and used again from line to line.
#pragma once

#include "printer/serial/kept_ring.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace layerline::printer::serial {

enum class line_kind : std::uint8_t { host, setup, poll, probe };

struct numbered_line {
    std::uint64_t number = 0;
    std::string frame;
    line_kind kind = line_kind::host;
    std::uint64_t tag = 0;
    bool asks_temperature = false;                     // M105: its ok carries T:, which tells it from others
    std::optional<std::chrono::milliseconds> blocking; // how long it may keep the firmware without a word
};

// Numbers run from 1. accepted() < sent() <= next(): lines up to accepted() are acknowledged, those below
// sent() are on the wire, those below next() have a number and wait.
class line_ledger {
public:
    // Keeps so many lines, of up to so many bytes each with number and checksum; a longer one allocates.
    line_ledger(std::size_t keep, std::size_t longest) : lines_(keep + most_ahead), keep_(keep)
    {
        lines_.each_place([&](numbered_line& line) { line.frame.reserve(longest); });
    }

    void restart();
    // Counts on behind a line that somebody else sent.
    void restart_after(std::uint64_t accepted);
    void append(line_kind kind, std::string_view command, std::uint64_t tag);
    const numbered_line* unsent() const; // the next to go out, or null
    void mark_sent() { ++sent_; }

    std::uint64_t next() const { return next_; }
    std::uint64_t sent() const { return sent_; }
    std::uint64_t accepted() const { return accepted_; }
    std::uint64_t lines_in_flight() const { return sent_ - 1 - accepted_; }
    std::size_t bytes_in_flight() const;
    // The oldest line on the wire, or null.
    const numbered_line* head() const { return find_in_flight(accepted_ + 1); }
    const numbered_line* find_in_flight(std::uint64_t number) const;
    // The oldest M105 on the wire, or null.
    const numbered_line* temperature_question() const;
    // Only our own polls and probes are on the wire.
    bool only_questions_in_flight() const;
    std::size_t host_lines_pending() const;
    // The longest that a line on the wire may block.
    std::optional<std::chrono::milliseconds> blocking_in_flight() const;

    // Accepts all up to `number`, which is in flight. Calls each(line) for host lines that were never told
    // yet.
    template <class Each>
    void accept(std::uint64_t number, Each&& each)
    {
        while (accepted_ < number) {
            const auto& line = at(++accepted_);
            if (accepted_ <= told_) continue;
            told_ = accepted_;
            if (line.kind == line_kind::host) each(line);
        }
        forget_old();
    }

    bool keeps(std::uint64_t number) const { return number >= next_ - lines_.size() && number < next_; }
    // Back to `number`, which is kept: it is the next to go out.
    void rewind(std::uint64_t number);
    // On to `number`, which has a number already or is next(): all before it is accepted.
    template <class Each>
    void skip_to(std::uint64_t number, Each&& each)
    {
        sent_ = number;
        accept(number - 1, each);
    }

private:
    const numbered_line& at(std::uint64_t number) const { return lines_[number - (next_ - lines_.size())]; }
    void forget_old();

    static constexpr std::size_t most_ahead = 32; // not accepted yet, so that they cannot be forgotten
    kept_ring<numbered_line> lines_;
    std::size_t keep_;
    std::uint64_t next_ = 1, sent_ = 1, accepted_ = 0;
    std::uint64_t told_ = 0; // after a rewind, acceptance is not told twice
};

} // namespace layerline::printer::serial
