#include "workshop/jobs/ledger_schema.hpp"

#include <array>
#include <span>
#include <stdexcept>
#include <string>

namespace layerline::workshop {

namespace {

// Numbers are bigint: SOCI reads "integer" columns as 32 bits.
constexpr std::array<const char*, 3> first{
    "create table files (id text primary key, owner text not null, name text not null, bytes bigint not "
    "null, "
    "kind text not null, created bigint not null, expires bigint not null)",
    "create table jobs (place integer primary key autoincrement, id text not null unique, owner text not "
    "null, "
    "operation text not null, parameters text not null, input text not null, state text not null, "
    "attempt bigint not null, deaths bigint not null, created bigint not null, ended bigint not null, "
    "expires bigint not null, fields text not null, code bigint not null, message text not null)",
    "create index jobs_by_state on jobs (state, place)"};

// Uploads in chunks, their count a month, sessions of clients that sign in, chains and callbacks.
constexpr std::array<const char*, 9> second{
    "create table uploads (id text primary key, owner text not null, name text not null, bytes bigint not "
    "null, "
    "sha256 text not null, created bigint not null, expires bigint not null)",
    "create table uploads_made (owner text not null, month text not null, made bigint not null, primary key "
    "(owner, month))",
    "create table sessions (hash text primary key, kind text not null, token text not null, expires bigint "
    "not null)",
    "alter table jobs add column steps text not null default ''",
    "alter table jobs add column step bigint not null default 0",
    "alter table jobs add column callback text not null default ''",
    "alter table jobs add column tells bigint not null default 0",
    "alter table jobs add column tell_at bigint not null default 0",
    "create index jobs_to_tell on jobs (tell_at) where tell_at > 0"};

// Jobs that work on several files.
constexpr std::array<const char*, 2> third{"create table job_inputs (job text not null, file text not null)",
                                           "create index job_inputs_by_file on job_inputs (file)"};

constexpr std::array<std::span<const char* const>, 3> versions{first, second, third};

} // namespace

void bring_up_to_date(soci::session& sql)
{
    transaction all(sql);
    int version = 0;
    sql << "pragma user_version", soci::into(version);
    if (version > static_cast<int>(versions.size()))
        throw std::runtime_error("it was made by a newer version");
    for (auto next = static_cast<std::size_t>(version); next < versions.size(); ++next) {
        for (const auto* step : versions.at(next))
            sql << step;
        sql << "pragma user_version = " + std::to_string(next + 1);
    }
    all.commit();
}

} // namespace layerline::workshop
