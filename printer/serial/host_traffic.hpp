// What passes between the print host's threads: the wire, the clerk (disk) and the server (clients). None of
// it makes the wire wait for another thread.
#pragma once

#include "printer/serial/host_core.hpp"
#include "printer/serial/log_ring.hpp"
#include "printer/serial/mailbox.hpp"
#include "printer/serial/newest_value.hpp"
#include "printer/serial/print_journal.hpp"

#include <atomic>
#include <memory>
#include <mutex>

namespace layerline::printer::serial {

struct commit_done {
    std::uint64_t commit;
    printer_result<void> how;
};
struct opened_source {
    printer_result<std::shared_ptr<line_source>> source;
};
using to_wire = std::variant<host_call, commit_done, opened_source>;

struct key_release {
    std::string key;
};
struct client_call {
    std::uint64_t ticket;
    action what;
    terms how;
    std::optional<time_point> deadline;
};
// Calls with something to do on the disk first, and all that must be kept or dropped.
using to_clerk = std::variant<client_call, state_to_keep, source_to_drop, source_wanted, key_release>;

struct host_traffic {
    mailbox<to_wire> wire{256};
    mailbox<to_clerk> clerk{4096};
    log_ring log; // from the wire to the clerk
    mailbox<call_answered> server{1024};
    wake_fd lines_ready; // the reader has lines for a wire that waits for them

    // The newest state, for the server; of the wire's thread. Allocates only where a text is longer than
    // before.
    void publish(const printer_state& state, const link_capabilities& limits, const journal_job* job,
                 const resume_point& point)
    {
        told& draft = newest_.draft();
        draft.state = state;
        draft.limits = limits;
        if (job == nullptr)
            draft.progress.reset();
        else {
            if (!draft.progress) draft.progress.emplace();
            draft.progress->job = *job;
            draft.progress->point = point;
        }
        draft.at = std::chrono::steady_clock::now();
        newest_.post();
        news_.wake();
    }
    struct snapshot {
        std::shared_ptr<const printer_state> state;
        link_capabilities limits;
        time_point told_at;
    };
    snapshot newest() const
    {
        const std::lock_guard lock(guard_);
        look();
        return {state_, limits_, told_at_};
    }
    // How far the print under way has got; nothing without one.
    std::optional<known_progress> progress() const
    {
        const std::lock_guard lock(guard_);
        look();
        return progress_;
    }
    const wake_fd& news() const { return news_; }

    std::atomic<std::int64_t> store_busy_since_ms{0}; // steady clock; 0: the disk is not being waited for
    std::atomic<int> store_error{0};                  // errno of the last page of progress
    std::atomic<std::int64_t> wire_beat_ms{0}; // steady clock, of the wire's last turn: for the watchdog

private:
    struct told {
        printer_state state;
        link_capabilities limits;
        std::optional<known_progress> progress;
        time_point at{};
    };
    void look() const // under the lock
    {
        const told* fresh = newest_.take();
        if (fresh == nullptr) return;
        state_ = std::make_shared<const printer_state>(fresh->state);
        limits_ = fresh->limits;
        progress_ = fresh->progress;
        told_at_ = fresh->at;
    }

    mutable newest_value<told> newest_;
    mutable std::mutex guard_; // of those who read; the wire never takes it
    mutable std::shared_ptr<const printer_state> state_ = std::make_shared<const printer_state>();
    mutable link_capabilities limits_;
    mutable std::optional<known_progress> progress_;
    mutable time_point told_at_{};
    wake_fd news_;
};

} // namespace layerline::printer::serial
