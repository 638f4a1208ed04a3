// What a print host must know after a restart: the last job and its end, whether the bed was cleared, which
// firmware is its own, and the idempotency keys it has carried out. Small files in the state folder.
#pragma once

#include "printer/printer_error.hpp"
#include "printer/serial/confined_file.hpp"
#include "printer/start_gate.hpp"

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace layerline::printer::serial {

struct job_record {
    std::string id, path;
    std::string outcome; // "running", "finished", "cancelled", "failed"
    std::string detail;  // a sentence
    bool operator==(const job_record&) const = default;
};

struct fingerprint {
    std::string name, machine, uuid;
    bool operator==(const fingerprint&) const = default;
};

// Of the port, since the printer answered there last.
struct port_memory {
    unsigned baud = 0; // 0: not known
    std::string usb{}; // usb_identity() of its device; empty: it has none
    bool operator==(const port_memory&) const = default;
};

struct durable_state {
    std::optional<job_record> last_job;
    bool bed_clear = true; // a fresh installation has printed nothing yet
    std::optional<fingerprint> firmware;
    std::optional<bed_event> bed_since = {}; // why it is not clear
    port_memory port = {};
    std::string boot = {}; // of the machine, when this was written; empty: not known
    std::vector<std::chrono::milliseconds> starts = {}; // of the last hour, of this boot
    bed_record bed() const { return {bed_clear, bed_since, starts}; }
    void take(const bed_record& bed)
    {
        bed_clear = bed.clear;
        bed_since = bed.since;
        starts = bed.starts;
    }
    bool operator==(const durable_state&) const = default;
};

// Reads FOLDER/printhost.json. No file: a fresh installation. A file that cannot be read or understood is not
// forgiven into "bed clear": the state comes back with bed_clear false and `complaint` says why.
struct loaded_state {
    durable_state state;
    std::string complaint;
};
loaded_state load_durable_state(const std::string& folder);

// What tells one start of this machine from the next; empty where the kernel does not say.
std::string boot_of_machine();
// Kept in another boot than `boot`: the power was away in between, as far as can be known, so that the bed
// does not count as cleared any more and starts are counted anew. From now on it is of this boot.
void note_boot(durable_state& kept, const std::string& boot);

// Writes it to the disk's platter before it returns: new file, fdatasync, rename, fsync of the folder.
printer_result<void> save_durable_state(const std::string& folder, const durable_state& state);

// Keys of commands that were begun, FOLDER/keys.log, one a line with its command; the last 1,000 survive
// restarts.
class idempotency_keys {
public:
    static constexpr std::size_t most = 1000;
    // Opens and reads the log; host_failure when that cannot be.
    static printer_result<idempotency_keys> open(const std::string& folder);
    // `command` is action_mark() of its action. False when the key is known for the same one; out_of_range
    // for another, be it by its name or by what it says. Otherwise it is on the disk when this returns true.
    printer_result<bool> claim(std::string_view key, std::string_view command);
    // The command was refused and did nothing: its key may come again. Need not survive a crash.
    void release(std::string_view key);
    static bool valid(std::string_view key); // 1-64 of [A-Za-z0-9_-]

private:
    static std::string claimed_line(const std::string& key, std::string_view command);
    printer_result<void> append(std::string_view line, bool sync);
    printer_result<void> rewrite();

    std::string folder_;
    owned_fd log_;
    std::deque<std::string> order_;
    std::unordered_map<std::string, std::string>
        known_; // to its command; kept by older releases: its name alone, or nothing
    std::size_t lines_ = 0;
};

} // namespace layerline::printer::serial
