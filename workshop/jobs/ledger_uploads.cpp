// Uploads in chunks, their number a month, and sessions.
#include "workshop/jobs/ledger_schema.hpp"
#include "workshop/jobs/sqlite_ledger.hpp"

namespace layerline::workshop {

model_result<void> sqlite_ledger::add_upload(const upload_record& upload, std::size_t most_open)
{
    return guarded([&]() -> model_result<void> {
        transaction all(sql_);
        long long same = 0, open = 0;
        sql_ << "select (select count(*) from files where id = :id) + (select count(*) from uploads where "
                "id = :id2)",
            soci::use(upload.id), soci::use(upload.id), soci::into(same);
        if (same > 0)
            return model_failure{model_errc::file_exists, "File with id " + upload.id + " already exists."};
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

model_result<std::optional<upload_record>> sqlite_ledger::find_upload(const std::string& id)
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

model_result<bool> sqlite_ledger::drop_upload(const std::string& id)
{
    return guarded([&]() -> model_result<bool> {
        sql_ << "delete from uploads where id = :id", soci::use(id);
        return changed();
    });
}

model_result<bool> sqlite_ledger::finish_upload(const file_record& file)
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

model_result<std::vector<std::string>> sqlite_ledger::all_uploads()
{
    return guarded([&]() -> model_result<std::vector<std::string>> { return ids("select id from uploads"); });
}

model_result<std::vector<std::string>> sqlite_ledger::drop_expired_uploads(std::int64_t now_unix)
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

model_result<std::uint64_t> sqlite_ledger::uploads_made(const std::string& owner, const std::string& month)
{
    return guarded([&]() -> model_result<std::uint64_t> {
        long long made = 0;
        sql_ << "select made from uploads_made where owner = :owner and month = :month", soci::use(owner),
            soci::use(month), soci::into(made);
        return sql_.got_data() ? static_cast<std::uint64_t>(made) : 0;
    });
}

model_result<void> sqlite_ledger::count_upload(const std::string& owner, const std::string& month,
                                               std::uint64_t most)
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

model_result<void> sqlite_ledger::add_session(const session_record& session, std::size_t most_of_token)
{
    return guarded([&]() -> model_result<void> {
        transaction all(sql_);
        const auto expires = static_cast<long long>(session.expires_unix);
        const auto most = static_cast<long long>(most_of_token);
        sql_ << "insert into sessions (hash, kind, token, expires) values (:hash, :kind, :token, "
                ":expires)",
            soci::use(session.hash), soci::use(session.kind), soci::use(session.token), soci::use(expires);
        sql_ << "delete from sessions where token = :token and rowid not in (select rowid from sessions "
                "where token = :token2 order by rowid desc limit :most)",
            soci::use(session.token), soci::use(session.token), soci::use(most);
        all.commit();
        return {};
    });
}

model_result<std::optional<session_record>> sqlite_ledger::find_session(const std::string& hash)
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

model_result<void> sqlite_ledger::drop_expired_sessions(std::int64_t now_unix)
{
    return guarded([&]() -> model_result<void> {
        sql_ << "delete from sessions where expires < " + std::to_string(now_unix);
        return {};
    });
}

} // namespace layerline::workshop
