#include "workshop/jobs/chain.hpp"

#include <nlohmann/json.hpp>

namespace layerline::workshop {

using nlohmann::json;

step_end after_step(const job_record& job, const std::string& fields, const std::string& made)
{
    step_end end;
    const auto steps = json::parse(job.steps, nullptr, false);
    auto so_far = json::parse(job.fields, nullptr, false);
    auto results = so_far.is_object() && so_far.contains("steps") ? so_far["steps"] : json::array();
    auto given = json::parse(fields, nullptr, false);
    if (!given.is_object()) given = json::object();
    auto all = json::object();
    const auto at = static_cast<std::size_t>(job.step);
    if (!fields.empty()) {
        if (at + 1 >= steps.size()) all = given;
        given["operation"] = job.operation;
        results.push_back(std::move(given));
        if (at + 1 < steps.size()) {
            end.next = job;
            end.next->step = job.step + 1;
            end.next->operation = steps[at + 1].value("operation", "");
            end.next->parameters = steps[at + 1].value("parameters", json::object()).dump();
            if (!made.empty()) end.next->input = made;
        }
    }
    all["steps"] = std::move(results);
    end.fields = all.dump();
    return end;
}

} // namespace layerline::workshop
