// The past jobs of a printer whose host keeps none: made out of its states, and kept as text. Pure.
#pragma once

#include "printer/printer_facts.hpp"
#include "printer/printer_state.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::agent {

class job_history {
public:
    static constexpr std::size_t most_jobs = 500; // the oldest go first

    // What the printer says now; `now_unix` is the host's clock, which may be wrong. True: a job began or
    // ended, so that the history is worth writing down.
    bool follow(const printer::printer_state& state, double now_unix);

    // The newest first; `file_exists` is left false.
    printer::job_page page(std::uint64_t first, std::size_t count) const;
    std::optional<printer::past_job> job(std::string_view id) const;
    // How large the file of that job was when it was printed, where that is known.
    std::optional<std::uint64_t> file_bytes(std::string_view id) const;

    std::string text() const;
    // None: damaged, or of another version.
    static std::optional<job_history> parse(std::string_view text);

private:
    struct kept_job {
        printer::past_job facts;
        std::optional<std::uint64_t> bytes;
    };
    void end(const char* how, const printer::printer_state* state, double now_unix);

    std::deque<kept_job> jobs_; // the newest first
    bool seen_ = false;         // since this agent began: when something ended is known only then
};

} // namespace layerline::agent
