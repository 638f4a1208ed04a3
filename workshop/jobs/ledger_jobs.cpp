// Jobs: waiting, running, over.
#include "workshop/jobs/sqlite_ledger.hpp"

#include "workshop/jobs/chain.hpp"
#include "workshop/jobs/ledger_schema.hpp"

#include <array>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr std::array<std::pair<job_state, const char*>, 5> states{{{job_state::queued, "queued"},
                                                                   {job_state::running, "running"},
                                                                   {job_state::succeeded, "succeeded"},
                                                                   {job_state::failed, "failed"},
                                                                   {job_state::cancelled, "cancelled"}}};

job_state state_of(const std::string& name)
{
    for (const auto& [state, known] : states)
        if (name == known) return state;
    return job_state::failed;
}

struct job_columns {
    job_record job;
    std::string state;
    long long attempt = 0, deaths = 0, created = 0, ended = 0, expires = 0, code = 0, step = 0, tells = 0;

    job_record get()
    {
        job.state = state_of(state);
        job.attempt = static_cast<std::uint32_t>(attempt);
        job.deaths = static_cast<std::uint32_t>(deaths);
        job.step = static_cast<std::uint32_t>(step);
        job.tells = static_cast<std::uint32_t>(tells);
        job.created_unix = created;
        job.ended_unix = ended;
        job.expires_unix = expires;
        job.why.code = static_cast<model_errc>(code);
        return job;
    }
};

} // namespace

std::string_view name_of(job_state state)
{
    for (const auto& [known, name] : states)
        if (state == known) return name;
    return "failed";
}

model_result<void> sqlite_ledger::add_job(const job_record& job, std::size_t most_waiting)
{
    return guarded([&]() -> model_result<void> {
        transaction all(sql_);
        long long waiting = 0;
        sql_ << "select count(*) from jobs where state = 'queued'", soci::into(waiting);
        if (static_cast<std::size_t>(waiting) >= most_waiting)
            return model_failure{model_errc::temporary,
                                 std::to_string(waiting) + " operations wait already; the queue is full."};
        const auto created = static_cast<long long>(job.created_unix),
                   expires = static_cast<long long>(job.expires_unix);
        sql_ << "insert into jobs (id, owner, operation, parameters, input, state, attempt, deaths, "
                "created, "
                "ended, expires, fields, code, message, steps, callback) values (:id, :owner, :operation, "
                ":parameters, :input, "
                "'queued', 0, 0, :created, 0, :expires, '', 0, '', :steps, :callback)",
            soci::use(job.id), soci::use(job.owner), soci::use(job.operation), soci::use(job.parameters),
            soci::use(job.input), soci::use(created), soci::use(expires), soci::use(job.steps),
            soci::use(job.callback);
        for (const auto& file : job.more_inputs)
            sql_ << "insert into job_inputs (job, file) values (:job, :file)", soci::use(job.id),
                soci::use(file);
        all.commit();
        return {};
    });
}

model_result<std::optional<job_record>> sqlite_ledger::find_job(const std::string& id)
{
    return guarded([&]() -> model_result<std::optional<job_record>> { return find(id); });
}

model_result<std::optional<job_record>> sqlite_ledger::take_job()
{
    return guarded([&]() -> model_result<std::optional<job_record>> {
        transaction all(sql_);
        std::string id;
        sql_ << "select id from jobs where state = 'queued' order by place limit 1", soci::into(id);
        if (!sql_.got_data()) return std::optional<job_record>();
        sql_ << "update jobs set state = 'running', attempt = attempt + 1 where id = :id", soci::use(id);
        auto taken = find(id);
        all.commit();
        return taken;
    });
}

model_result<bool> sqlite_ledger::finish_job(const std::string& id, std::uint32_t attempt,
                                             const job_outcome& outcome, std::int64_t now_unix)
{
    return guarded([&]() -> model_result<bool> {
        transaction all(sql_);
        const auto fence = static_cast<long long>(attempt), now = static_cast<long long>(now_unix),
                   code = outcome.failure ? static_cast<long long>(outcome.failure->code) : 0LL;
        const auto message = outcome.failure ? outcome.failure->detail : std::string();
        const std::string state = outcome.failure ? "failed" : "succeeded";
        auto fields = outcome.fields;
        if (const auto now_is = find(id); now_is && now_is->state == job_state::running &&
                                          now_is->attempt == attempt && !now_is->steps.empty()) {
            const auto made = outcome.output ? outcome.output->id : std::string();
            auto after = after_step(*now_is, outcome.failure ? std::string() : fields, made);
            fields = std::move(after.fields);
            if (!outcome.failure && after.next) {
                begin_step(*after.next, fields);
                if (outcome.output) insert(*outcome.output);
                all.commit();
                return true;
            }
        }
        // What it made lives as long as anything else of its time, counted from now.
        sql_ << "update jobs set state = :state, ended = :now, expires = expires + :now2 - created, "
                "fields = "
                ":fields, code = :code, message = :message, tell_at = case when callback = '' then 0 "
                "else 1 end where id = :id and state = 'running' and "
                "attempt "
                "= :attempt",
            soci::use(state), soci::use(now), soci::use(now), soci::use(fields), soci::use(code),
            soci::use(message), soci::use(id), soci::use(fence);
        if (!changed()) return false;
        if (outcome.output) insert(*outcome.output);
        all.commit();
        return true;
    });
}

model_result<bool> sqlite_ledger::give_job_back(const std::string& id, std::uint32_t attempt, bool died)
{
    return guarded([&]() -> model_result<bool> {
        const auto fence = static_cast<long long>(attempt), more = died ? 1LL : 0LL;
        sql_ << "update jobs set state = 'queued', deaths = deaths + :more where id = :id and state = "
                "'running' "
                "and attempt = :attempt",
            soci::use(more), soci::use(id), soci::use(fence);
        return changed();
    });
}

model_result<bool> sqlite_ledger::cancel_job(const std::string& id, std::int64_t now_unix)
{
    return guarded([&]() -> model_result<bool> {
        const auto now = static_cast<long long>(now_unix);
        sql_ << "update jobs set state = 'cancelled', ended = :now, tell_at = case when callback = '' "
                "then 0 else 1 end where id = :id and state in ('queued', "
                "'running')",
            soci::use(now), soci::use(id);
        return changed();
    });
}

model_result<std::size_t> sqlite_ledger::recover_jobs()
{
    return guarded([&]() -> model_result<std::size_t> {
        sql_ << "update jobs set state = 'queued' where state = 'running'";
        return changes();
    });
}

model_result<std::optional<job_record>> sqlite_ledger::job_to_tell(std::int64_t now_unix)
{
    return guarded([&]() -> model_result<std::optional<job_record>> {
        const auto now = static_cast<long long>(now_unix);
        std::string id;
        sql_ << "select id from jobs where tell_at > 0 and tell_at <= :now order by tell_at limit 1",
            soci::use(now), soci::into(id);
        return sql_.got_data() ? find(id) : std::nullopt;
    });
}

model_result<void> sqlite_ledger::job_told(const std::string& id, std::int64_t again_at_unix)
{
    return guarded([&]() -> model_result<void> {
        const auto again = static_cast<long long>(again_at_unix);
        sql_ << "update jobs set tells = tells + 1, tell_at = :again where id = :id", soci::use(again),
            soci::use(id);
        return {};
    });
}

model_result<job_counts> sqlite_ledger::count_jobs()
{
    return guarded([&]() -> model_result<job_counts> {
        long long queued = 0, running = 0;
        sql_ << "select count(*) from jobs where state = 'queued'", soci::into(queued);
        sql_ << "select count(*) from jobs where state = 'running'", soci::into(running);
        return job_counts{static_cast<std::size_t>(queued), static_cast<std::size_t>(running)};
    });
}

void sqlite_ledger::begin_step(const job_record& next, const std::string& fields)
{
    const auto step = static_cast<long long>(next.step);
    sql_ << "update jobs set state = 'queued', operation = :operation, parameters = :parameters, input = "
            ":input, step = :step, deaths = 0, fields = :fields where id = :id",
        soci::use(next.operation), soci::use(next.parameters), soci::use(next.input), soci::use(step),
        soci::use(fields), soci::use(next.id);
}

std::optional<job_record> sqlite_ledger::find(const std::string& id)
{
    job_columns c;
    sql_ << "select id, owner, operation, parameters, input, state, attempt, deaths, created, ended, "
            "expires, "
            "fields, code, message, steps, step, callback, tells from jobs where id = :id",
        soci::use(id), soci::into(c.job.id), soci::into(c.job.owner), soci::into(c.job.operation),
        soci::into(c.job.parameters), soci::into(c.job.input), soci::into(c.state), soci::into(c.attempt),
        soci::into(c.deaths), soci::into(c.created), soci::into(c.ended), soci::into(c.expires),
        soci::into(c.job.fields), soci::into(c.code), soci::into(c.job.why.detail), soci::into(c.job.steps),
        soci::into(c.step), soci::into(c.job.callback), soci::into(c.tells);
    if (!sql_.got_data()) return std::nullopt;
    return c.get();
}

} // namespace layerline::workshop
