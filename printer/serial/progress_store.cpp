#include "printer/serial/progress_store.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

namespace layerline::printer::serial {

using clock = std::chrono::steady_clock;

namespace {

std::string file_in(const std::string& folder)
{
    return folder + "/progress";
}

} // namespace

page_writer progress_pages(const std::string& folder)
{
    return [path = file_in(folder), file = std::make_shared<owned_fd>()](std::size_t page,
                                                                         std::string_view bytes) -> int {
        if (!*file) *file = owned_fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
        if (!*file) return errno;
        // Of a constant size from its first page on, so that later ones change no metadata.
        std::string whole(bytes);
        whole.resize(progress_page);
        const auto put =
            ::pwrite(file->get(), whole.data(), whole.size(), static_cast<off_t>(page * progress_page));
        if (put == static_cast<ssize_t>(whole.size()) && ::fdatasync(file->get()) == 0) return 0;
        const int error = put >= 0 && put != static_cast<ssize_t>(whole.size()) ? ENOSPC : errno;
        *file = owned_fd(); // a card that was put in again is another one
        return error;
    };
}

std::optional<kept_progress> load_progress(const std::string& folder)
{
    const owned_fd file(::open(file_in(folder).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return std::nullopt;
    std::optional<kept_progress> newest;
    for (off_t page = 0; page < 2; ++page) {
        std::array<std::byte, progress_page> bytes{};
        const auto got =
            ::pread(file.get(), bytes.data(), bytes.size(), page * static_cast<off_t>(progress_page));
        if (got <= 0) continue;
        auto read = read_progress(std::span(bytes).first(static_cast<std::size_t>(got)));
        if (read && (!newest || read->entry.sequence > newest->entry.sequence)) newest = std::move(read);
    }
    return newest;
}

progress_store::progress_store(page_writer write, std::uint64_t after, std::chrono::milliseconds every,
                               host_traffic& traffic)
    : write_(std::move(write)), sequence_(after), every_(every), traffic_(traffic), thread_([this] { run(); })
{
}

progress_store::~progress_store()
{
    end_.wake();
    thread_.join();
}

void progress_store::run()
{
    ::pthread_setname_np(::pthread_self(), "progress");
    std::uint64_t kept = 0; // lines taken from the file, at the last page
    std::string kept_job;
    for (;;) {
        pollfd ended{end_.get(), POLLIN, 0};
        if (::poll(&ended, 1, static_cast<int>(every_.count())) > 0) return;
        const auto progress = traffic_.progress();
        if (!progress || (progress->job.id == kept_job && progress->point.line == kept)) continue;
        ++sequence_;
        traffic_.store_busy_since_ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(clock::now().time_since_epoch()).count();
        const int error =
            write_(sequence_ % 2, pack_progress(progress->job, {sequence_, 0, progress->point}));
        traffic_.store_error = error;
        traffic_.store_busy_since_ms = 0;
        if (error != 0) continue;
        kept = progress->point.line;
        kept_job = progress->job.id;
    }
}

} // namespace layerline::printer::serial
