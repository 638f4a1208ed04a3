// Tells callers' servers that their operations are over: one POST at a time, tried again, never for long.
#pragma once

#include "workshop/jobs/ledger_thread.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <string>

namespace layerline::workshop {

struct callback_options {
    std::string secret;                         // of the signatures
    bool local = false;                         // loopback and private addresses are allowed
    std::chrono::milliseconds patience{15'000}; // for one try
};

// Used from one io_context; all must outlive it.
class callback_sender {
public:
    callback_sender(transport::net::io_context& context, ledger_thread& kept, callback_options options);
    // Until stop(). What is not told by then is told after the next start.
    transport::task<void> run();
    void stop();

private:
    transport::task<void> tell(job_record job);
    // Whether it was taken: a 2xx. Redirects are not followed.
    transport::task<bool> post(std::string url, std::string body);

    transport::net::io_context& context_;
    ledger_thread& kept_;
    callback_options options_;
    transport::net::steady_timer timer_;
    bool stopped_ = false;
};

} // namespace layerline::workshop
