// Asks the agents on this host, over their control sockets, whether they print, and has the operations wait
// or go slower meanwhile.
#pragma once

#include "transport/exchange.hpp"
#include "workshop/jobs/job_runner.hpp"
#include "workshop/service/print_state.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

namespace layerline::workshop {

class print_watch {
public:
    // `agents` are control sockets; one that does not exist is no agent. All must outlive it.
    print_watch(transport::net::io_context& context, const std::vector<std::filesystem::path>& agents,
                while_printing chosen, job_runner& runner);

    // Asks once: before the first operation begins.
    transport::task<void> look();
    // Asks every few seconds until stop().
    transport::task<void> run();
    void stop();

private:
    struct agent {
        std::filesystem::path socket;
        std::shared_ptr<transport::requester> ask;
    };
    transport::task<print_state> state_of(const agent& one);

    std::vector<agent> agents_;
    while_printing chosen_;
    job_runner& runner_;
    transport::net::steady_timer timer_;
    bool stopped_ = false;
};

} // namespace layerline::workshop
