// The queue in the workshop's own ledger: one service, one machine, nothing to install.
#pragma once

#include "workshop/jobs/job_queue.hpp"
#include "workshop/jobs/ledger_thread.hpp"

namespace layerline::workshop {

class embedded_queue final : public job_queue {
public:
    embedded_queue(ledger_thread& kept, std::size_t most_waiting) : kept_(kept), most_waiting_(most_waiting)
    {
    }

    transport::task<model_result<void>> put(job_record job) override;
    transport::task<model_result<std::optional<job_record>>> take() override;
    transport::task<model_result<bool>> finish(std::string id, std::uint32_t attempt,
                                               job_outcome outcome) override;
    transport::task<model_result<bool>> give_back(std::string id, std::uint32_t attempt, bool died) override;
    transport::task<model_result<std::optional<job_record>>> find(std::string id) override;
    transport::task<model_result<bool>> cancel(std::string id) override;

private:
    ledger_thread& kept_;
    std::size_t most_waiting_;
};

// Seconds since 1970: for what is kept and shown; no decision compares it with another host's.
std::int64_t unix_now();

} // namespace layerline::workshop
