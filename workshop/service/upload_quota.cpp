#include "workshop/service/upload_quota.hpp"

#include "workshop/jobs/embedded_queue.hpp"

#include <chrono>
#include <utility>

namespace layerline::workshop {

std::string month_of(std::int64_t unix_time)
{
    const auto day = std::chrono::floor<std::chrono::days>(
        std::chrono::system_clock::time_point(std::chrono::seconds(unix_time)));
    const std::chrono::year_month_day date(day);
    auto month = std::to_string(static_cast<unsigned>(date.month()));
    if (month.size() < 2) month.insert(0, "0");
    return std::to_string(static_cast<int>(date.year())) + "-" + month;
}

transport::task<model_result<void>> upload_allowed(ledger_thread& kept, std::string owner, std::uint64_t most)
{
    if (most == 0) co_return model_result<void>();
    auto ask = [owner = std::move(owner), month = month_of(unix_now())](ledger& all) {
        return all.uploads_made(owner, month);
    };
    const auto made = co_await kept.ask(std::move(ask));
    if (made.has_error()) co_return made.error();
    if (*made >= most)
        co_return model_failure{model_errc::quota_used_up,
                                "Reached the limit of " + std::to_string(most) + " uploads a month."};
    co_return model_result<void>();
}

} // namespace layerline::workshop
