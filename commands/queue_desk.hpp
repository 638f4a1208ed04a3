// The queue of jobs for the commands: kept on the disk, followed to each job's end, started through the same
// gate as everything else. Nothing in it starts by itself.
#pragma once

#include "commands/disk_threads.hpp"
#include "commands/file_store.hpp"
#include "commands/print_queue.hpp"
#include "printer/printer_link.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace layerline::commands {

// Used from one io_context, which must outlive it; so must the printer and the files.
class queue_desk {
public:
    // `file` keeps the queue; `disk`, of one thread, may be shared. `tell` hears each sentence that an owner
    // should find in the log.
    queue_desk(printer::printer_link& printer, file_store& files, std::filesystem::path file,
               std::function<void(const std::string&)> tell,
               std::shared_ptr<disk_threads> disk = std::make_shared<disk_threads>(1));
    ~queue_desk();
    queue_desk(const queue_desk&) = delete;
    queue_desk& operator=(const queue_desk&) = delete;

    // Why what was kept cannot be read; the queue is empty and held then, and the file is left as it is until
    // the next change.
    const std::string& trouble() const { return trouble_; }
    const print_queue& now() const { return queue_; }

    // A change of the queue, on the disk before this returns. What cannot be written is taken back.
    transport::task<outcome<queue_entry>> change(std::function<outcome<queue_entry>(print_queue&)> how);
    // Starts the next one. The printer's keeper decides, as for every start; a refused one waits on.
    struct start {
        std::optional<queue_entry> what;
        printer::performed done;
        std::optional<failure> why;
    };
    transport::task<start> start_next(bool bed_clear, printer::terms how);

    // Follows the printer until its link stops.
    transport::task<void> run();

private:
    transport::task<bool> keep();

    printer::printer_link& printer_;
    file_store& files_;
    std::filesystem::path file_;
    std::function<void(const std::string&)> tell_;
    print_queue queue_;
    std::string trouble_;
    std::shared_ptr<disk_threads> disk_;
};

} // namespace layerline::commands
