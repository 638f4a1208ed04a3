// Reads a job's file from disk in a thread of its own and keeps its next lines ready.
//
// Read ahead: at least 30 s of motion by our estimate, and at most 4 MiB of prepared lines. When the two
// collide the memory bound holds; at the 250 lines/s that 115200 baud carries, 4 MiB still are over 60 s of
// wire time. The thread waits while both are satisfied (back-pressure), and it alone touches the disk: a card
// that stalls for seconds costs nothing but read-ahead.
#pragma once

#include "printer/serial/confined_file.hpp"
#include "printer/serial/job_line.hpp"
#include "printer/serial/line_policy.hpp"
#include "printer/serial/resume_point.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <sys/types.h>

namespace layerline::printer::serial {

// Where a reader's bytes come from. Calls may take as long as the disk does.
class file_bytes {
public:
    virtual ~file_bytes() = default;
    // As pread(2): how many bytes, 0 at the end, or -1 with errno set.
    virtual ssize_t read_at(char* into, std::size_t most, std::uint64_t offset) = 0;
    virtual file_identity identity() = 0;
};
// Of an open file.
std::unique_ptr<file_bytes> bytes_of(owned_fd file);

struct reader_settings {
    double ahead_s = 30;
    std::size_t most_bytes = 4UL * 1024 * 1024;
    std::size_t max_text = 80;
    hard_limits limits;
    std::optional<resume_point> from; // begins behind that line instead of at the file's beginning
    std::function<void()> more; // called from the reader's thread when lines came after `later`; may be empty
};

class job_reader final : public line_source {
public:
    // Opens nothing: takes the open file and starts the thread. `settings.more` must stay callable until the
    // reader is gone.
    job_reader(std::unique_ptr<file_bytes> file, reader_settings settings);
    ~job_reader() override;
    job_reader(const job_reader&) = delete;
    job_reader& operator=(const job_reader&) = delete;

    // Waits until the first read-ahead is full or the file was read whole, at most `patience`. A line that
    // would have to be refused in that part, or a read that failed, is a sentence.
    printer_result<void> wait_ready(std::chrono::milliseconds patience);

    status next(prepared_line& into) override;
    std::string failure() const override;
    read_so_far progress() const override;
    const job_facts& facts() const override;
    // Of prepared lines now held.
    std::size_t held_bytes() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace layerline::printer::serial
