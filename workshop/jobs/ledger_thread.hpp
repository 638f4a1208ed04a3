// The ledger on a thread of its own, for coroutines.
#pragma once

#include "commands/disk_threads.hpp"
#include "workshop/jobs/ledger.hpp"

#include <memory>
#include <utility>

namespace layerline::workshop {

class ledger_thread {
public:
    explicit ledger_thread(std::unique_ptr<ledger> kept) : ledger_(std::move(kept)), thread_(1) {}

    // Calls `work(ledger&)` there, after what was asked before; `work` owns what it uses.
    template <class Work>
    transport::task<std::invoke_result_t<Work&, ledger&>> ask(Work work)
    {
        auto call = [kept = ledger_, work = std::move(work)]() mutable { return work(*kept); };
        co_return co_await thread_.run(std::move(call));
    }
    // Waits for what was asked.
    void join() { thread_.join(); }

private:
    std::shared_ptr<ledger> ledger_;
    commands::disk_threads thread_;
};

} // namespace layerline::workshop
