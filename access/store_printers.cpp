// Printers and pairing tries in the store.
#include "access/columns.hpp"
#include "access/hex.hpp"
#include "access/sqlite_store.hpp"

#include <algorithm>

namespace layerline::access {

namespace {

using transport::result;
using transport::task;

constexpr long long max_printers = 10000;
constexpr long long tries_kept_seconds = 24LL * 60 * 60;
constexpr long long max_tries_kept = 10000;

struct printer_columns {
    std::string agent_id, key, name, claimed_by, binding;
    long long claimed = 0;
    number_column last_seen;

    printer_row get() const
    {
        const auto read_key = from_hex(key);
        const auto read_binding = parse_binding(binding);
        printer_row row;
        if (!read_key || read_key->size() != row.key.size() || !read_binding)
            throw store_error(errc::store_corrupt);
        std::ranges::copy(*read_key, row.key.begin());
        row.agent_id = agent_id;
        row.name = name;
        row.claimed_by = claimed_by;
        row.claimed_unix = claimed;
        row.binding = *read_binding;
        row.last_seen_unix = last_seen.get();
        return row;
    }
};

// All printers, or those of one agent id.
std::vector<printer_row> load(database& data, const std::string& agent_id)
{
    printer_columns c;
    soci::statement found =
        (data.sql().prepare << "select agent_id, public_key, name, claimed_by, claimed, binding, last_seen "
                               "from printers where :all = '' or agent_id = :id order by claimed, agent_id",
         soci::use(agent_id), soci::use(agent_id), soci::into(c.agent_id), soci::into(c.key),
         soci::into(c.name), soci::into(c.claimed_by), soci::into(c.claimed), soci::into(c.binding),
         soci::into(c.last_seen.value, c.last_seen.there));
    found.execute();
    std::vector<printer_row> all;
    while (found.fetch())
        all.push_back(c.get());
    return all;
}

void claim(database& data, const printer_row& row)
{
    long long others = 0;
    data.sql() << "select count(*) from printers where agent_id <> :id", soci::use(row.agent_id),
        soci::into(others);
    if (others >= max_printers) throw store_error(errc::too_many);
    const auto key = to_hex(row.key);
    const std::string binding(name_of(row.binding));
    const long long claimed = row.claimed_unix;
    number_column last_seen(row.last_seen_unix);
    data.sql()
        << "insert into printers (agent_id, public_key, name, claimed_by, claimed, binding, last_seen) "
           "values (:id, :key, :name, :by, :claimed, :binding, :seen) "
           "on conflict (agent_id) do update set public_key = excluded.public_key, "
           "name = excluded.name, claimed_by = excluded.claimed_by, claimed = excluded.claimed, "
           "binding = excluded.binding, last_seen = excluded.last_seen",
        soci::use(row.agent_id), soci::use(key), soci::use(row.name), soci::use(row.claimed_by),
        soci::use(claimed), soci::use(binding), soci::use(last_seen.value, last_seen.there);
}

void add_try(database& data, const pairing_try& attempt)
{
    const long long at = attempt.at_unix;
    const long long oldest = at - tries_kept_seconds;
    data.sql() << "delete from pairing_tries where at < :oldest", soci::use(oldest);
    // A clock that jumped must not fill the table either.
    data.sql() << "delete from pairing_tries where rowid not in "
                  "(select rowid from pairing_tries order by rowid desc limit " +
                      std::to_string(max_tries_kept - 1) + ")";
    data.sql() << "insert into pairing_tries (subject, at) values (:subject, :at)",
        soci::use(attempt.subject), soci::use(at);
}

std::vector<pairing_try> load_tries(database& data, long long since)
{
    pairing_try attempt;
    long long at = 0;
    soci::statement found =
        (data.sql().prepare << "select subject, at from pairing_tries where at >= :since order by at",
         soci::use(since), soci::into(attempt.subject), soci::into(at));
    found.execute();
    std::vector<pairing_try> all;
    while (found.fetch())
        all.push_back({attempt.subject, at});
    return all;
}

} // namespace

task<result<void>> sqlite_store::claim_printer(printer_row row)
{
    return on_store<void>(thread_, [row = std::move(row)](database& data) { claim(data, row); });
}

task<result<std::optional<printer_row>>> sqlite_store::find_printer(std::string agent_id)
{
    return on_store<std::optional<printer_row>>(
        thread_, [id = std::move(agent_id)](database& data) -> std::optional<printer_row> {
            if (id.empty()) return std::nullopt;
            auto found = load(data, id);
            if (found.empty()) return std::nullopt;
            return std::move(found.front());
        });
}

task<result<std::vector<printer_row>>> sqlite_store::list_printers()
{
    return on_store<std::vector<printer_row>>(thread_, [](database& data) { return load(data, {}); });
}

task<result<bool>> sqlite_store::rename_printer(std::string agent_id, std::string name)
{
    return on_store<bool>(thread_, [id = std::move(agent_id), name = std::move(name)](database& data) {
        data.sql() << "update printers set name = :name where agent_id = :id", soci::use(name), soci::use(id);
        return data.changed() > 0;
    });
}

task<result<bool>> sqlite_store::forget_printer(std::string agent_id)
{
    return on_store<bool>(thread_, [id = std::move(agent_id)](database& data) {
        data.sql() << "delete from printers where agent_id = :id", soci::use(id);
        return data.changed() > 0;
    });
}

void sqlite_store::touch_printer(std::string agent_id, std::int64_t seen_unix)
{
    note_on_store(thread_,
                  [id = std::move(agent_id), at = static_cast<long long>(seen_unix)](database& data) {
                      data.sql() << "update printers set last_seen = :at where agent_id = :id", soci::use(at),
                          soci::use(id);
                  });
}

task<result<void>> sqlite_store::add_pairing_try(pairing_try attempt)
{
    return on_store<void>(thread_,
                          [attempt = std::move(attempt)](database& data) { add_try(data, attempt); });
}

task<result<std::vector<pairing_try>>> sqlite_store::pairing_tries(std::int64_t since_unix)
{
    return on_store<std::vector<pairing_try>>(
        thread_,
        [since = static_cast<long long>(since_unix)](database& data) { return load_tries(data, since); });
}

} // namespace layerline::access
