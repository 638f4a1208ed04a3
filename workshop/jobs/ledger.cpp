#include "workshop/jobs/ledger.hpp"

#include "workshop/jobs/chain.hpp"
#include "workshop/jobs/ledger_schema.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <array>
#include <exception>
#include <utility>

#include <sys/stat.h>

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

class sqlite_ledger final : public ledger {
public:
    void open(const std::filesystem::path& file)
    {
        sql_.open(soci::sqlite3, "db=\"" + file.native() + "\"");
        std::string mode;
        sql_ << "pragma journal_mode = wal", soci::into(mode);
        // An accepted job must not be gone after a power cut.
        sql_ << "pragma synchronous = full";
        sql_ << "pragma trusted_schema = off";
        sql_ << "pragma busy_timeout = 2000", soci::into(mode);
        bring_up_to_date(sql_);
    }

    model_result<void> add_file(const file_record& file) override
    {
        return guarded([&]() -> model_result<void> {
            insert(file);
            return {};
        });
    }

    model_result<std::optional<file_record>> find_file(const std::string& id) override
    {
        return guarded([&]() -> model_result<std::optional<file_record>> {
            file_record found;
            std::string kind;
            long long bytes = 0, created = 0, expires = 0;
            sql_ << "select id, owner, name, bytes, kind, created, expires from files where id = :id",
                soci::use(id), soci::into(found.id), soci::into(found.owner), soci::into(found.name),
                soci::into(bytes), soci::into(kind), soci::into(created), soci::into(expires);
            if (!sql_.got_data()) return std::optional<file_record>();
            found.bytes = static_cast<std::uint64_t>(bytes);
            found.kind = kind == "model" ? file_kind::model : file_kind::upload;
            found.created_unix = created;
            found.expires_unix = expires;
            return std::optional(found);
        });
    }

    model_result<bool> drop_file(const std::string& id) override
    {
        return guarded([&]() -> model_result<bool> {
            sql_ << "delete from files where id = :id", soci::use(id);
            return changed();
        });
    }

    model_result<std::vector<std::string>> all_files() override
    {
        return guarded(
            [&]() -> model_result<std::vector<std::string>> { return ids("select id from files"); });
    }

    model_result<void> add_job(const job_record& job, std::size_t most_waiting) override
    {
        return guarded([&]() -> model_result<void> {
            transaction all(sql_);
            long long waiting = 0;
            sql_ << "select count(*) from jobs where state = 'queued'", soci::into(waiting);
            if (static_cast<std::size_t>(waiting) >= most_waiting)
                return model_failure{model_errc::temporary,
                                     std::to_string(waiting) +
                                         " operations wait already; the queue is full."};
            const auto created = static_cast<long long>(job.created_unix),
                       expires = static_cast<long long>(job.expires_unix);
            sql_
                << "insert into jobs (id, owner, operation, parameters, input, state, attempt, deaths, "
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

    model_result<std::optional<job_record>> find_job(const std::string& id) override
    {
        return guarded([&]() -> model_result<std::optional<job_record>> { return find(id); });
    }

    model_result<std::optional<job_record>> take_job() override
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

    model_result<bool> finish_job(const std::string& id, std::uint32_t attempt, const job_outcome& outcome,
                                  std::int64_t now_unix) override
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

    model_result<bool> give_job_back(const std::string& id, std::uint32_t attempt, bool died) override
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

    model_result<bool> cancel_job(const std::string& id, std::int64_t now_unix) override
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

    model_result<std::size_t> recover_jobs() override
    {
        return guarded([&]() -> model_result<std::size_t> {
            sql_ << "update jobs set state = 'queued' where state = 'running'";
            return changes();
        });
    }

    model_result<std::vector<std::string>> drop_expired(std::int64_t now_unix) override
    {
        return guarded([&]() -> model_result<std::vector<std::string>> {
            transaction all(sql_);
            const auto now = static_cast<long long>(now_unix);
            sql_ << "delete from jobs where expires < :now and state not in ('queued', 'running')",
                soci::use(now);
            sql_ << "delete from job_inputs where job not in (select id from jobs)";
            constexpr auto which =
                "expires < :now and id not in (select input from jobs where state in ('queued', 'running')) "
                "and id not in (select file from job_inputs join jobs on jobs.id = job_inputs.job where "
                "jobs.state in ('queued', 'running'))";
            std::string id;
            std::vector<std::string> gone;
            soci::statement found = (sql_.prepare << std::string("select id from files where ") + which,
                                     soci::use(now), soci::into(id));
            found.execute();
            while (found.fetch())
                gone.push_back(id);
            sql_ << std::string("delete from files where ") + which, soci::use(now);
            all.commit();
            return gone;
        });
    }

    model_result<std::optional<job_record>> job_to_tell(std::int64_t now_unix) override
    {
        return guarded([&]() -> model_result<std::optional<job_record>> {
            const auto now = static_cast<long long>(now_unix);
            std::string id;
            sql_ << "select id from jobs where tell_at > 0 and tell_at <= :now order by tell_at limit 1",
                soci::use(now), soci::into(id);
            return sql_.got_data() ? find(id) : std::nullopt;
        });
    }

    model_result<void> job_told(const std::string& id, std::int64_t again_at_unix) override
    {
        return guarded([&]() -> model_result<void> {
            const auto again = static_cast<long long>(again_at_unix);
            sql_ << "update jobs set tells = tells + 1, tell_at = :again where id = :id", soci::use(again),
                soci::use(id);
            return {};
        });
    }

    model_result<void> add_upload(const upload_record& upload, std::size_t most_open) override
    {
        return guarded([&]() -> model_result<void> {
            transaction all(sql_);
            long long same = 0, open = 0;
            sql_
                << "select (select count(*) from files where id = :id) + (select count(*) from uploads where "
                   "id = :id2)",
                soci::use(upload.id), soci::use(upload.id), soci::into(same);
            if (same > 0)
                return model_failure{model_errc::file_exists,
                                     "File with id " + upload.id + " already exists."};
            sql_ << "select count(*) from uploads where owner = :owner", soci::use(upload.owner),
                soci::into(open);
            if (static_cast<std::size_t>(open) >= most_open)
                return model_failure{model_errc::temporary,
                                     std::to_string(open) +
                                         " uploads are open already; commit or delete one first."};
            const auto bytes = static_cast<long long>(upload.bytes),
                       created = static_cast<long long>(upload.created_unix),
                       expires = static_cast<long long>(upload.expires_unix);
            sql_ << "insert into uploads (id, owner, name, bytes, sha256, created, expires) values (:id, "
                    ":owner, :name, :bytes, :sha256, :created, :expires)",
                soci::use(upload.id), soci::use(upload.owner), soci::use(upload.name), soci::use(bytes),
                soci::use(upload.sha256), soci::use(created), soci::use(expires);
            all.commit();
            return {};
        });
    }

    model_result<std::optional<upload_record>> find_upload(const std::string& id) override
    {
        return guarded([&]() -> model_result<std::optional<upload_record>> {
            upload_record found;
            long long bytes = 0, created = 0, expires = 0;
            sql_ << "select id, owner, name, bytes, sha256, created, expires from uploads where id = :id",
                soci::use(id), soci::into(found.id), soci::into(found.owner), soci::into(found.name),
                soci::into(bytes), soci::into(found.sha256), soci::into(created), soci::into(expires);
            if (!sql_.got_data()) return std::optional<upload_record>();
            found.bytes = static_cast<std::uint64_t>(bytes);
            found.created_unix = created;
            found.expires_unix = expires;
            return std::optional(found);
        });
    }

    model_result<bool> drop_upload(const std::string& id) override
    {
        return guarded([&]() -> model_result<bool> {
            sql_ << "delete from uploads where id = :id", soci::use(id);
            return changed();
        });
    }

    model_result<bool> finish_upload(const file_record& file) override
    {
        return guarded([&]() -> model_result<bool> {
            transaction all(sql_);
            sql_ << "delete from uploads where id = :id", soci::use(file.id);
            if (!changed()) return false;
            insert(file);
            all.commit();
            return true;
        });
    }

    model_result<std::vector<std::string>> all_uploads() override
    {
        return guarded(
            [&]() -> model_result<std::vector<std::string>> { return ids("select id from uploads"); });
    }

    model_result<std::vector<std::string>> drop_expired_uploads(std::int64_t now_unix) override
    {
        return guarded([&]() -> model_result<std::vector<std::string>> {
            transaction all(sql_);
            const auto now = std::to_string(now_unix);
            auto gone = ids("select id from uploads where expires < " + now);
            sql_ << "delete from uploads where expires < " + now;
            all.commit();
            return gone;
        });
    }

    model_result<std::uint64_t> uploads_made(const std::string& owner, const std::string& month) override
    {
        return guarded([&]() -> model_result<std::uint64_t> {
            long long made = 0;
            sql_ << "select made from uploads_made where owner = :owner and month = :month", soci::use(owner),
                soci::use(month), soci::into(made);
            return sql_.got_data() ? static_cast<std::uint64_t>(made) : 0;
        });
    }

    model_result<void> count_upload(const std::string& owner, const std::string& month,
                                    std::uint64_t most) override
    {
        return guarded([&]() -> model_result<void> {
            transaction all(sql_);
            sql_ << "delete from uploads_made where month < :month", soci::use(month);
            sql_ << "insert into uploads_made (owner, month, made) values (:owner, :month, 1) on conflict "
                    "(owner, month) do update set made = made + 1",
                soci::use(owner), soci::use(month);
            long long made = 0;
            sql_ << "select made from uploads_made where owner = :owner and month = :month", soci::use(owner),
                soci::use(month), soci::into(made);
            if (most > 0 && static_cast<std::uint64_t>(made) > most)
                return model_failure{model_errc::quota_used_up, {}};
            all.commit();
            return {};
        });
    }

    model_result<void> add_session(const session_record& session, std::size_t most_of_token) override
    {
        return guarded([&]() -> model_result<void> {
            transaction all(sql_);
            const auto expires = static_cast<long long>(session.expires_unix);
            const auto most = static_cast<long long>(most_of_token);
            sql_ << "insert into sessions (hash, kind, token, expires) values (:hash, :kind, :token, "
                    ":expires)",
                soci::use(session.hash), soci::use(session.kind), soci::use(session.token),
                soci::use(expires);
            sql_ << "delete from sessions where token = :token and rowid not in (select rowid from sessions "
                    "where token = :token2 order by rowid desc limit :most)",
                soci::use(session.token), soci::use(session.token), soci::use(most);
            all.commit();
            return {};
        });
    }

    model_result<std::optional<session_record>> find_session(const std::string& hash) override
    {
        return guarded([&]() -> model_result<std::optional<session_record>> {
            session_record found;
            long long expires = 0;
            sql_ << "select hash, kind, token, expires from sessions where hash = :hash", soci::use(hash),
                soci::into(found.hash), soci::into(found.kind), soci::into(found.token), soci::into(expires);
            if (!sql_.got_data()) return std::optional<session_record>();
            found.expires_unix = expires;
            return std::optional(found);
        });
    }

    model_result<void> drop_expired_sessions(std::int64_t now_unix) override
    {
        return guarded([&]() -> model_result<void> {
            sql_ << "delete from sessions where expires < " + std::to_string(now_unix);
            return {};
        });
    }

    model_result<job_counts> count_jobs() override
    {
        return guarded([&]() -> model_result<job_counts> {
            long long queued = 0, running = 0;
            sql_ << "select count(*) from jobs where state = 'queued'", soci::into(queued);
            sql_ << "select count(*) from jobs where state = 'running'", soci::into(running);
            return job_counts{static_cast<std::size_t>(queued), static_cast<std::size_t>(running)};
        });
    }

private:
    template <class Work>
    auto guarded(Work work) -> decltype(work())
    {
        try {
            return work();
        } catch (const std::exception& thrown) {
            return model_failure{model_errc::server_error,
                                 std::string("The workshop's database failed: ") + thrown.what()};
        }
    }

    void insert(const file_record& file)
    {
        const auto bytes = static_cast<long long>(file.bytes),
                   created = static_cast<long long>(file.created_unix),
                   expires = static_cast<long long>(file.expires_unix);
        const std::string kind = file.kind == file_kind::model ? "model" : "upload";
        sql_ << "insert into files (id, owner, name, bytes, kind, created, expires) values (:id, :owner, "
                ":name, "
                ":bytes, :kind, :created, :expires)",
            soci::use(file.id), soci::use(file.owner), soci::use(file.name), soci::use(bytes),
            soci::use(kind), soci::use(created), soci::use(expires);
    }

    // The chain's next step waits at the job's old place, which makes it the next one to be taken.
    void begin_step(const job_record& next, const std::string& fields)
    {
        const auto step = static_cast<long long>(next.step);
        sql_ << "update jobs set state = 'queued', operation = :operation, parameters = :parameters, input = "
                ":input, step = :step, deaths = 0, fields = :fields where id = :id",
            soci::use(next.operation), soci::use(next.parameters), soci::use(next.input), soci::use(step),
            soci::use(fields), soci::use(next.id);
    }

    std::optional<job_record> find(const std::string& id)
    {
        job_columns c;
        sql_ << "select id, owner, operation, parameters, input, state, attempt, deaths, created, ended, "
                "expires, "
                "fields, code, message, steps, step, callback, tells from jobs where id = :id",
            soci::use(id), soci::into(c.job.id), soci::into(c.job.owner), soci::into(c.job.operation),
            soci::into(c.job.parameters), soci::into(c.job.input), soci::into(c.state), soci::into(c.attempt),
            soci::into(c.deaths), soci::into(c.created), soci::into(c.ended), soci::into(c.expires),
            soci::into(c.job.fields), soci::into(c.code), soci::into(c.job.why.detail),
            soci::into(c.job.steps), soci::into(c.step), soci::into(c.job.callback), soci::into(c.tells);
        if (!sql_.got_data()) return std::nullopt;
        return c.get();
    }

    std::vector<std::string> ids(const std::string& query)
    {
        std::string id;
        std::vector<std::string> all;
        soci::statement found = (sql_.prepare << query, soci::into(id));
        found.execute();
        while (found.fetch())
            all.push_back(id);
        return all;
    }

    std::size_t changes()
    {
        // Always this backend: open() names it. (Its type information is not exported, so no dynamic_cast.)
        auto* const backend = static_cast<soci::sqlite3_session_backend*>(sql_.get_backend());
        return static_cast<std::size_t>(sqlite_api::sqlite3_changes(backend->conn_));
    }
    bool changed() { return changes() > 0; }

    soci::session sql_;
};

} // namespace

std::string_view name_of(job_state state)
{
    for (const auto& [known, name] : states)
        if (state == known) return name;
    return "failed";
}

model_result<std::unique_ptr<ledger>> open_ledger(const std::filesystem::path& file)
{
    const auto before = ::umask(0077);
    auto made = std::make_unique<sqlite_ledger>();
    std::string why;
    try {
        made->open(file);
    } catch (const std::exception& thrown) {
        why = thrown.what();
    }
    ::umask(before);
    if (!why.empty())
        return model_failure{model_errc::server_error, file.string() + " cannot be opened: " + why};
    return std::unique_ptr<ledger>(std::move(made));
}

} // namespace layerline::workshop
