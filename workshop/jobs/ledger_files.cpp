// Files, and what of all records is too old.
#include "workshop/jobs/ledger_schema.hpp"
#include "workshop/jobs/sqlite_ledger.hpp"

namespace layerline::workshop {

model_result<void> sqlite_ledger::add_file(const file_record& file)
{
    return guarded([&]() -> model_result<void> {
        insert(file);
        return {};
    });
}

model_result<std::optional<file_record>> sqlite_ledger::find_file(const std::string& id)
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

model_result<bool> sqlite_ledger::drop_file(const std::string& id)
{
    return guarded([&]() -> model_result<bool> {
        sql_ << "delete from files where id = :id", soci::use(id);
        return changed();
    });
}

model_result<std::vector<std::string>> sqlite_ledger::all_files()
{
    return guarded([&]() -> model_result<std::vector<std::string>> { return ids("select id from files"); });
}

model_result<std::vector<std::string>> sqlite_ledger::drop_expired(std::int64_t now_unix)
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

void sqlite_ledger::insert(const file_record& file)
{
    const auto bytes = static_cast<long long>(file.bytes),
               created = static_cast<long long>(file.created_unix),
               expires = static_cast<long long>(file.expires_unix);
    const std::string kind = file.kind == file_kind::model ? "model" : "upload";
    sql_ << "insert into files (id, owner, name, bytes, kind, created, expires) values (:id, :owner, "
            ":name, "
            ":bytes, :kind, :created, :expires)",
        soci::use(file.id), soci::use(file.owner), soci::use(file.name), soci::use(bytes), soci::use(kind),
        soci::use(created), soci::use(expires);
}

} // namespace layerline::workshop
