// What the relay and the agent keep: tokens, printers, pairing tries, facts. SQLite on a thread of its own;
// every failure is a value of access::errc (is_store_failure() is true for it).
#pragma once

#include "access/binding.hpp"
#include "access/error.hpp"
#include "access/identity.hpp"
#include "access/token_service.hpp"
#include "transport/net.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace layerline::access {

struct store_options {
    std::filesystem::path file;                   // such as <state>/access.db; its folder must exist
    std::size_t max_queue = 256;                  // calls that wait; past it errc::store_busy at once
    std::chrono::milliseconds busy_timeout{2000}; // for a lock of another process; then errc::store_locked
    std::uint32_t max_pages = 65536;              // of 4 KiB: 256 MiB; past it errc::store_full
    // A database that cannot be opened for a reason that may pass (locked, no room, not writable) makes a
    // store whose calls fail with that reason until it can be; tried with the calls, at most once a second.
    bool may_open_later = false;
    // How soon a change that another process made is seen while somebody asks, and after how long without a
    // question nobody looks any more.
    std::chrono::milliseconds look_every{1000}, rest_after{10'000};
};

// A token as kept: the record and the SHA-256 of the secret.
struct stored_token {
    token_record record;
    std::array<unsigned char, 32> secret_hash{};
};

// A printer that somebody claimed at this relay.
struct printer_row {
    std::string agent_id;
    public_key key{};
    std::string name;       // as its owner calls it; 1-64 printable characters
    std::string claimed_by; // a principal's id
    std::int64_t claimed_unix = 0;
    binding_mode binding = binding_mode::tls_exporter; // fixed at pairing
    std::optional<std::int64_t> last_seen_unix;
};

// A wrong pairing code that somebody typed.
struct pairing_try {
    std::string subject; // an account or an address, as pairing_desk names it
    std::int64_t at_unix = 0;
};

// Each task may be awaited from any io_context and resumes there. The store must not outlive the io_contexts
// that call it; its destructor answers waiting calls with errc::store_stopped and joins its thread. A call
// that was accepted is carried out even if its caller is cancelled.
class store {
public:
    virtual ~store() = default;

    // Tokens. Used by token_service; others go through that.
    virtual transport::task<transport::result<std::vector<stored_token>>> load_tokens() = 0;
    virtual transport::task<transport::result<void>> insert_token(stored_token token) = 0;
    // False when there is no such id, or it was revoked before.
    virtual transport::task<transport::result<bool>> revoke_token(std::string id, std::int64_t at_unix) = 0;
    // Removes what was revoked, or had expired, before that time.
    virtual transport::task<transport::result<void>> drop_tokens_dead_before(std::int64_t unix_time) = 0;
    // Noted when there is room in the queue; nobody waits for it.
    virtual void touch_token(std::string id, std::int64_t used_unix) = 0;

    // Printers. claim_printer() adds the row, or replaces one of the same agent id (paired again).
    virtual transport::task<transport::result<void>> claim_printer(printer_row row) = 0;
    virtual transport::task<transport::result<std::optional<printer_row>>>
    find_printer(std::string agent_id) = 0;
    virtual transport::task<transport::result<std::vector<printer_row>>> list_printers() = 0;
    // Both: false when there is no such printer.
    virtual transport::task<transport::result<bool>> rename_printer(std::string agent_id,
                                                                    std::string name) = 0;
    virtual transport::task<transport::result<bool>> forget_printer(std::string agent_id) = 0;
    // Noted when there is room in the queue; nobody waits for it. Call it at connect and at disconnect.
    virtual void touch_printer(std::string agent_id, std::int64_t seen_unix) = 0;

    // Wrong codes, kept so that a restart does not give new tries. Tries older than a day are dropped.
    virtual transport::task<transport::result<void>> add_pairing_try(pairing_try attempt) = 0;
    virtual transport::task<transport::result<std::vector<pairing_try>>>
    pairing_tries(std::int64_t since_unix) = 0;

    // Facts: small values under a key of the caller's ("relay.pin"). Key at most 128 bytes, value 64 KiB.
    virtual transport::task<transport::result<std::optional<std::string>>> fact(std::string key) = 0;
    virtual transport::task<transport::result<void>> set_fact(std::string key, std::string value) = 0;
    virtual transport::task<transport::result<void>> erase_fact(std::string key) = 0;

    // Counts the changes that other processes made to the database, looked at about once a second for as long
    // as somebody asks; never waits.
    virtual std::uint64_t outside_changes() const = 0;
    // Whether nobody has asked for a while and nobody looks: the count is then old until look_outside()
    // ended.
    virtual bool rests() const = 0;
    virtual transport::task<transport::result<void>> look_outside() = 0;
};

// Opens or makes the database (mode 0600; WAL, synchronous FULL) and brings its schema up to date. Blocks;
// call it at start.
transport::result<std::unique_ptr<store>> open_store(const store_options& options);

} // namespace layerline::access
