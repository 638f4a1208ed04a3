// The jobs that wait for the printer, in their order, and what became of the one that was started from here.
// Pure: whoever holds it keeps it on the disk and talks to the printer.
#pragma once

#include "commands/reply.hpp"
#include "printer/printer_state.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::commands {

inline constexpr std::size_t max_queue = 100;

struct queue_entry {
    std::string id; // "q-" and a number, never used again
    std::string path;
    std::string added_by; // a token's or a relay's name for who added it
    std::int64_t added_unix = 0;
    bool operator==(const queue_entry&) const = default;
};

// The entry that was taken out of the queue to be printed.
struct queue_current {
    queue_entry what;
    std::string job;    // its id at the printer; empty: not known yet
    std::string before; // the id of the job that the printer knew before; empty: none
    std::string key;    // the idempotency key that it was started with; empty: none
    bool operator==(const queue_current&) const = default;
};

class print_queue {
public:
    const std::vector<queue_entry>& waiting() const { return waiting_; }
    const std::optional<queue_current>& current() const { return current_; }
    bool paused() const { return paused_; }
    // Why nothing is started until a person resumes the queue; empty: nothing holds it.
    const std::string& held() const { return held_; }
    // Grows with each change.
    std::uint64_t revision() const { return revision_; }
    // Whether a file that waits, or is being printed from here, is `path` or in that folder.
    bool holds(std::string_view path) const;

    // Positions count from 0; past the end is the end. Failures: 409 (full), 404 (no such entry).
    outcome<queue_entry> add(std::string path, std::string by, std::int64_t now_unix,
                             std::optional<std::size_t> position);
    outcome<queue_entry> remove(std::string_view id);
    outcome<queue_entry> move(std::string_view id, std::size_t position);
    void pause();
    void resume(); // and lets go of what held it

    // Takes the first entry out to be started: it is the current one from now on. 786: paused, held, empty,
    // or there is a current one.
    outcome<queue_entry> begin(const printer::printer_state& now, std::string key);
    // The current one's start was accepted; `job` may be empty.
    void began(std::string job);
    // It was not accepted: it waits again, first.
    void take_back();
    // Nobody knows whether it was; that holds the queue until the printer tells.
    void in_doubt();

    // What the printer's state says of the current job. A job that failed, was cancelled, or ended unseen
    // holds the queue; so does another job that fails while something waits. True: something changed.
    bool follow(const printer::printer_state& now);

    std::string text() const;
    // None: damaged, or of another version.
    static std::optional<print_queue> parse(std::string_view text);

private:
    std::vector<queue_entry>::iterator find(std::string_view id);
    bool follow_current(const printer::printer_state& now);
    void hold(std::string why);

    std::vector<queue_entry> waiting_;
    std::optional<queue_current> current_;
    bool paused_ = false;
    bool doubtful_ = false; // held_ says that a start's end was not seen
    std::string held_;
    std::uint64_t last_id_ = 0, revision_ = 1;
    bool starting_ = false; // between begin() and what ends it; not kept
    std::string running_;   // the id of a job that was seen under way; not kept
};

} // namespace layerline::commands
