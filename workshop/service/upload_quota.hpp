// How many files an owner may upload in a month.
#pragma once

#include "workshop/jobs/ledger_thread.hpp"

#include <cstdint>
#include <string>

namespace layerline::workshop {

// "2026-11", of UTC.
std::string month_of(std::int64_t unix_time);

// 61 if this month's uploads are used up: asked before the bytes come; ledger::count_upload() has the last
// word. `most` 0: any.
transport::task<model_result<void>> upload_allowed(ledger_thread& kept, std::string owner,
                                                   std::uint64_t most);

} // namespace layerline::workshop
