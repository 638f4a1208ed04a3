// The store: paths checked, disk calls sent to the disk threads, bodies streamed through one 64 KiB buffer.
#include "commands/local_file_store.hpp"

#include "commands/checked_path.hpp"
#include "commands/disk_body.hpp"
#include "commands/disk_threads.hpp"
#include "commands/folder_changes.hpp"
#include "commands/part_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
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
        const auto good = checked_path(path, false);
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
        const auto good = checked_path(path, false);
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
        const auto good = checked_path(path, true);
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
        const auto good = checked_path(path, true);
        if (!good) co_return good.error();
        const auto limit = disk_->options.max_file_bytes;
        const auto expected = content->remaining().value_or(0);
        if (expected > limit) co_return over(limit);

        auto begin = [d = disk_, expected]() -> printer_result<std::shared_ptr<part_file>> {
            if (auto full = refuse_for_space(d->parts->get(), expected, d->options.reserve_bytes))
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

    transport::task<printer_result<file_node>> adopt(std::string path, std::shared_ptr<const descriptor> file,
                                                     std::shared_ptr<transport::body_source> content) override
    {
        const auto good = checked_path(path, true);
        if (!good) co_return good.error();
        auto take = [d = disk_, at = *good, file]() -> std::optional<printer_result<file_node>> {
            const auto part = part_file::link(d->parts, *file);
            if (!part) return std::nullopt;
            return part->commit(d->files, at);
        };
        auto taken = co_await threads_->run(std::move(take));
        if (taken) co_return std::move(*taken);
        co_return co_await write(std::move(path), std::move(content)); // from another disk
    }

    transport::task<printer_result<void>> remove(std::string path) override
    {
        const auto good = checked_path(path, true);
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

    transport::task<printer_result<file_node>> make_folder(std::string path) override
    {
        const auto good = checked_path(path, true);
        if (!good) co_return good.error();
        auto make = [d = disk_, at = *good] { return commands::make_folder(d->files, at); };
        co_return co_await threads_->run(std::move(make));
    }

    transport::task<printer_result<file_node>> move(std::string from, std::string to) override
    {
        const auto source = checked_path(from, true), target = checked_path(to, true);
        if (!source) co_return source.error();
        if (!target) co_return target.error();
        auto rename = [d = disk_, a = *source, b = *target] { return move_node(d->files, a, b); };
        co_return co_await threads_->run(std::move(rename));
    }

    transport::task<printer_result<void>> remove_folder(std::string path, bool whole) override
    {
        const auto good = checked_path(path, true);
        if (!good) co_return good.error();
        auto remove = [d = disk_, at = *good, whole] { return commands::remove_folder(d->files, at, whole); };
        co_return co_await threads_->run(std::move(remove));
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
        auto kept = std::make_shared<const descriptor>(std::move(fd));
        file.content = make_disk_body(threads_, std::move(kept), offset, node->size_bytes);
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
