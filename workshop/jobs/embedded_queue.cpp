#include "workshop/jobs/embedded_queue.hpp"

#include <chrono>
#include <utility>

namespace layerline::workshop {

using transport::task;

std::int64_t unix_now()
{
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

task<model_result<void>> embedded_queue::put(job_record job)
{
    auto work = [job = std::move(job), most = most_waiting_](ledger& kept) {
        return kept.add_job(job, most);
    };
    co_return co_await kept_.ask(std::move(work));
}

task<model_result<std::optional<job_record>>> embedded_queue::take()
{
    auto work = [](ledger& kept) { return kept.take_job(); };
    co_return co_await kept_.ask(std::move(work));
}

task<model_result<bool>> embedded_queue::finish(std::string id, std::uint32_t attempt, job_outcome outcome)
{
    auto work = [id = std::move(id), attempt, outcome = std::move(outcome)](ledger& kept) {
        return kept.finish_job(id, attempt, outcome, unix_now());
    };
    co_return co_await kept_.ask(std::move(work));
}

task<model_result<bool>> embedded_queue::give_back(std::string id, std::uint32_t attempt, bool died)
{
    auto work = [id = std::move(id), attempt, died](ledger& kept) {
        return kept.give_job_back(id, attempt, died);
    };
    co_return co_await kept_.ask(std::move(work));
}

task<model_result<std::optional<job_record>>> embedded_queue::find(std::string id)
{
    auto work = [id = std::move(id)](ledger& kept) { return kept.find_job(id); };
    co_return co_await kept_.ask(std::move(work));
}

task<model_result<bool>> embedded_queue::cancel(std::string id)
{
    auto work = [id = std::move(id)](ledger& kept) { return kept.cancel_job(id, unix_now()); };
    co_return co_await kept_.ask(std::move(work));
}

} // namespace layerline::workshop
