#include "agent/job_history.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace layerline::agent {

using nlohmann::json;
using printer::past_job;
using printer::phase;
using printer::printer_state;

namespace {

constexpr const char* under_way = "in_progress";
// A host without a clock of its own begins somewhere in the past.
constexpr double earliest_unix = 1'700'000'000;
constexpr std::size_t longest_path = 1024, longest_id = 64;

bool is_under_way(phase now)
{
    return now == phase::printing || now == phase::pausing || now == phase::paused ||
           now == phase::resuming || now == phase::cancelling;
}

std::optional<double> believable(double unix)
{
    if (unix < earliest_unix) return std::nullopt;
    return unix;
}

json or_null(const std::optional<double>& value)
{
    return value ? json(*value) : json(nullptr);
}

std::optional<double> number_in(const json& from, const char* name)
{
    const auto& value = from.at(name);
    if (value.is_null()) return std::nullopt;
    return value.get<double>();
}

} // namespace

void job_history::end(const char* how, const printer_state* state, double now_unix)
{
    auto& facts = jobs_.front().facts;
    facts.status = how;
    if (state != nullptr && state->job && state->job->elapsed_s) facts.print_s = state->job->elapsed_s;
    // A job that ended while this agent was away ended nobody knows when.
    if (seen_) facts.ended_unix = believable(now_unix);
    if (facts.started_unix && facts.ended_unix && *facts.ended_unix >= *facts.started_unix)
        facts.total_s = *facts.ended_unix - *facts.started_unix;
}

bool job_history::follow(const printer_state& state, double now_unix)
{
    if (state.now == phase::offline || state.now == phase::connecting) return false;
    const bool open = !jobs_.empty() && jobs_.front().facts.status == under_way;
    const bool mine = open && state.job && state.job->id == jobs_.front().facts.id;
    bool changed = false;
    if (open && !mine) {
        // Without a job the host has only just begun, unless it says that it is idle.
        if (!state.job && state.now != phase::idle) return false;
        end("interrupted", nullptr, now_unix);
        changed = true;
    }
    if (mine && !is_under_way(state.now)) {
        const bool whole = state.job->size_bytes && state.job->done_bytes == state.job->size_bytes;
        end(state.now == phase::finished || (state.now == phase::idle && whole) ? "completed"
            : state.now == phase::cancelled                                     ? "cancelled"
            : state.now == phase::error                                         ? "error"
                                                                                : "interrupted",
            &state, now_unix);
        changed = true;
    }
    if (state.job && is_under_way(state.now) && !mine) {
        kept_job one;
        one.facts.id = state.job->id;
        one.facts.path = state.job->path;
        one.facts.status = under_way;
        // One that was there before this agent began some time before.
        if (seen_) one.facts.started_unix = believable(now_unix);
        one.bytes = state.job->size_bytes;
        jobs_.push_front(std::move(one));
        if (jobs_.size() > most_jobs) jobs_.pop_back();
        changed = true;
    } else if (mine && is_under_way(state.now)) {
        if (state.job->elapsed_s) jobs_.front().facts.print_s = state.job->elapsed_s;
        if (state.job->size_bytes) jobs_.front().bytes = state.job->size_bytes;
    }
    seen_ = true;
    return changed;
}

printer::job_page job_history::page(std::uint64_t first, std::size_t count) const
{
    printer::job_page page;
    page.total = jobs_.size();
    for (auto at = first; at < jobs_.size() && page.jobs.size() < count; ++at)
        page.jobs.push_back(jobs_[at].facts);
    return page;
}

std::optional<past_job> job_history::job(std::string_view id) const
{
    for (const auto& one : jobs_)
        if (one.facts.id == id) return one.facts;
    return std::nullopt;
}

std::optional<std::uint64_t> job_history::file_bytes(std::string_view id) const
{
    for (const auto& one : jobs_)
        if (one.facts.id == id) return one.bytes;
    return std::nullopt;
}

std::string job_history::text() const
{
    json jobs = json::array();
    for (const auto& one : jobs_) {
        const auto& facts = one.facts;
        jobs.push_back({{"id", facts.id},
                        {"path", facts.path},
                        {"outcome", facts.status},
                        {"started", or_null(facts.started_unix)},
                        {"ended", or_null(facts.ended_unix)},
                        {"print_s", or_null(facts.print_s)},
                        {"total_s", or_null(facts.total_s)},
                        {"bytes", one.bytes ? json(*one.bytes) : json(nullptr)}});
    }
    json all{{"version", 1}};
    all["jobs"] = std::move(jobs);
    return all.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<job_history> job_history::parse(std::string_view text)
{
    const json all = json::parse(text, nullptr, false);
    if (!all.is_object()) return std::nullopt;
    job_history read;
    try {
        if (all.at("version") != 1 || !all.at("jobs").is_array() || all.at("jobs").size() > most_jobs)
            return std::nullopt;
        for (const auto& from : all.at("jobs")) {
            kept_job one;
            from.at("id").get_to(one.facts.id);
            from.at("path").get_to(one.facts.path);
            from.at("outcome").get_to(one.facts.status);
            one.facts.started_unix = number_in(from, "started");
            one.facts.ended_unix = number_in(from, "ended");
            one.facts.print_s = number_in(from, "print_s");
            one.facts.total_s = number_in(from, "total_s");
            if (!from.at("bytes").is_null()) one.bytes = from.at("bytes").get<std::uint64_t>();
            if (one.facts.id.size() > longest_id || one.facts.path.size() > longest_path ||
                one.facts.status.size() > longest_id)
                return std::nullopt;
            read.jobs_.push_back(std::move(one));
        }
    } catch (const json::exception&) {
        return std::nullopt;
    }
    return read;
}

} // namespace layerline::agent
