// What the workshop counts for its owner, told at /metrics.
#pragma once

#include "workshop/jobs/job_runner.hpp"

#include <prometheus/registry.h>

#include <cstdint>
#include <memory>

namespace layerline::workshop {

class figures {
public:
    figures();
    ~figures();
    figures(const figures&) = delete;
    figures& operator=(const figures&) = delete;

    std::shared_ptr<prometheus::Registry> registry() const { return registry_; }

    // A request ended; `status` 0: the caller went away before an answer.
    void answered(unsigned status, std::uint64_t bytes_in, std::uint64_t bytes_out);
    // What is only looked at when somebody asks.
    void now(const runner_counts& jobs, std::size_t connections);

private:
    struct families;
    std::shared_ptr<prometheus::Registry> registry_;
    std::unique_ptr<families> all_;
};

} // namespace layerline::workshop
