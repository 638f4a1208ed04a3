// Opening the database, its schema, and what SQLite's result codes mean to us.
#include "access/database.hpp"
#include "access/private_file.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <array>
#include <new>

#include <fcntl.h>
#include <sys/stat.h>

namespace layerline::access {

namespace {

// One entry a version: what brings a database of the version before to it. Entries are never changed once
// released, only added. Numbers are bigint: SOCI reads "integer" columns as 32 bits.
constexpr std::array<std::string_view, 2> steps{R"(
create table tokens (
    id text primary key, name text not null, scopes text not null, printers text not null,
    all_printers bigint not null, secret_hash text not null unique, created bigint not null,
    expires bigint, last_used bigint, revoked bigint);
create table printers (
    agent_id text primary key, public_key text not null, name text not null, claimed_by text not null,
    claimed bigint not null, binding text not null, last_seen bigint);
create table pairing_tries (subject text not null, at bigint not null);
create index pairing_tries_at on pairing_tries (at);
create table facts (name text primary key, value text not null);
)",
                                                R"(
alter table tokens add column uploads_per_month bigint;
)"};

errc meaning_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return errc::store_locked;
    case SQLITE_FULL:
        return errc::store_full;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
        return errc::store_readonly;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return errc::store_corrupt;
    default:
        return errc::store_failed;
    }
}

sqlite_api::sqlite3* raw(soci::session& sql)
{
    // Always this backend: connect() names it. (Its type information is not exported, so no dynamic_cast.)
    return static_cast<soci::sqlite3_session_backend*>(sql.get_backend())->conn_;
}

// SQLite would make the file with the process's mask; its -wal and -shm take over the file's mode.
errc prepare_file(const std::filesystem::path& file, bool& good)
{
    const descriptor made(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    good = made.open() && ::fchmod(made.number(), 0600) == 0;
    if (good) return errc::store_failed;
    return errno == ENOSPC || errno == EDQUOT ? errc::store_full : errc::store_readonly;
}

} // namespace

errc database::why(const std::exception& thrown)
{
    if (const auto* ours = dynamic_cast<const store_error*>(&thrown)) return ours->why;
    if (const auto* told = dynamic_cast<const soci::sqlite3_soci_error*>(&thrown))
        return meaning_of(told->result());
    // Some of SOCI's own errors carry no result code; the connection still has it.
    if (dynamic_cast<const soci::soci_error*>(&thrown) != nullptr)
        if (auto* connection = sql_.is_connected() ? raw(sql_) : nullptr)
            return meaning_of(sqlite_api::sqlite3_errcode(connection));
    return errc::store_failed;
}

boost::system::error_code database::open(const store_options& options)
{
    // SOCI's connection string has no way to quote a quote.
    if (options.file.empty() || options.file.native().find('"') != std::string::npos)
        return make_error_code(errc::store_failed);
    bool good = false;
    const auto failed = prepare_file(options.file, good);
    if (!good) return make_error_code(failed);
    try {
        connect(options);
        bring_up_to_date();
        return {};
    } catch (const std::exception& thrown) {
        return make_error_code(why(thrown));
    }
}

void database::connect(const store_options& options)
{
    sql_.open(soci::sqlite3, "db=\"" + options.file.native() + "\"");
    auto* connection = raw(sql_);
    sqlite_api::sqlite3_busy_timeout(connection, static_cast<int>(options.busy_timeout.count()));
    std::string mode;
    sql_ << "pragma journal_mode = wal", soci::into(mode);
    // Every answered write is on the disk: a token or a claim that was shown must not be gone after a power
    // cut.
    sql_ << "pragma synchronous = full";
    sql_ << "pragma trusted_schema = off";
    std::int64_t pages = 0;
    sql_ << "pragma max_page_count = " + std::to_string(std::max(options.max_pages, 1U)), soci::into(pages);
    // So that the log does not stay at the size of its worst hour.
    long long kept = 0;
    sql_ << "pragma journal_size_limit = 1048576", soci::into(kept);
}

void database::bring_up_to_date()
{
    // Before anything else, so that two programs that start at once do not both make the tables.
    sql_ << "begin immediate";
    try {
        int version = 0;
        sql_ << "pragma user_version", soci::into(version);
        if (version < 0 || static_cast<std::size_t>(version) > steps.size())
            throw store_error(errc::store_too_new);
        for (auto at = static_cast<std::size_t>(version); at < steps.size(); ++at) {
            std::string_view rest = steps[at];
            for (auto end = rest.find(';'); end != std::string_view::npos; end = rest.find(';')) {
                sql_ << std::string(rest.substr(0, end));
                rest.remove_prefix(end + 1);
            }
            sql_ << "pragma user_version = " + std::to_string(at + 1);
        }
        sql_ << "commit";
    } catch (...) {
        try {
            sql_ << "rollback";
        } catch (const std::exception&) { // the first failure is the one to tell
        }
        throw;
    }
}

std::int64_t database::changed()
{
    return sqlite_api::sqlite3_changes(raw(sql_));
}

std::int64_t database::data_version()
{
    try {
        long long version = 0;
        sql_ << "pragma data_version", soci::into(version);
        return version;
    } catch (const std::exception&) {
        return 0;
    }
}

} // namespace layerline::access
