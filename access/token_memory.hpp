// The tokens in memory: what answers a request. Safe from several threads.
//
// A token's end is a wall-clock time, since people and reboots go by that. A running process measures the
// time left when it learnt of the token on the steady clock: a wall clock that is stepped later, by a mistake
// or by years, ends nothing early and nothing late. Only where the wall clock stood before the token's making
// at that time, and so was wrong, its being set right may end the token sooner. A token seen dead stays dead.
#pragma once

#include "access/crypto.hpp"
#include "access/store.hpp"

#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace layerline::access {

class token_memory {
public:
    struct now {
        std::int64_t wall = 0;
        transport::clock::time_point steady;
    };
    struct looked_up {
        authentication answer;
        bool note_use = false; // time to write the last use to the store
    };

    // Adds what is new and takes over revocations, whose ids it gives. Nothing is forgotten and nothing dead
    // revives, so rows read before a newer change in memory do no harm.
    std::vector<std::string> merge(std::vector<stored_token> rows, now at);
    // Forgets what is dead and was revoked, or had expired, before that time of the wall clock.
    void forget_dead_before(std::int64_t wall, now at);
    // At most one in `note_every` of a token's uses asks for a note.
    looked_up look_up(std::string_view secret, now at);
    // As look_up(), but that a token that is over by time alone is found, too; and by its id.
    standing standing_of_secret(std::string_view secret, now at);
    standing standing_of_id(std::string_view id, now at);
    // From now on the token is dead. False when there is no such id.
    bool kill(std::string_view id, now at);
    std::vector<token_record> list() const;
    bool any_live(now at);

    static constexpr std::chrono::seconds note_every{60};
    // Longer input is cut before it is hashed, so that nobody buys time with it.
    static constexpr std::size_t max_secret = 256;

private:
    struct entry {
        stored_token token;
        std::optional<transport::clock::time_point> ends;
        std::optional<transport::clock::time_point> noted;
        bool wall_was_early = false; // when this process learnt of it
        bool dead = false;
    };
    // The digest's own bytes are random enough; nobody can choose them.
    struct first_bytes {
        std::size_t operator()(const digest& hash) const;
    };
    static bool live(entry& one, now at);
    static standing standing_of(entry& one, now at);

    mutable std::mutex mutex_;
    std::unordered_map<digest, entry, first_bytes> by_hash_;
    std::unordered_map<std::string, digest> by_id_;
};

} // namespace layerline::access
