#include "commands/disk_body.hpp"

#include "transport/error.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace layerline::commands {

namespace {

namespace net = transport::net;

constexpr std::size_t part_bytes = std::size_t{64} * 1024;

transport::error_code last_error()
{
    return {errno, boost::system::system_category()};
}

class disk_body final : public transport::body_source {
public:
    disk_body(std::shared_ptr<disk_threads> threads, std::shared_ptr<const descriptor> fd, std::uint64_t from,
              std::uint64_t size)
        : threads_(std::move(threads)), fd_(std::move(fd)), at_(from), size_(size)
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
    std::shared_ptr<const descriptor> fd_;
    std::uint64_t at_, size_;
};

} // namespace

std::shared_ptr<transport::body_source> make_disk_body(std::shared_ptr<disk_threads> threads,
                                                       std::shared_ptr<const descriptor> file,
                                                       std::uint64_t from, std::uint64_t size)
{
    return std::make_shared<disk_body>(std::move(threads), std::move(file), from, size);
}

} // namespace layerline::commands
