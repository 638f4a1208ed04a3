// The slice log: what was done, how long it took and how it ended; and the answer that it makes. Pure but for
// the clock.
#pragma once

#include "workshop/slicing/slice_error.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

inline constexpr std::size_t most_step_text = 2000; // bytes of a step's message

struct slice_step {
    std::string name;
    double milliseconds = 0;
    std::string message; // sentences; may be empty
    int code = 0;        // 0, or the internal code of the failure
};

class slice_log {
public:
    slice_log() : since_(clock::now()) {}

    // The step that is begun ends the one before it.
    void begin(std::string_view name);
    // To the present step's message.
    void note(std::string_view sentence);
    // The present step failed so, and the request with it.
    void fail(const slice_failure& why);
    // Steps that were done elsewhere.
    void append(const std::vector<slice_step>& steps);
    // Ended, with the time of the last.
    const std::vector<slice_step>& finish();

private:
    using clock = std::chrono::steady_clock;
    std::vector<slice_step> steps_;
    clock::time_point since_;
    bool open_ = false;
};

nlohmann::json steps_json(const std::vector<slice_step>& steps);
// Those that are none are left out.
std::vector<slice_step> steps_from(const nlohmann::json& told);

// {"status":CODE,"data":{"msg","field","responseId","version","totalTime","steps"}}: of what failed.
nlohmann::json failed_slice(const slice_failure& why, const std::string& response_id,
                            const std::vector<slice_step>& steps);
// {"status":200,"data":{…`facts`, "responseId","version","totalTime","steps"}}.
nlohmann::json finished_slice(nlohmann::json facts, const std::string& response_id,
                              const std::vector<slice_step>& steps);

} // namespace layerline::workshop
