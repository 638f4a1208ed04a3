#include "workshop/jobs/ledger.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <array>
#include <exception>
#include <utility>

#include <sys/stat.h>

namespace layerline::workshop {

namespace {

constexpr int schema_version = 1;
// Numbers are bigint: SOCI reads "integer" columns as 32 bits.
constexpr std::array<const char*, 3> schema{
    "create table files (id text primary key, owner text not null, name text not null, bytes bigint not "
    "null, "
    "kind text not null, created bigint not null, expires bigint not null)",
    "create table jobs (place integer primary key autoincrement, id text not null unique, owner text not "
    "null, "
    "operation text not null, parameters text not null, input text not null, state text not null, "
    "attempt bigint not null, deaths bigint not null, created bigint not null, ended bigint not null, "
    "expires bigint not null, fields text not null, code bigint not null, message text not null)",
    "create index jobs_by_state on jobs (state, place)"};

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
    long long attempt = 0, deaths = 0, created = 0, ended = 0, expires = 0, code = 0;

    job_record get()
    {
        job.state = state_of(state);
        job.attempt = static_cast<std::uint32_t>(attempt);
        job.deaths = static_cast<std::uint32_t>(deaths);
        job.created_unix = created;
        job.ended_unix = ended;
        job.expires_unix = expires;
        job.why.code = static_cast<model_errc>(code);
        return job;
    }
};

// Ends with its scope, undone unless commit() was called.
class transaction {
public:
    explicit transaction(soci::session& sql) : sql_(sql) { sql_ << "begin immediate"; }
    ~transaction()
    {
        if (done_) return;
        try {
            sql_ << "rollback";
        } catch (const std::exception&) { // the first failure is the one to tell
        }
    }
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;
    void commit()
    {
        sql_ << "commit";
        done_ = true;
    }

private:
    soci::session& sql_;
    bool done_ = false;
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
        transaction all(sql_);
        int version = 0;
        sql_ << "pragma user_version", soci::into(version);
        if (version > schema_version) throw std::runtime_error("it was made by a newer version");
        if (version == 0) {
            for (const auto* step : schema)
                sql_ << step;
            sql_ << "pragma user_version = " + std::to_string(schema_version);
        }
        all.commit();
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
            sql_ << "insert into jobs (id, owner, operation, parameters, input, state, attempt, deaths, "
                    "created, "
                    "ended, expires, fields, code, message) values (:id, :owner, :operation, :parameters, "
                    ":input, "
                    "'queued', 0, 0, :created, 0, :expires, '', 0, '')",
                soci::use(job.id), soci::use(job.owner), soci::use(job.operation), soci::use(job.parameters),
                soci::use(job.input), soci::use(created), soci::use(expires);
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
            // What it made lives as long as anything else of its time, counted from now.
            sql_ << "update jobs set state = :state, ended = :now, expires = expires + :now2 - created, "
                    "fields = "
                    ":fields, code = :code, message = :message where id = :id and state = 'running' and "
                    "attempt "
                    "= :attempt",
                soci::use(state), soci::use(now), soci::use(now), soci::use(outcome.fields), soci::use(code),
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
            sql_
                << "update jobs set state = 'cancelled', ended = :now where id = :id and state in ('queued', "
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
            constexpr auto which = "expires < :now and id not in (select input from jobs where state in "
                                   "('queued', 'running'))";
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

    std::optional<job_record> find(const std::string& id)
    {
        job_columns c;
        sql_ << "select id, owner, operation, parameters, input, state, attempt, deaths, created, ended, "
                "expires, "
                "fields, code, message from jobs where id = :id",
            soci::use(id), soci::into(c.job.id), soci::into(c.job.owner), soci::into(c.job.operation),
            soci::into(c.job.parameters), soci::into(c.job.input), soci::into(c.state), soci::into(c.attempt),
            soci::into(c.deaths), soci::into(c.created), soci::into(c.ended), soci::into(c.expires),
            soci::into(c.job.fields), soci::into(c.code), soci::into(c.job.why.detail);
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
