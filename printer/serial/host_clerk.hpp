// The print host's disk work, in a thread of its own: idempotency keys, opening jobs, keeping state, logging.
// A card that takes seconds for one write delays a start, never the wire and never an emergency stop.
#pragma once

#include "printer/serial/host_traffic.hpp"
#include "printer/serial/line_policy.hpp"

#include <thread>

namespace layerline::printer::serial {

struct clerk_settings {
    std::string files_folder, state_folder;
    std::size_t max_text = 80;
    hard_limits limits;
    std::chrono::milliseconds read_ahead_wait{20'000};
};

class host_clerk {
public:
    // The traffic must outlive the clerk.
    host_clerk(clerk_settings settings, idempotency_keys keys, host_traffic& traffic);
    // Does what is already in its box, then ends.
    ~host_clerk();

private:
    void run();
    void handle(client_call call);
    void handle(state_to_keep what);
    void handle(source_wanted what);
    void write_log();
    // The file opened and read ahead; a failure when it may not be printed.
    printer_result<std::shared_ptr<line_source>> open_job(const std::string& path,
                                                          std::optional<resume_point> from);
    void refuse(std::uint64_t ticket, printer_failure why);

    const clerk_settings settings_;
    idempotency_keys keys_;
    host_traffic& traffic_;
    std::atomic<bool> ending_{false};
    wake_fd end_;
    std::thread thread_;
};

} // namespace layerline::printer::serial
