// Takes jobs from the queue and has each done by a process of its own: few at once, each with a time-out; a
// process that dies is tried once more. Owned and used on one io_context.
#pragma once

#include "workshop/jobs/host_share.hpp"
#include "workshop/jobs/job_queue.hpp"
#include "workshop/jobs/job_task.hpp"
#include "workshop/jobs/shelf.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace layerline::workshop {

struct runner_limits {
    std::size_t at_once = 1;
    std::chrono::milliseconds time{600'000}; // of one attempt; then it is killed: 72
    std::uint32_t deaths = 2;                // processes that died without an answer; then 74
    job_limits each;
    std::size_t most_source_bytes = 1024UL * 1024 * 1024;
    std::chrono::seconds kept{24L * 3600}; // results, from their making
};

// Of this process' life.
struct runner_counts {
    std::size_t running = 0;
    std::uint64_t succeeded = 0, failed = 0, again = 0; // `again`: given back to be tried once more
};

class job_runner {
public:
    // `program` is what begins a job's process, with its arguments. All must outlive the runner's context.
    job_runner(transport::net::io_context& context, job_queue& queue, shelf& files, runner_limits limits,
               std::vector<std::string> program);
    ~job_runner();
    job_runner(const job_runner&) = delete;
    job_runner& operator=(const job_runner&) = delete;

    // Until stop(); gives back what was running then.
    transport::task<void> run();
    // There may be a job now.
    void wake();
    // A job was cancelled: kills its process, if there is one, and wakes whoever follows it.
    void end(const std::string& job);
    // What is over it is killed and given back to the queue, to be done anew, without counting as dead.
    void set_share(host_share share);
    host_share share() const;
    // 0 to 1; nothing if it does not run here now.
    std::optional<double> progress(const std::string& job) const;
    runner_counts counts() const;
    // How many jobs have begun or ended here: whoever looks at one asks for this before.
    std::uint64_t changes() const;
    // Until that job begins or ends, at most that long; at once if any has since there were so many.
    transport::task<void> change_after(std::string job, std::uint64_t seen, std::chrono::milliseconds most);
    // Kills what runs and takes no more; its jobs are done by whoever runs next.
    void stop();

private:
    struct engine;
    std::shared_ptr<engine> engine_;
};

// What an attempt came to, from how its process ended and what it left. Pure.
struct attempt_end {
    bool timed_out = false;
    std::optional<int> exit_code, signal;
    std::optional<std::string> answer; // the text of its answer file
};
struct try_again {};
// The fields of its success, why it failed, or that it is to be tried again. `deaths` counts those before.
std::variant<std::string, model_failure, try_again> judge(const attempt_end& end, std::uint32_t deaths,
                                                          const runner_limits& limits);

} // namespace layerline::workshop
