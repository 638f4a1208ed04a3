// Tokens in the store.
#include "access/columns.hpp"
#include "access/hex.hpp"
#include "access/sqlite_store.hpp"

#include <algorithm>

namespace layerline::access {

namespace {

using transport::result;
using transport::task;

constexpr long long max_tokens = 10000; // dead ones too: they are kept for a while

std::string joined(const std::vector<std::string>& ids)
{
    std::string list;
    for (const auto& id : ids)
        list += (list.empty() ? "" : ",") + id;
    return list;
}

std::vector<std::string> split(std::string_view list)
{
    std::vector<std::string> ids;
    while (!list.empty()) {
        const auto comma = list.find(',');
        ids.emplace_back(list.substr(0, comma));
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
    return ids;
}

// A row as its columns.
struct token_columns {
    std::string id, name, scopes, printers, hash;
    long long all_printers = 0, created = 0;
    number_column expires, last_used, revoked, uploads;

    stored_token get() const
    {
        const auto read_scopes = parse_scopes(scopes);
        const auto read_hash = from_hex(hash);
        stored_token token;
        if (!read_scopes || !read_hash || read_hash->size() != token.secret_hash.size())
            throw store_error(errc::store_corrupt);
        std::ranges::copy(*read_hash, token.secret_hash.begin());
        token.record.id = id;
        token.record.spec.name = name;
        token.record.spec.scopes = *read_scopes;
        token.record.spec.printers = split(printers);
        token.record.spec.all_printers = all_printers != 0;
        token.record.created_unix = created;
        token.record.expires_unix = expires.get();
        token.record.last_used_unix = last_used.get();
        token.record.revoked_unix = revoked.get();
        if (const auto most = uploads.get())
            token.record.spec.uploads_per_month =
                static_cast<std::uint32_t>(std::clamp<std::int64_t>(*most, 0, UINT32_MAX));
        if (token.record.expires_unix)
            token.record.spec.lifetime = std::chrono::seconds(*token.record.expires_unix - created);
        return token;
    }
};

std::vector<stored_token> load(database& data)
{
    token_columns c;
    soci::statement found =
        (data.sql().prepare
             << "select id, name, scopes, printers, all_printers, secret_hash, created, "
                "expires, last_used, revoked, uploads_per_month from tokens order by created, id",
         soci::into(c.id), soci::into(c.name), soci::into(c.scopes), soci::into(c.printers),
         soci::into(c.all_printers), soci::into(c.hash), soci::into(c.created),
         soci::into(c.expires.value, c.expires.there), soci::into(c.last_used.value, c.last_used.there),
         soci::into(c.revoked.value, c.revoked.there), soci::into(c.uploads.value, c.uploads.there));
    found.execute();
    std::vector<stored_token> all;
    while (found.fetch())
        all.push_back(c.get());
    return all;
}

void insert(database& data, const stored_token& token)
{
    long long there = 0;
    data.sql() << "select count(*) from tokens", soci::into(there);
    if (there >= max_tokens) throw store_error(errc::too_many);
    const auto& record = token.record;
    const auto scopes = to_string(record.spec.scopes);
    const auto printers = joined(record.spec.printers);
    const auto hash = to_hex(token.secret_hash);
    const long long all = record.spec.all_printers ? 1 : 0;
    const long long created = record.created_unix;
    number_column expires(record.expires_unix);
    const auto& most = record.spec.uploads_per_month;
    number_column uploads(most ? std::optional<std::int64_t>(*most) : std::nullopt);
    data.sql()
        << "insert into tokens (id, name, scopes, printers, all_printers, secret_hash, created, expires, "
           "uploads_per_month) values (:id, :name, :scopes, :printers, :all, :hash, :created, :expires, "
           ":uploads)",
        soci::use(record.id), soci::use(record.spec.name), soci::use(scopes), soci::use(printers),
        soci::use(all), soci::use(hash), soci::use(created), soci::use(expires.value, expires.there),
        soci::use(uploads.value, uploads.there);
}

} // namespace

task<result<std::vector<stored_token>>> sqlite_store::load_tokens()
{
    return on_store<std::vector<stored_token>>(thread_, [](database& data) { return load(data); });
}

task<result<void>> sqlite_store::insert_token(stored_token token)
{
    return on_store<void>(thread_, [token = std::move(token)](database& data) { insert(data, token); });
}

task<result<bool>> sqlite_store::revoke_token(std::string id, std::int64_t at_unix)
{
    return on_store<bool>(
        thread_, [id = std::move(id), at = static_cast<long long>(at_unix)](database& data) {
            data.sql() << "update tokens set revoked = :at where id = :id and revoked is null", soci::use(at),
                soci::use(id);
            return data.changed() > 0;
        });
}

task<result<void>> sqlite_store::drop_tokens_dead_before(std::int64_t unix_time)
{
    return on_store<void>(thread_, [before = static_cast<long long>(unix_time)](database& data) {
        data.sql() << "delete from tokens where revoked < :before or expires < :before2", soci::use(before),
            soci::use(before);
    });
}

void sqlite_store::touch_token(std::string id, std::int64_t used_unix)
{
    note_on_store(thread_, [id = std::move(id), at = static_cast<long long>(used_unix)](database& data) {
        data.sql() << "update tokens set last_used = :at where id = :id", soci::use(at), soci::use(id);
    });
}

} // namespace layerline::access
