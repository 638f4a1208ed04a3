// Keeps on the disk how far a print has got, for what is said after a power cut: one page in turn of two,
// every few seconds, in a thread of its own. A disk that stalls or fails is told and holds up nobody.
#pragma once

#include "printer/serial/host_traffic.hpp"
#include "printer/serial/print_journal.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace layerline::printer::serial {

// Writes a page (0 or 1) so that it survives a power cut; 0, or what errno says. May take as long as the
// disk does.
using page_writer = std::function<int(std::size_t page, std::string_view bytes)>;
inline constexpr std::size_t progress_page = 4096;

// Pages of FOLDER/progress.
page_writer progress_pages(const std::string& folder);
// What was kept last in FOLDER/progress; nothing when there is none that is whole.
std::optional<kept_progress> load_progress(const std::string& folder);

class progress_store {
public:
    // `after`: the sequence of what is kept already; what is written is newer. The traffic must outlive it.
    progress_store(page_writer write, std::uint64_t after, std::chrono::milliseconds every,
                   host_traffic& traffic);
    // Ends after the write under way, if there is one.
    ~progress_store();

private:
    void run();

    const page_writer write_;
    std::uint64_t sequence_;
    const std::chrono::milliseconds every_;
    host_traffic& traffic_;
    wake_fd end_;
    std::thread thread_; // last: it uses all above
};

} // namespace layerline::printer::serial
