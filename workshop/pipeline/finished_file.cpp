#include "workshop/pipeline/finished_file.hpp"

#include "workshop/jobs/child.hpp"

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace layerline::workshop {

namespace {

constexpr std::size_t most_read = 256UL * 1024;
constexpr std::size_t most_waiting = 16; // parts between the threads, of 64 KiB by the finisher's doing

slice_failure not_written()
{
    return {slice_errc::internal,
            {},
            "The files between cannot be written: the disk is full, or they are larger than they may be."};
}

bool write_all(int file, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// Up to `into.size()` bytes; 0: the end; less than 0: it cannot be read.
ssize_t read_at(int file, std::vector<char>& into, std::uint64_t offset)
{
    for (;;) {
        const auto got = ::pread(file, into.data(), into.size(), static_cast<off_t>(offset));
        if (got >= 0 || errno != EINTR) return got;
    }
}

// Follows the file that is being written.
class following_check {
public:
    following_check(expectations wanted, int file) : check_(std::move(wanted), {}), file_(file)
    {
        try {
            thread_ = std::thread([this] { run(); });
        } catch (
            const std::system_error&) { // no thread may be had: each part is read as soon as it is written
        }
    }
    ~following_check() { end(); }
    following_check(const following_check&) = delete;
    following_check& operator=(const following_check&) = delete;

    // So many more bytes are in the file; `owners` are its owner's lines so far.
    void written(std::uint64_t bytes, const std::vector<line_run>& owners)
    {
        part one{bytes, {}};
        // The last that was told may have grown since.
        const auto first = told_ == 0 ? 0 : told_ - 1;
        one.owners.assign(owners.begin() + static_cast<std::ptrdiff_t>(first), owners.end());
        told_ = owners.size();
        if (!thread_.joinable()) return take(one);
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return waiting_.size() < most_waiting || thrown_ || unread_; });
        waiting_.push_back(std::move(one));
        changed_.notify_all();
    }
    // Nothing: the file could not be read.
    std::optional<check_report> report()
    {
        end();
        if (thrown_) std::rethrow_exception(thrown_);
        if (unread_) return std::nullopt;
        return check_.finish();
    }

private:
    struct part {
        std::uint64_t bytes = 0;
        std::vector<line_run> owners;
    };

    void end()
    {
        if (!thread_.joinable()) return;
        {
            const std::lock_guard lock(mutex_);
            ended_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    void run()
    {
        try {
            while (auto one = next())
                take(*one);
        } catch (...) {
            const std::lock_guard lock(mutex_);
            thrown_ = std::current_exception();
        }
        changed_.notify_all();
    }
    std::optional<part> next()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
        if (waiting_.empty() || unread_) return std::nullopt;
        auto one = std::move(waiting_.front());
        waiting_.pop_front();
        changed_.notify_all();
        return one;
    }
    void take(const part& one)
    {
        for (const auto& run : one.owners)
            check_.owns(run);
        for (auto left = one.bytes; left > 0;) {
            const auto got = read_at(file_, buffer_, read_);
            const auto count = std::min<std::uint64_t>(left, got > 0 ? static_cast<std::uint64_t>(got) : 0);
            if (count == 0) {
                const std::lock_guard lock(mutex_);
                unread_ = true;
                return;
            }
            check_.push({buffer_.data(), static_cast<std::size_t>(count)});
            read_ += count;
            left -= count;
        }
    }

    gcode_check check_;
    int file_;
    std::vector<char> buffer_ = std::vector<char>(most_read);
    std::uint64_t read_ = 0;
    std::size_t told_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<part> waiting_;
    bool ended_ = false, unread_ = false;
    std::exception_ptr thrown_;
    std::thread thread_;
};

// The marks whose text was not known while the file grew; each is read back.
bool patched(int file, const std::vector<file_patch>& patches)
{
    std::vector<char> back;
    for (const auto& patch : patches) {
        const auto length = static_cast<ssize_t>(patch.text.size());
        const auto offset = static_cast<off_t>(patch.offset);
        back.resize(patch.text.size());
        if (::pwrite(file, patch.text.data(), patch.text.size(), offset) != length ||
            ::pread(file, back.data(), back.size(), offset) != length ||
            std::string_view(back.data(), back.size()) != patch.text)
            return false;
    }
    return true;
}

} // namespace

slice_result<finished_file> finish_and_check(finishing_plan plan, std::vector<png_picture> pictures,
                                             expectations wanted, const std::filesystem::path& from,
                                             const std::filesystem::path& to,
                                             const std::function<void(double)>& progress)
{
    const owned_descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    const owned_descriptor made(::open(to.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    struct stat about {};
    if (source.get() < 0 || made.get() < 0 || ::fstat(source.get(), &about) != 0) return not_written();
    following_check check(std::move(wanted), made.get());
    bool good = true;
    finisher* work = nullptr;
    finisher one(std::move(plan), std::move(pictures), [&](std::string_view bytes) {
        good = good && write_all(made.get(), bytes);
        if (good) check.written(bytes.size(), work->user_lines());
    });
    work = &one;
    std::vector<char> part(most_read);
    std::uint64_t done = 0;
    for (;;) {
        const auto got = read_at(source.get(), part, done);
        if (got < 0) return not_written();
        done += static_cast<std::uint64_t>(got);
        if (got == 0 || !one.push({part.data(), static_cast<std::size_t>(got)}) || !good) break;
        if (about.st_size > 0) progress(static_cast<double>(done) / static_cast<double>(about.st_size));
    }
    if (!good) return not_written();
    auto ended = one.finish();
    if (ended.has_error()) return ended.error();
    if (!good || !patched(made.get(), ended->patches)) return not_written();
    auto report = check.report();
    if (!report || ::fsync(made.get()) != 0) return not_written();
    return finished_file{*std::move(ended), *std::move(report)};
}

} // namespace layerline::workshop
