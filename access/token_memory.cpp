// Looking tokens up, and letting them die.
#include "access/token_memory.hpp"

#include <algorithm>
#include <cstring>

namespace layerline::access {

std::size_t token_memory::first_bytes::operator()(const digest& hash) const
{
    std::size_t value = 0;
    std::memcpy(&value, hash.data(), sizeof value);
    return value;
}

bool token_memory::live(entry& one, now at)
{
    const auto& record = one.token.record;
    const bool set_right = one.wall_was_early && record.expires_unix && at.wall >= *record.expires_unix;
    if (record.revoked_unix || set_right || (one.ends && at.steady >= *one.ends)) one.dead = true;
    return !one.dead;
}

std::vector<std::string> token_memory::merge(std::vector<stored_token> rows, now at)
{
    std::vector<std::string> revoked;
    const std::lock_guard lock(mutex_);
    for (auto& row : rows) {
        const auto known = by_id_.find(row.record.id);
        if (known != by_id_.end()) {
            auto& record = by_hash_.at(known->second).token.record;
            if (!record.revoked_unix && row.record.revoked_unix) {
                record.revoked_unix = row.record.revoked_unix;
                revoked.push_back(record.id);
            }
            continue;
        }
        entry fresh;
        if (row.record.expires_unix) {
            // A clock that stands before the token was made says nothing about the time left.
            const auto from = std::max(at.wall, row.record.created_unix);
            fresh.wall_was_early = at.wall < row.record.created_unix;
            fresh.ends =
                at.steady + std::chrono::seconds(std::max<std::int64_t>(*row.record.expires_unix - from, 0));
        }
        by_id_.emplace(row.record.id, row.secret_hash);
        const auto hash = row.secret_hash;
        fresh.token = std::move(row);
        by_hash_.emplace(hash, std::move(fresh));
    }
    return revoked;
}

void token_memory::forget_dead_before(std::int64_t wall, now at)
{
    const std::lock_guard lock(mutex_);
    for (auto each = by_hash_.begin(); each != by_hash_.end();) {
        const bool dead = !live(each->second, at);
        const auto& record = each->second.token.record;
        const bool old = (record.revoked_unix && *record.revoked_unix < wall) ||
                         (dead && record.expires_unix && *record.expires_unix < wall);
        if (old) by_id_.erase(record.id);
        each = old ? by_hash_.erase(each) : std::next(each);
    }
}

token_memory::looked_up token_memory::look_up(std::string_view secret, now at)
{
    const auto hash = sha256(secret.substr(0, max_secret));
    static constexpr digest nobody{};
    const std::lock_guard lock(mutex_);
    const auto found = by_hash_.find(hash);
    const bool same = constant_time_equal(hash, found == by_hash_.end() ? nobody : found->first);
    if (found == by_hash_.end() || !same || secret.size() > max_secret)
        return {credential_fault::unknown, false};
    auto& one = found->second;
    if (!live(one, at)) return {credential_fault::dead, false};
    auto& record = one.token.record;
    record.last_used_unix = at.wall;
    looked_up answer;
    answer.note_use = !one.noted || at.steady - *one.noted >= note_every;
    if (answer.note_use) one.noted = at.steady;
    answer.answer = principal{record.id,
                              record.spec.name,
                              record.spec.scopes,
                              record.spec.printers,
                              record.spec.all_printers,
                              one.ends,
                              record.spec.uploads_per_month};
    return answer;
}

standing token_memory::standing_of(entry& one, now at)
{
    auto& record = one.token.record;
    const bool expired = !live(one, at);
    if (record.revoked_unix) return credential_fault::dead;
    record.last_used_unix = at.wall;
    return token_standing{principal{record.id, record.spec.name, record.spec.scopes, record.spec.printers,
                                    record.spec.all_printers, one.ends, record.spec.uploads_per_month},
                          expired};
}

standing token_memory::standing_of_secret(std::string_view secret, now at)
{
    const auto hash = sha256(secret.substr(0, max_secret));
    static constexpr digest nobody{};
    const std::lock_guard lock(mutex_);
    const auto found = by_hash_.find(hash);
    const bool same = constant_time_equal(hash, found == by_hash_.end() ? nobody : found->first);
    if (found == by_hash_.end() || !same || secret.size() > max_secret) return credential_fault::unknown;
    return standing_of(found->second, at);
}

standing token_memory::standing_of_id(std::string_view id, now at)
{
    const std::lock_guard lock(mutex_);
    const auto known = by_id_.find(std::string(id));
    if (known == by_id_.end()) return credential_fault::unknown;
    return standing_of(by_hash_.at(known->second), at);
}

bool token_memory::kill(std::string_view id, now at)
{
    const std::lock_guard lock(mutex_);
    const auto known = by_id_.find(std::string(id));
    if (known == by_id_.end()) return false;
    auto& one = by_hash_.at(known->second);
    one.dead = true;
    if (!one.token.record.revoked_unix) one.token.record.revoked_unix = at.wall;
    return true;
}

std::vector<token_record> token_memory::list() const
{
    std::vector<token_record> all;
    {
        const std::lock_guard lock(mutex_);
        all.reserve(by_hash_.size());
        for (const auto& [hash, one] : by_hash_)
            all.push_back(one.token.record);
    }
    std::ranges::sort(all, [](const token_record& a, const token_record& b) {
        return std::tie(a.created_unix, a.id) < std::tie(b.created_unix, b.id);
    });
    return all;
}

bool token_memory::any_live(now at)
{
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(by_hash_, [&](auto& one) { return live(one.second, at); });
}

} // namespace layerline::access
