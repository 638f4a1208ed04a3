// The journal of a print: which number of the wire stands for which place of the file. An image of fixed
// size in memory that outlives its process: a header, two blocks that describe the job, and a ring of fixed
// records with checksums. Writing is a few stores, never a system call; what a killed process left half
// written is told from what is whole. Pure: bytes in, facts out.
#pragma once

#include "printer/serial/resume_point.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace layerline::printer::serial {

// What the records belong to.
struct journal_job {
    std::string id, path; // at most 31 and 1,031 bytes are kept
    std::string boot;     // of the machine, at most 63: the clock of `beat` counts from it
    file_identity file;
    // How often a successor went on from this place of the file: a file that kills its host must end.
    std::uint64_t taken_over_at = 0;
    std::uint32_t taken_over = 0;
    bool operator==(const journal_job&) const = default;
};

struct journal_entry {
    std::uint64_t sequence = 0; // one more with each record
    std::uint64_t number = 0;   // of the line on the wire
    resume_point point;         // once that line was accepted
};

struct journal_reading {
    journal_job job;
    std::uint64_t next_number = 0; // greater than every number that can have been on the wire
    std::int64_t beat_ns = 0;      // monotonic clock: the writer's last sign of life
    print_wish wish = print_wish::go_on;
    std::vector<journal_entry> entries; // oldest first, without a gap to the newest; never empty
};

// How far a print has got, as its host knows it.
struct known_progress {
    journal_job job;
    resume_point point;
};

// Writes an image. One owner; the bytes must outlive it and be aligned to 8.
class journal_writer {
public:
    // Records that are kept: more than can be on the wire unaccepted.
    static constexpr std::size_t records = 128;
    static std::size_t image_size();

    // Takes over the image as it is, if it is one, else makes it anew.
    explicit journal_writer(std::span<std::byte> image);

    // A new job, or a new count of its lines: nothing written before it counts any more. `number` is the
    // last line that was accepted; what is written comes into force at once and as a whole.
    void begin(const journal_job& job, std::uint64_t number, const resume_point& point);
    // A line was given this number; called before its first byte is on the wire.
    void sent(std::uint64_t number, const resume_point& point);
    // The number that the next line will have, whoever sends it; before any of them is on the wire.
    void next_number(std::uint64_t number);
    void beat(std::int64_t now_ns);
    void wish(print_wish what);
    // There is no print any more.
    void end();

private:
    void put(std::uint64_t epoch, std::uint64_t sequence, std::uint64_t number, const resume_point& point);

    std::span<std::byte> image_;
    std::uint64_t epoch_ = 0, sequence_ = 0;
};

// What an image holds; nothing when there is no print in it or it is damaged where it counts.
std::optional<journal_reading> read_journal(std::span<const std::byte> image);

// One record with its job, for a file on a disk: what is said after a power cut.
std::string pack_progress(const journal_job& job, const journal_entry& entry);
struct kept_progress {
    journal_job job;
    journal_entry entry;
};
std::optional<kept_progress> read_progress(std::span<const std::byte> bytes);

// The place of the print when `accepted` was the last line that the firmware took; nothing when the journal
// cannot say. Numbers without a record are questions of the protocol's own, which change nothing.
const resume_point* find_point(const journal_reading& journal, std::uint64_t accepted);

} // namespace layerline::printer::serial
