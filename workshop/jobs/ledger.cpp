#include "workshop/jobs/sqlite_ledger.hpp"

#include "workshop/jobs/ledger_schema.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <sys/stat.h>

namespace layerline::workshop {

void sqlite_ledger::open(const std::filesystem::path& file)
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

std::vector<std::string> sqlite_ledger::ids(const std::string& query)
{
    std::string id;
    std::vector<std::string> all;
    soci::statement found = (sql_.prepare << query, soci::into(id));
    found.execute();
    while (found.fetch())
        all.push_back(id);
    return all;
}

std::size_t sqlite_ledger::changes()
{
    // Always this backend: open() names it. (Its type information is not exported, so no dynamic_cast.)
    auto* const backend = static_cast<soci::sqlite3_session_backend*>(sql_.get_backend());
    return static_cast<std::size_t>(sqlite_api::sqlite3_changes(backend->conn_));
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
