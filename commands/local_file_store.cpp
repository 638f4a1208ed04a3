// The store: paths checked, disk calls sent to the disk threads, bodies streamed through one 64 KiB buffer.
#include "commands/local_file_store.hpp"

#include "commands/disk_threads.hpp"
#include "commands/part_file.hpp"
#include "transport/error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace layerline::commands {

using printer::printer_errc;
using printer::printer_failure;
using printer::printer_result;
namespace net = transport::net;

namespace {

constexpr std::size_t part_bytes = std::size_t{64} * 1024;

struct disk {
    confined_folder files;
    std::shared_ptr<const part_folder> parts;
    local_store_options options;
};

printer_result<virtual_path> checked(const std::string& path, bool needs_name)
{
    auto parsed = parse_virtual_path(path);
    if (const auto* fault = std::get_if<std::string>(&parsed))
        return printer_failure{printer_errc::out_of_range, "The path " + *fault + "."};
    auto& good = std::get<virtual_path>(parsed);
    if (needs_name && good.segments.empty())
        return printer_failure{printer_errc::out_of_range, "The path names the root, not a file."};
    return std::move(good);
}

transport::error_code last_error()
{
    return {errno, boost::system::system_category()};
}

// A file from an offset to its end, read in parts on the disk threads.
class disk_body final : public transport::body_source {
public:
    disk_body(std::shared_ptr<disk_threads> threads, descriptor fd, std::uint64_t from, std::uint64_t size)
        : threads_(std::move(threads)), fd_(std::make_shared<descriptor>(std::move(fd))), at_(from),
          size_(size)
    {
    }

    transport::task<transport::result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        const auto want = static_cast<std::size_t>(
            std::min<std::uint64_t>({into.size(), part_bytes, size_ > at_ ? size_ - at_ : 0}));
        if (want == 0) co_return std::size_t{0};
        if (const auto held = read_cached(into.data(), want); held > 0) {
            at_ += held;
            co_return held;
        }
        // Read into a part of our own: a cancelled caller's buffer may be gone before the disk answers.
        auto read = [fd = fd_, want, at = at_]() -> transport::result<std::vector<char>> {
            std::vector<char> part(want);
            for (;;) {
                const auto n = ::pread(fd->get(), part.data(), want, static_cast<off_t>(at));
                if (n < 0 && errno == EINTR) continue;
                if (n < 0) return last_error();
                part.resize(static_cast<std::size_t>(n));
                return part;
            }
        };
        const auto part = co_await threads_->run(std::move(read));
        if (!part) co_return part.error();
        // Cut short while it was being read: the reader was told a length that cannot be kept.
        if (part->empty()) co_return make_error_code(transport::errc::closed);
        at_ += part->size();
        co_return net::buffer_copy(into, net::buffer(*part));
    }

    std::optional<std::uint64_t> remaining() const override { return size_ > at_ ? size_ - at_ : 0; }

private:
    // What the page cache has of it, without waiting for the disk; 0 if that is nothing.
    std::size_t read_cached(void* into, std::size_t want) const
    {
        const iovec part{into, want};
        const auto n = ::preadv2(fd_->get(), &part, 1, static_cast<off_t>(at_), RWF_NOWAIT);
        return n > 0 ? static_cast<std::size_t>(n) : 0;
    }

    std::shared_ptr<disk_threads> threads_;
    std::shared_ptr<descriptor> fd_;
    std::uint64_t at_, size_;
};

class local_file_store final : public file_store {
public:
    explicit local_file_store(disk opened)
        : disk_(std::make_shared<const disk>(std::move(opened))), threads_(std::make_shared<disk_threads>(2))
    {
    }
    ~local_file_store() override { threads_->join(); }

    std::uint64_t max_file_bytes() const override { return disk_->options.max_file_bytes; }

    transport::task<printer_result<file_node>> list(std::string path) override
    {
        const auto good = checked(path, false);
        if (!good) co_return good.error();
        auto look = [d = disk_, at = *good]() -> printer_result<file_node> {
            auto folder = d->files.open_below(at, O_RDONLY | O_DIRECTORY);
            if (!folder) return folder.error();
            return list_tree(std::move(*folder), at, d->options.max_nodes);
        };
        co_return co_await threads_->run(std::move(look));
    }

    transport::task<printer_result<file_node>> stat(std::string path) override
    {
        const auto good = checked(path, false);
        if (!good) co_return good.error();
        auto look = [d = disk_, at = *good]() -> printer_result<file_node> {
            const auto opened = d->files.open_below(at, O_PATH);
            if (!opened) return opened.error();
            return describe(*opened, at);
        };
        co_return co_await threads_->run(std::move(look));
    }

    transport::task<printer_result<opened_file>> read(std::string path, std::uint64_t offset) override
    {
        const auto good = checked(path, true);
        if (!good) co_return good.error();
        // What was read lately costs no thread: the caller would wait for two more of them to wake up.
        if (auto cached = disk_->files.open_if_cached(*good, read_flags))
            co_return whole(std::move(*cached), *good, offset);
        auto open = [d = disk_, at = *good]() -> printer_result<std::shared_ptr<descriptor>> {
            auto opened = d->files.open_below(at, read_flags);
            if (!opened) return opened.error();
            return std::make_shared<descriptor>(std::move(*opened));
        };
        const auto opened = co_await threads_->run(std::move(open));
        if (!opened) co_return opened.error();
        co_return whole(std::move(**opened), *good, offset);
    }

    transport::task<printer_result<file_node>> write(std::string path,
                                                     std::shared_ptr<transport::body_source> content) override
    {
        const auto good = checked(path, true);
        if (!good) co_return good.error();
        const auto limit = disk_->options.max_file_bytes;
        const auto expected = content->remaining().value_or(0);
        if (expected > limit) co_return over(limit);

        auto begin = [d = disk_, expected]() -> printer_result<std::shared_ptr<part_file>> {
            if (auto full = refuse_for_space(*d->parts, expected, d->options.reserve_bytes))
                return std::move(*full);
            return part_file::begin(d->parts, d->options.reserve_bytes);
        };
        auto begun = co_await threads_->run(std::move(begin));
        if (!begun) co_return begun.error();
        const std::shared_ptr<part_file> part = std::move(*begun);
        const auto buffer = std::make_shared<std::vector<char>>(part_bytes);
        std::uint64_t total = 0;
        for (;;) {
            const auto got = co_await content->read_some(net::buffer(*buffer));
            if (!got)
                co_return printer_failure{printer_errc::host_failure,
                                          "The upload broke off: " + got.error().message() + "."};
            if (*got == 0) break;
            total += *got;
            if (total > limit) co_return over(limit);
            auto append = [part, buffer, n = *got] { return part->append(std::span(buffer->data(), n)); };
            const auto appended = co_await threads_->run(std::move(append));
            if (!appended) co_return appended.error();
        }
        auto commit = [part, d = disk_, at = *good] { return part->commit(d->files, at); };
        co_return co_await threads_->run(std::move(commit));
    }

    transport::task<printer_result<void>> remove(std::string path) override
    {
        const auto good = checked(path, true);
        if (!good) co_return good.error();
        auto unlink = [d = disk_, at = *good]() -> printer_result<void> {
            const auto parent = d->files.open_parent(at, false);
            if (!parent) return parent.error();
            const char* name = at.segments.back().c_str();
            struct ::stat found {};
            if (::fstatat(parent->get(), name, &found, AT_SYMLINK_NOFOLLOW) != 0)
                return failure_of_errno(errno, "deleting a file");
            if (S_ISDIR(found.st_mode))
                return printer_failure{printer_errc::out_of_range, "That is a folder, not a file."};
            if (!S_ISREG(found.st_mode)) return failure_of_errno(ENOENT, "deleting a file");
            if (::unlinkat(parent->get(), name, 0) != 0) return failure_of_errno(errno, "deleting a file");
            ::fsync(parent->get());
            return {};
        };
        co_return co_await threads_->run(std::move(unlink));
    }

private:
    // O_NONBLOCK: a FIFO that somebody put there must not hold the disk thread.
    static constexpr int read_flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;

    printer_result<opened_file> whole(descriptor fd, const virtual_path& at, std::uint64_t offset) const
    {
        const auto node = describe(fd, at);
        if (!node) return node.error();
        if (node->folder)
            return printer_failure{printer_errc::out_of_range, "Path names a folder, not a file."};
        opened_file file;
        file.name = node->name;
        file.size_bytes = node->size_bytes;
        file.content = std::make_shared<disk_body>(threads_, std::move(fd), offset, node->size_bytes);
        return file;
    }

    static printer_failure over(std::uint64_t limit)
    {
        return {printer_errc::out_of_range, "The file is larger than " + std::to_string(limit) + " bytes."};
    }

    std::shared_ptr<const disk> disk_;
    std::shared_ptr<disk_threads> threads_;
};

} // namespace

printer_result<std::unique_ptr<file_store>> open_local_file_store(net::io_context&,
                                                                  local_store_options options)
{
    auto files = confined_folder::open(options.folder);
    if (!files) return files.error();
    auto parts = part_folder::open(*files);
    if (!parts) return parts.error();
    disk opened{std::move(*files), std::make_shared<const part_folder>(std::move(*parts)),
                std::move(options)};
    return std::unique_ptr<file_store>(std::make_unique<local_file_store>(std::move(opened)));
}

} // namespace layerline::commands
